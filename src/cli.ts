/**
 * The command line: from arguments to a command.
 *
 * @module
 */

import { group, object, or } from "@optique/core/constructs";
import { runParser } from "@optique/core/facade";
import {
  formatMessage,
  lineBreak,
  type Message,
  message,
  text,
} from "@optique/core/message";
import { getDocPage, type InferValue } from "@optique/core/parser";
import { argument, command, constant } from "@optique/core/primitives";
import type { Usage } from "@optique/core/usage";
import type {
  AuditCommand,
  CheckCommand,
  Command,
  PrintCommand,
  ReplayCommand,
  RunCommand,
  ShareCommand,
} from "./cli/command.ts";
import {
  configPathOf,
  type Entry,
  nearest,
  readConfig,
  settingsOf,
  withoutGiven,
} from "./cli/config.ts";
import { exampleOf } from "./cli/config_example.ts";
import { AUDIT, BRIEF, FILE, NO_IFACE, REPLAY, RUN } from "./cli/options.ts";
import { SHARE, SHARE_USAGE } from "./cli/share.ts";
import { VERSION } from "./cli/version.ts";
import { fileReason, OperatorError } from "./operator_error.ts";
import { quote } from "./printable.ts";
import { readText } from "./text_file.ts";

export type * from "./cli/command.ts";

const NAME = "masscanned";
const USAGE_ERROR = 2;
const WIDTH = 80; // columns of help
// Of help, in order.
const SECTIONS = [
  "Interfaces",
  "Captures",
  "Addresses",
  "Answers",
  "What is written",
  "Others",
  "Commands",
  "Help",
];

const OPTIONS: Usage = [{ type: "literal", value: "[OPTION...]" }];
const REPLAY_USAGE: Usage = [{
  type: "sequence",
  terms: [
    { type: "argument", metavar: "IN.pcap" },
    {
      type: "optional",
      terms: [{ type: "option", names: ["-w"], metavar: "OUT.pcap" }],
    },
    ...OPTIONS,
  ],
}];

const AUDIT_USAGE: Usage = [
  { type: "option", names: ["-i"], metavar: "NAME" },
  ...OPTIONS,
];

const USAGE: Usage = [{
  type: "exclusive",
  terms: [
    [{ type: "option", names: ["-i"], metavar: "NAME" }, ...OPTIONS],
    [{ type: "command", name: "replay" }, ...REPLAY_USAGE],
    [{ type: "command", name: "share" }, ...SHARE_USAGE],
    [{ type: "command", name: "self-audit" }, ...AUDIT_USAGE],
  ],
}];

const CONFIG = or(
  command(
    "check",
    object({
      command: constant("config check"),
      path: argument(FILE, { description: message`Configuration to check.` }),
    }),
    { description: message`Say whether a file can be used, and for what.` },
  ),
  command(
    "example",
    object({ command: constant("config example") }),
    { description: message`Print a file with every option in a comment.` },
  ),
);

const PARSER = or(
  group(
    "Commands",
    command("config", CONFIG, {
      description: message`Check a configuration file, or print an example.`,
    }),
  ),
  group(
    "Commands",
    command("replay", REPLAY, {
      description:
        message`Answer a capture instead of an interface: needs no privilege, and gives the same answers every time.`,
      usageLine: REPLAY_USAGE,
    }),
  ),
  group("Commands", SHARE),
  group(
    "Commands",
    command("self-audit", AUDIT, {
      description:
        message`Say what would give a run with these options away as a honeypot, and what to change.`,
      usageLine: AUDIT_USAGE,
    }),
  ),
  RUN,
  { errors: { noMatch: NO_IFACE } },
);

/** Commands, besides a run, that take a configuration file. */
const CONFIGURED: Readonly<Record<string, { usage: Usage }>> = {
  replay: REPLAY,
  "self-audit": AUDIT,
};

/** What arguments alone ask for. */
type Parsed = InferValue<typeof PARSER> | PrintCommand;

const EXAMPLES = lines(
  "sudo masscanned -i eth0 --self-ip-list 192.0.2.10,2001:db8::10",
  "sudo masscanned -i eth0 -f ips.txt --remote-ip-deny-list 198.51.100.0/24",
  "sudo masscanned -i eth0 -f ips.txt --events seen.ndjson --pcap seen.pcapng",
  "masscanned replay scan.pcap -w answers.pcap --self-ip-list 192.0.2.10",
  "sudo masscanned share up --interface eth0 --address 192.0.2.1 --keep tcp/22",
  'eval "$(masscanned completion bash)"    # or zsh, fish, nu, pwsh',
);

/**
 * Reads the command line and the configuration file that it names, without
 * doing anything about them.
 *
 * @param args Arguments, without the program's name.
 * @returns What they ask for; for a usage error, to print it.
 * @throws {OperatorError} If the file cannot be read or is wrong.
 */
export function parseCommand(args: readonly string[]): Command {
  const [first = ""] = args;
  const parser = CONFIGURED[first] ?? (first.startsWith("-") ? RUN : undefined);
  const path = parser && configPathOf(args);
  const command = path === undefined
    ? parseArgs(args)
    : parseWith(args, load(path, parser!), path);
  switch (command.command) {
    case "config check":
      return checkOf(command.path);
    case "config example": {
      const text = exampleOf(getDocPage(RUN)!);
      return { command: "print", text, status: 0 };
    }
    default:
      return command;
  }
}

/** Reads what a configuration file says that a command can be told. */
function load(path: string, { usage }: { usage: Usage }): Entry[] {
  const options = settingsOf(usage).map(({ names }) => names.join());
  return readConfig(readText(path), path, settingsOf(RUN.usage))
    .filter(({ setting }) => options.includes(setting.names.join()));
}

/** Reads arguments and, where they say nothing else, what a file says. */
function parseWith(
  args: readonly string[],
  entries: readonly Entry[],
  path: string,
): Parsed {
  const further = withoutGiven(entries, args);
  const command = parseArgs([...args, ...further.flatMap(({ args }) => args)]);
  if (command.command !== "print" || command.status === 0) return command;
  const wrong = further.find(({ setting }) =>
    setting.names.some((name) => command.text.includes(`\`${name}\``))
  );
  if (wrong === undefined) return command;
  throw new OperatorError(
    `Cannot use ${quote(path)}, line ${wrong.line}: ${reasonOf(command)}`,
  );
}

/** What a file would do. */
function checkOf(path: string): CheckCommand {
  const entries = load(path, RUN);
  const hasIface = entries.some(({ setting }) =>
    setting.names.includes("--iface")
  );
  const asked = parseWith(hasIface ? [] : ["--iface", "any"], entries, path);
  if (asked.command === "print") {
    throw new OperatorError(`Cannot use ${quote(path)}: ${reasonOf(asked)}`);
  }
  if (asked.command !== "run") throw new TypeError("Cannot check a command");
  const settings = entries.flatMap(({ args }) => args);
  return { command: "check", path, settings, hasIface, asked };
}

/** Which option was meant; empty if nobody can tell, or it is said already. */
function hintOn(reason: string, [first = ""]: readonly string[]): string {
  const [, name] = /^Unexpected .*: `(--[^`=]+)[^`]*`\.$/.exec(reason) ?? [];
  const parser = CONFIGURED[first] ?? (first.startsWith("-") ? RUN : undefined);
  if (name === undefined || parser === undefined) return "";
  const meant = nearest(name, settingsOf(parser.usage));
  return meant === undefined ? "" : ` Did you mean \`${meant}\`?`;
}

/** What is wrong, from "masscanned: …" and a line about help. */
function reasonOf({ text }: PrintCommand): string {
  return text.slice(`${NAME}: `.length).split("\n", 1)[0]!;
}

/** Reads arguments, which are all that there is. */
function parseArgs(args: readonly string[]): Parsed {
  const pages: string[] = [];
  const prints: PrintCommand[] = [];
  const print = (status: number): void => {
    const text = pages.map((page) => page.replace(/\n*$/, "\n")).join("");
    prints.push({ command: "print", text, status });
  };
  const command = runParser(PARSER, NAME, args, {
    help: { option: { names: ["-h", "--help"], group: "Help" }, onShow: print },
    version: {
      value: `${NAME} ${VERSION}`,
      option: { names: ["-V", "--version"], group: "Help" },
      onShow: print,
    },
    completion: { command: { group: "Commands" }, onShow: print },
    stdout: (page) => pages.push(page),
    stderr: () => {},
    onError: (_, error) => {
      const reason = formatMessage(error).replaceAll(/\s+/g, " ");
      const meant = hintOn(reason, args);
      pages.push(`${NAME}: ${reason}${meant}`, `Try: ${NAME} --help`);
      print(USAGE_ERROR);
    },
    aboveError: "none",
    brief: BRIEF,
    usageLine: USAGE,
    examples: EXAMPLES,
    showChoices: true,
    showDefault: { prefix: " [default: " },
    maxWidth: WIDTH,
    sectionOrder: (a, b) =>
      SECTIONS.indexOf(a.title ?? "") - SECTIONS.indexOf(b.title ?? ""),
  });
  return prints[0] ?? command;
}

/**
 * Reads the command line of a program that answers on an interface, again.
 *
 * @param args Arguments, without the program's name.
 * @returns What they ask for.
 * @throws {OperatorError} If its configuration file asks for something else.
 */
export function runCommandOf(args: readonly string[]): RunCommand {
  const command = parseCommand(args);
  if (command.command === "run") return command;
  const reason = command.command === "print" ? reasonOf(command) : "no -i";
  throw new OperatorError(`Cannot use the command line any more: ${reason}`);
}

/**
 * Reads the command line; prints and exits where it asks for no more.
 *
 * @param args Arguments, without the program's name.
 * @returns What they ask for.
 * @throws {OperatorError} If the configuration file cannot be read or is wrong.
 */
export function commandOrExit(
  args: readonly string[],
): RunCommand | ReplayCommand | ShareCommand | AuditCommand | CheckCommand {
  const command = parseCommand(args);
  if (command.command !== "print") return command;
  const stream = command.status === 0 ? Deno.stdout : Deno.stderr;
  let rest = new TextEncoder().encode(command.text);
  try {
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
  } catch (error) {
    // "masscanned --help | head -1"
    if (!(error instanceof Deno.errors.BrokenPipe)) {
      throw new OperatorError(
        `Cannot write standard output: ${fileReason(error)}`,
      );
    }
  }
  Deno.exit(command.status);
}

/** A message of several lines. */
function lines(...texts: readonly string[]): Message {
  return texts.flatMap((line, i) =>
    i === 0 ? [text(line)] : [lineBreak(), text(line)]
  );
}
