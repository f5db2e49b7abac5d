/**
 * The options of every command that answers frames: their names, what they
 * take, what help says of them. What can be said in a configuration file is
 * read off here, too.
 *
 * What is exported has types of the library that reads the command line, and is
 * internal to `src/cli.ts` for that reason.
 *
 * @module
 */

import { merge, object } from "@optique/core/constructs";
import {
  type Message,
  message,
  optionNames,
  text,
} from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument, constant, option } from "@optique/core/primitives";
import {
  biject,
  choice,
  integer,
  string,
  type ValueParser,
} from "@optique/core/valueparser";
import { path } from "@optique/run/valueparser";
import { PERSONAS } from "../persona/mod.ts";
import { PROTOCOL_NAMES } from "../proto/mod.ts";
import type { AuditCommand, ReplayCommand, RunCommand } from "./command.ts";
import { joinPorts, readPorts } from "./ports.ts";
import { valueParser } from "./value_parser.ts";
import {
  readEndpoint,
  readIface,
  readKey,
  readLimit,
  readMac,
  readNames,
  readSize,
  readTime,
} from "./values.ts";

const WORKERS_MAX = 64;
const AMPLIFICATION_LIMIT = 3; // RFC 9000 §8.1
/**
 * Takes the path of a file.
 *
 * @ignore
 */
export const FILE: ValueParser<"sync", string> = path({ metavar: "FILE" });
const LIST = string({
  metavar: "LIST",
  pattern: /\S/,
  errors: { patternMismatch: message`List must not be empty.` },
});
const PAIRS = string({
  metavar: "OURS=PUBLIC",
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
const ENDPOINT = valueParser(
  "ADDR:PORT",
  "an IP address and a port, such as 127.0.0.1:9100 or [::1]:9100",
  readEndpoint,
);
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
  "PROTOCOLS",
  `one or more of ${PROTOCOL_NAMES.join(", ")}`,
  (input) => readNames(input, PROTOCOL_NAMES),
);
const USER = string({
  metavar: "NAME",
  pattern: /./,
  errors: { patternMismatch: message`Name must not be empty.` },
});
const FORMAT = choice(["console", "logfmt", "json"]);

/**
 * What is missing where no interface is named.
 *
 * @ignore
 */
export const NO_IFACE: Message = message`Missing option ${
  optionNames(["-i", "--iface"])
}, or iface in the file of ${optionNames(["--config"])}.`;

/**
 * What help says first.
 *
 * @ignore
 */
export const BRIEF: Message =
  message`Network responder: answers ARP, neighbour discovery, ping and every TCP port at its addresses, and speaks the protocol that a client speaks first: ${
    text(PROTOCOL_NAMES.join(", "))
  }.`;

// Sections of help.
const INTERFACES = "Interfaces";
const OUTPUTS = "What is written";

const ADDRESSES = object("Addresses", {
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
  publicIps: multiple(option("--public-ip", PAIRS, {
    description:
      message`What clients call our addresses, separated by commas, where something on the way translates them: told in answers and events. See what share up prints.`,
  })),
  mac: optional(option("-m", "-a", "--mac-addr", MAC, {
    description:
      message`Answer with this MAC address instead of the interface's own.`,
  })),
});

const BEHAVIOUR = object("Answers", {
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
});

const WRITTEN = object(OUTPUTS, {
  events: optional(option("--events", FILE, {
    description:
      message`Write what happened to this file, or - for stdout: one JSON object of the Elastic Common Schema a line, for every connection, datagram and source.`,
  })),
  zeek: optional(object({
    folder: option("--zeek", string({ metavar: "DIR", pattern: /./ }), {
      description:
        message`Write conn.log and reporter.log as Zeek does to this folder.`,
    }),
    format: withDefault(
      option("--zeek-format", choice(["tsv", "json"]), {
        description: message`How the logs of Zeek are written.`,
      }),
      "tsv" as const,
    ),
  })),
  ivre: optional(option("--ivre", FILE, {
    description:
      message`Write records of passive reconnaissance for ivre passiverecon2db to this file, or - for stdout.`,
  })),
  format: optional(option("--format", FORMAT, {
    description: message`Log every packet to stdout in this format.`,
  })),
  verbosity: multiple(option("-v", "--verbose", {
    description: message`Say more: -v info, -vv debug, -vvv trace.`,
  })).map((given) => given.length),
  quiet: option("-q", "--quiet", {
    description: message`Say nothing but errors, in spite of -v.`,
  }),
});

const OTHERS = object("Others", {
  config: optional(option("--config", FILE, {
    description:
      message`Read further options from this file; see: masscanned config example.`,
  })),
  cookieKey: optional(option("--cookie-key", KEY, {
    description:
      message`For tests: fix the key of the SYN cookies, so that a recorded conversation can be replayed.`,
  })),
});

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

const RUN_OPTIONS = merge(
  object(INTERFACES, {
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
    user: optional(option("--user", USER, {
      description:
        message`Become this user once the sockets are open. Root becomes nobody if this is not given.`,
    })),
  }),
  ADDRESSES,
  BEHAVIOUR,
  WRITTEN,
  object(OUTPUTS, {
    pcap: PCAP,
    metrics: optional(option("--metrics", ENDPOINT, {
      description:
        message`Serve metrics for Prometheus at this address, such as 127.0.0.1:9100.`,
    })),
  }),
  OTHERS,
);

/**
 * Answers on interfaces.
 *
 * @ignore
 */
export const RUN: Parser<"sync", RunCommand, unknown> = merge(
  object({ command: constant("run") }),
  RUN_OPTIONS,
);

/**
 * Says what gives away whoever answers so.
 *
 * @ignore
 */
export const AUDIT: Parser<"sync", AuditCommand, unknown> = merge(
  object({ command: constant("self-audit") }),
  RUN_OPTIONS,
);
/**
 * Answers a capture.
 *
 * @ignore
 */
export const REPLAY: Parser<"sync", ReplayCommand, unknown> = merge(
  object("Captures", {
    command: constant("replay"),
    input: argument(path({ metavar: "IN.pcap" }), {
      description: message`Capture to answer.`,
    }),
    output: optional(option("-w", path({ metavar: "OUT.pcap" }), {
      description:
        message`Capture to write the answers to; - is standard output.`,
    })),
  }),
  ADDRESSES,
  BEHAVIOUR,
  WRITTEN,
  OTHERS,
);
