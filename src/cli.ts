/**
 * The command line: what can be asked of the program, and how.
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
  optionNames,
  text,
} from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { Usage } from "@optique/core/usage";
import { argument, command, constant, option } from "@optique/core/primitives";
import {
  biject,
  choice,
  macAddress,
  string,
  type ValueParser,
} from "@optique/core/valueparser";
import { path } from "@optique/run/valueparser";
import config from "../deno.json" with { type: "json" };
import { PERSONAS } from "./persona/mod.ts";
import type { Persona } from "./persona.ts";

/** Options of every command that answers frames. */
export interface AnswerOptions {
  /** Files that list the addresses to answer for. */
  readonly selfIpFiles: readonly string[];
  /** Inline lists of addresses to answer for. */
  readonly selfIpLists: readonly string[];
  /** Files that list the addresses never to answer. */
  readonly denyFiles: readonly string[];
  /** Inline lists of addresses never to answer. */
  readonly denyLists: readonly string[];
  /** MAC address to answer with: 6 octets. */
  readonly mac: Uint8Array | undefined;
  /** Who to pretend to be. */
  readonly persona: Persona;
  /** How the log of packets is written. */
  readonly format: "console" | "logfmt" | "json";
  /** How often `-v` was given. */
  readonly verbosity: number;
  /** Whether `-q` was given. */
  readonly quiet: boolean;
  /** Key of the SYN cookies, for tests: 16 octets. */
  readonly cookieKey: Uint8Array | undefined;
}

/** Answers on an interface. */
export interface RunCommand extends AnswerOptions {
  /** Tells the commands apart. */
  readonly command: "run";
  /** Name of the interface, in `[1, 15]` octets. */
  readonly iface: string;
}

/** Answers a capture. */
export interface ReplayCommand extends AnswerOptions {
  /** Tells the commands apart. */
  readonly command: "replay";
  /** Path of the capture to read. */
  readonly input: string;
  /** Path of the capture to write the answers to. */
  readonly output: string | undefined;
}

/** Prints a text and ends: help, version, completions or a usage error. */
export interface PrintCommand {
  /** Tells the commands apart. */
  readonly command: "print";
  /** Whole lines, for stdout if `status` is 0, else for stderr. */
  readonly text: string;
  /** Exit status. */
  readonly status: number;
}

/** What the command line asks for. */
export type Command = RunCommand | ReplayCommand | PrintCommand;

const NAME = "masscanned";
const USAGE_ERROR = 2;
const HELP_WIDTH = 80; // columns
const IFACE_MAX_LEN = 15; // octets: IFNAMSIZ without the final NUL

const FILE = path({ metavar: "FILE" });
const LIST = string({
  metavar: "LIST",
  pattern: /\S/,
  errors: { patternMismatch: message`List must not be empty.` },
});
const IFACE = valueParser("NAME", "", {
  expected: "a name of 1 to 15 octets",
  parse: (input) => {
    const { length } = new TextEncoder().encode(input);
    return length >= 1 && length <= IFACE_MAX_LEN ? input : undefined;
  },
});
const MAC = valueParser("MAC", new Uint8Array(6), {
  expected: "the address of one station, such as 02:00:5e:00:53:01",
  parse: (input) => {
    const result = macAddress({ separator: ":" }).parse(input);
    if (!result.success) return undefined;
    const octets = Uint8Array.fromHex(result.value.replaceAll(":", ""));
    const isGroup = (octets[0]! & 1) !== 0;
    return isGroup || octets.every((octet) => octet === 0) ? undefined : octets;
  },
});
const KEY = valueParser("HEX", new Uint8Array(16), {
  expected: "32 hexadecimal digits",
  parse: (input) =>
    /^[0-9a-f]{32}$/i.test(input) ? Uint8Array.fromHex(input) : undefined,
});
const PERSONA = biject(
  Object.fromEntries(PERSONAS.map((persona) => [persona.name, persona])),
);
const FORMAT = choice(["console", "logfmt", "json"], { metavar: "NAME" });

const ANSWER_OPTIONS = {
  selfIpFiles: multiple(option("-f", "--self-ip-file", "--ip-addr-file", FILE, {
    description:
      message`Answer for the addresses in this file: an address, prefix or range on each line, # for comments.`,
  })),
  selfIpLists: multiple(option("--self-ip-list", LIST, {
    description: message`Answer for these addresses, separated by commas.`,
  })),
  denyFiles: multiple(option("--remote-ip-deny-file", FILE, {
    description: message`Do not answer the addresses in this file.`,
  })),
  denyLists: multiple(option("--remote-ip-deny-list", LIST, {
    description: message`Do not answer these addresses.`,
  })),
  mac: optional(option("-m", "-a", "--mac-addr", MAC, {
    description:
      message`Answer with this MAC address instead of the interface's own.`,
  })),
  persona: withDefault(
    option("--persona", PERSONA, {
      description: message`The system to pretend to be.`,
    }),
    PERSONAS[0]!,
  ),
  format: withDefault(
    option("--format", FORMAT, {
      description: message`How to write the log of packets.`,
    }),
    "console" as const,
  ),
  verbosity: multiple(option("-v", {
    description: message`Say more on stderr: -v info, -vv debug, -vvv trace.`,
  })).map((given) => given.length),
  quiet: option("-q", "--quiet", {
    description: message`Say nothing but errors, whatever -v is.`,
  }),
  cookieKey: optional(option("--cookie-key", KEY, {
    description:
      message`For tests only: use this key for SYN cookies, so that a recorded conversation can be replayed.`,
  })),
};
const RUN = object("Options", {
  command: constant("run"),
  iface: option("-i", "--iface", IFACE, {
    description: message`Interface to answer on. Required.`,
  }),
  ...ANSWER_OPTIONS,
});
const REPLAY = object("Options", {
  command: constant("replay"),
  input: argument(path({ metavar: "IN.pcap" }), {
    description: message`Capture to read.`,
  }),
  output: optional(option("-w", path({ metavar: "OUT.pcap" }), {
    description: message`Capture to write the answers to.`,
  })),
  ...ANSWER_OPTIONS,
});
const REPLAY_USAGE: Usage = [
  { type: "argument", metavar: "IN.pcap" },
  {
    type: "optional",
    terms: [{ type: "option", names: ["-w"], metavar: "OUT.pcap" }],
  },
  { type: "literal", value: "[OPTION...]" },
];
const USAGE: Usage = [{
  type: "exclusive",
  terms: [
    [
      { type: "option", names: ["-i"], metavar: "NAME" },
      { type: "literal", value: "[OPTION...]" },
    ],
    [{ type: "command", name: "replay" }, ...REPLAY_USAGE],
  ],
}];
const PARSER = or(
  group(
    "Commands",
    command("replay", REPLAY, {
      description:
        message`Answer a capture instead of an interface: needs no privilege, and answers the same every time.`,
      usageLine: REPLAY_USAGE,
    }),
  ),
  RUN,
  {
    errors: {
      noMatch: message`Missing option ${
        optionNames(["-i", "--iface"])
      }, the interface to answer on.`,
    },
  },
);
const SECTIONS = ["Options", "Commands", "Help"];

const EXAMPLES = lines(
  "sudo masscanned -i eth0 --self-ip-list 192.0.2.10,2001:db8::10",
  "sudo masscanned -i eth0 -f ips.txt --remote-ip-deny-list 198.51.100.0/24",
  "masscanned replay scan.pcap -w answers.pcap --self-ip-list 192.0.2.0/24",
  'eval "$(masscanned completion bash)"   # or zsh, fish, nu, pwsh',
);

/**
 * Reads the command line, without doing anything about it.
 *
 * @param args Arguments, without the program's name.
 * @returns What they ask for. A usage error is a text to print, too.
 */
export function parseCommand(args: readonly string[]): Command {
  const shown: string[] = [];
  const prints: PrintCommand[] = [];
  const print = (status: number): void => {
    const text = shown.map((page) => page.replace(/\n*$/, "\n")).join("");
    prints.push({ command: "print", text, status });
  };
  const parsed = runParser(PARSER, NAME, args, {
    help: { option: { names: ["-h", "--help"], group: "Help" }, onShow: print },
    version: {
      value: `${NAME} ${config.version}`,
      option: { names: ["-V", "--version"], group: "Help" },
      onShow: print,
    },
    completion: { command: { group: "Commands" }, onShow: print },
    brief:
      message`Answers whatever is sent to its addresses: ARP, neighbour discovery, ping, every TCP and UDP port, and the protocol that the client speaks first.`,
    usageLine: USAGE,
    examples: EXAMPLES,
    aboveError: "none",
    maxWidth: HELP_WIDTH,
    showChoices: true,
    showDefault: { prefix: " [default: " },
    sectionOrder: (a, b) =>
      SECTIONS.indexOf(a.title ?? "") - SECTIONS.indexOf(b.title ?? ""),
    stdout: (page) => shown.push(page),
    stderr: () => {},
    onError: (_, error) => {
      const reason = formatMessage(error).replaceAll(/\s+/g, " ");
      shown.push(`${NAME}: ${reason}`, `Try: ${NAME} --help`);
      print(USAGE_ERROR);
    },
  });
  return prints[0] ?? parsed;
}

/** A value parser that is one function; `undefined` is what it refuses. */
function valueParser<T>(
  metavar: "NAME" | "MAC" | "HEX",
  placeholder: T,
  { expected, parse }: {
    readonly expected: string;
    readonly parse: (input: string) => T | undefined;
  },
): ValueParser<"sync", T> {
  return {
    mode: "sync",
    metavar,
    placeholder,
    parse: (input) => {
      const value = parse(input);
      return value === undefined
        ? {
          success: false,
          error: message`Expected ${text(expected)}, but got ${input}.`,
        }
        : { success: true, value };
    },
    format: String,
  };
}

/** A message of several lines. */
function lines(...texts: readonly string[]): Message {
  return texts.flatMap((line) => [text(line), lineBreak()]).slice(0, -1);
}
if (import.meta.main) {
  const c = parseCommand(Deno.args);
  if (c.command === "print") {
    Deno.stdout.writeSync(new TextEncoder().encode(c.text));
    Deno.exit(c.status);
  }
  console.log(c);
}
