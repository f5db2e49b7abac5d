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
  optionNames,
  text,
} from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import { argument, command, constant, option } from "@optique/core/primitives";
import type { Usage } from "@optique/core/usage";
import {
  biject,
  choice,
  integer,
  string,
  type ValueParser,
} from "@optique/core/valueparser";
import { path } from "@optique/run/valueparser";
import type {
  Command,
  PrintCommand,
  ReplayCommand,
  RunCommand,
} from "./cli/command.ts";
import { joinPorts, readPorts } from "./cli/ports.ts";
import {
  readIface,
  readKey,
  readLimit,
  readMac,
  readNames,
  readSize,
  readTime,
} from "./cli/values.ts";
import { VERSION } from "./cli/version.ts";
import { PERSONAS } from "./persona/mod.ts";
import { PROTOCOL_NAMES } from "./proto/mod.ts";

export type * from "./cli/command.ts";

const NAME = "masscanned";
const USAGE_ERROR = 2;
const WORKERS_MAX = 64;
const AMPLIFICATION_LIMIT = 3; // RFC 9000 §8.1
const WIDTH = 80; // columns of help
const SECTIONS = ["Options", "Commands", "Help"]; // of help, in order

const FILE = path({ metavar: "FILE" });
const LIST = string({
  metavar: "LIST",
  pattern: /\S/,
  errors: { patternMismatch: message`List must not be empty.` },
});
const IFACE = valueParser("NAME", "a name of 1 to 15 octets", readIface);
const MAC = valueParser(
  "MAC",
  "the address of one station, such as 02:00:5e:00:53:01",
  readMac,
);
const KEY = valueParser("HEX", "32 hexadecimal digits", readKey);
const LIMIT = valueParser("N", "a number from 1 on, or off", readLimit);
const SIZE = valueParser("SIZE", "a size such as 100M or 2G", readSize);
const TIME = valueParser(
  "TIME",
  "a time such as 90s, 15m, 24h or 7d",
  readTime,
);
const PERSONA = biject(
  Object.fromEntries(PERSONAS.map((persona) => [persona.name, persona])),
);
const PORTS = valueParser(
  "PORTS",
  "ports of 0 to 65535 such as tcp/22,80,8000-8100,udp/53",
  readPorts,
);
const NAMES = valueParser(
  "LIST",
  `one or more of ${PROTOCOL_NAMES.join(", ")}`,
  (input) => readNames(input, PROTOCOL_NAMES),
);
const FORMAT = choice(["console", "logfmt", "json"]);

const NO_IFACE = message`Missing option ${optionNames(["-i", "--iface"])}.`;

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

const USAGE: Usage = [{
  type: "exclusive",
  terms: [
    [{ type: "option", names: ["-i"], metavar: "NAME" }, ...OPTIONS],
    [{ type: "command", name: "replay" }, ...REPLAY_USAGE],
  ],
}];

const ANSWER_OPTIONS = {
  selfIpFiles: multiple(option("-f", "--self-ip-file", "--ip-addr-file", FILE, {
    description:
      message`Answer for the addresses in this file: an address, prefix or range on each line, # for comments. Without any list, answer for every address but the host's own.`,
  })),
  selfIpLists: multiple(option("--self-ip-list", LIST, {
    description: message`Answer for these addresses, separated by commas.`,
  })),
  denyFiles: multiple(option("--remote-ip-deny-file", FILE, {
    description: message`Never answer the addresses in this file.`,
  })),
  denyLists: multiple(option("--remote-ip-deny-list", LIST, {
    description: message`Never answer these addresses.`,
  })),
  mac: optional(option("-m", "-a", "--mac-addr", MAC, {
    description:
      message`Answer with this MAC address instead of the interface's own.`,
  })),
  persona: withDefault(
    option("--persona", PERSONA, {
      description: message`Who to pretend to be.`,
    }),
    PERSONAS[0]!,
  ),
  ports: multiple(option("--ports", PORTS, {
    description:
      message`Open these ports only, such as tcp/22,80,8000-8100,udp/53; the others refuse as the persona does. Without it, every port is open.`,
  })).map(joinPorts),
  protocols: object({
    only: multiple(option("--protocols", NAMES, {
      description: message`Speak these protocols only, separated by commas: ${
        text(PROTOCOL_NAMES.join(", "))
      }.`,
    })),
    without: multiple(option("--no-protocols", NAMES, {
      description: message`Do not speak these protocols.`,
    })),
  }).map(({ only, without }) => {
    const some = only.length === 0 ? PROTOCOL_NAMES : only.flat();
    return PROTOCOL_NAMES.filter((name) =>
      some.includes(name) && !without.flat().includes(name)
    );
  }),
  amplificationLimit: withDefault(
    option("--amplification-limit", LIMIT, {
      description:
        message`Never answer a datagram, whose sender may be forged, with more than this many times its length; ${"off"}: answer whatever is asked.`,
    }),
    AMPLIFICATION_LIMIT,
  ),
  format: optional(option("--format", FORMAT, {
    description: message`Log every packet to stdout in this format.`,
  })),
  verbosity: multiple(option("-v", {
    description: message`Say more: -v info, -vv debug, -vvv trace.`,
  })).map((given) => given.length),
  quiet: option("-q", "--quiet", {
    description: message`Say nothing but errors, in spite of -v.`,
  }),
  cookieKey: optional(option("--cookie-key", KEY, {
    description:
      message`For tests: fix the key of the SYN cookies, so that a recorded conversation can be replayed.`,
  })),
};

const PCAP = optional(object({
  path: option("--pcap", string({ metavar: "FILE", pattern: /./ }), {
    description:
      message`Capture what comes in and goes out to this file, in pcapng format; - is standard output.`,
  }),
  limits: object({
    fileLen: withDefault(
      option("--pcap-size", SIZE, {
        description: message`Begin another file when this one is so large.`,
      }),
      100 * 2 ** 20,
      { message: message`100M` },
    ),
    fileTime: withDefault(
      option("--pcap-time", TIME, {
        description: message`Begin another file when this one is so old.`,
      }),
      24 * 3_600_000,
      { message: message`24h` },
    ),
    files: withDefault(
      option("--pcap-files", integer({ metavar: "N", min: 1 }), {
        description: message`Keep so many files, and remove older ones.`,
      }),
      10,
    ),
  }),
}));

const RUN = object("Options", {
  command: constant("run"),
  ifaces: multiple(
    option("-i", "--iface", IFACE, {
      description:
        message`Interface to answer on. Required; may be given several times.`,
    }),
    { min: 1, errors: { tooFew: NO_IFACE } },
  ).map((names) => [...new Set(names)]),
  probe: option("--probe", {
    description:
      message`Ask first whether anybody else has the addresses, and refuse to start if so.`,
  }),
  workers: withDefault(
    option("--workers", integer({ metavar: "N", min: 1, max: WORKERS_MAX }), {
      description:
        message`Packet workers on each interface, between which the flows are divided.`,
    }),
    1,
  ),
  pcap: PCAP,
  ...ANSWER_OPTIONS,
});

const REPLAY = object("Options", {
  command: constant("replay"),
  input: argument(path({ metavar: "IN.pcap" }), {
    description: message`Capture to answer.`,
  }),
  output: optional(option("-w", path({ metavar: "OUT.pcap" }), {
    description: message`Capture to write the answers to.`,
  })),
  ...ANSWER_OPTIONS,
});

const PARSER = or(
  group(
    "Commands",
    command("replay", REPLAY, {
      description:
        message`Answer a capture instead of an interface: needs no privilege, and gives the same answers every time.`,
      usageLine: REPLAY_USAGE,
    }),
  ),
  RUN,
  {
    errors: {
      noMatch: NO_IFACE,
    },
  },
);

const BRIEF =
  message`Network responder: answers ARP, neighbour discovery, ping and every TCP port at its addresses, and speaks HTTP, SSH, DNS, SMB, STUN, RPC and Gh0st with whoever speaks them first.`;
const EXAMPLES = lines(
  "sudo masscanned -i eth0 --self-ip-list 192.0.2.10,2001:db8::10",
  "sudo masscanned -i eth0 -f ips.txt --remote-ip-deny-list 198.51.100.0/24",
  "masscanned replay scan.pcap -w answers.pcap --self-ip-list 192.0.2.0/24",
  'eval "$(masscanned completion bash)"    # or zsh, fish, nu, pwsh',
);

/**
 * Reads the command line, without doing anything about it.
 *
 * @param args Arguments, without the program's name.
 * @returns What they ask for; for a usage error, to print it.
 */
export function parseCommand(args: readonly string[]): Command {
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
      pages.push(`${NAME}: ${reason}`, `Try: ${NAME} --help`);
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
 * Reads the command line; prints and exits where it asks for no more.
 *
 * @param args Arguments, without the program's name.
 * @returns What they ask for.
 */
export function commandOrExit(
  args: readonly string[],
): RunCommand | ReplayCommand {
  const command = parseCommand(args);
  if (command.command !== "print") return command;
  const stream = command.status === 0 ? Deno.stdout : Deno.stderr;
  let rest = new TextEncoder().encode(command.text);
  try {
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
  } catch (error) {
    // "masscanned --help | head -1"
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  Deno.exit(command.status);
}

/** A message of several lines. */
function lines(...texts: readonly string[]): Message {
  return texts.flatMap((line, i) =>
    i === 0 ? [text(line)] : [lineBreak(), text(line)]
  );
}

type Metavar =
  | ("NAME" | "MAC" | "HEX" | "LIST" | "PORTS" | "N")
  | ("SIZE" | "TIME");

/** A value parser that refuses what `read` returns `undefined` for. */
function valueParser<T>(
  metavar: Metavar,
  expected: string,
  read: (input: string) => T | undefined,
): ValueParser<"sync", T> {
  const wrong = text(expected);
  return {
    mode: "sync",
    metavar,
    placeholder: undefined as T, // for prompts, of which there are none
    format: String,
    parse: (input) => {
      const value = read(input);
      if (value !== undefined) return { success: true, value };
      const error = message`Expected ${wrong}, but got ${input}.`;
      return { success: false, error };
    },
  };
}
