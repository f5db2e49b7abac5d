import { strictEqual } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { openDiagnostics } from "../src/diagnostics.ts";
import { LINES } from "../src/sink/framing.ts";
import { Output, type Stream } from "../src/sink/output.ts";

const log = getLogger("masscanned");

/** Takes a few octets at a time. */
class Pipe implements Stream {
  text = "";
  readonly output = new Output({ name: "it", open: () => this }, LINES);

  writeSync(octets: Uint8Array): number {
    const part = octets.subarray(0, 7);
    this.text += new TextDecoder().decode(part);
    return part.length;
  }
}

// [-v, -q, levels that are told]
const SHOWN: readonly [verbosity: number, quiet: boolean, levels: string[]][] =
  [
    [0, false, ["WARN", "ERROR"]],
    [1, false, ["INFO", "WARN", "ERROR"]],
    [2, false, ["DEBUG", "INFO", "WARN", "ERROR"]],
    [3, false, ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]],
    [9, false, ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]],
    [0, true, ["ERROR"]],
    [3, true, ["ERROR"]],
  ];

for (const [verbosity, quiet, levels] of SHOWN) {
  Deno.test(`openDiagnostics() tells ${levels} for ${verbosity} -v, quiet ${quiet}`, () => {
    const pipe = new Pipe();
    using _ = openDiagnostics({ verbosity, quiet }, pipe.output);
    log.trace("it");
    log.debug("it");
    log.info("it");
    log.warn("it");
    log.error("it");
    strictEqual(pipe.text, levels.map((level) => `${level} - it\n`).join(""));
  });
}

// behaviour.md LOG-20, and what must not become more than a line.
const SAID: readonly [
  template: string,
  values: Record<string, unknown>,
  line: string,
][] = [
  [
    "ARP-Reply to {mac} for IP {ip}",
    { mac: "ea:c0:d6:20:0c:6a", ip: "0.255.0.1" },
    "WARN - ARP-Reply to ea:c0:d6:20:0c:6a for IP 0.255.0.1",
  ],
  [
    "ICMP-Echo-Reply to ICMP-Echo-Request",
    {},
    "WARN - ICMP-Echo-Reply to ICMP-Echo-Request",
  ],
  [
    "SYN-ACK to ACK on port {port}",
    { port: 80 },
    "WARN - SYN-ACK to ACK on port 80",
  ],
  ["{uri}", { uri: "/{mac}{*}\\x0a" }, "WARN - /{mac}{*}\\x0a"],
  [
    "{uri}",
    { uri: "\x1b[2J\x1b[31m\r\nWARN - it" },
    "WARN - \\x1b[2J\\x1b[31m\\r\\nWARN - it",
  ],
];

for (const [template, values, line] of SAID) {
  Deno.test(`openDiagnostics() writes "${line}"`, () => {
    const pipe = new Pipe();
    using _ = openDiagnostics({ verbosity: 0, quiet: false }, pipe.output);
    log.warn(template, values);
    strictEqual(pipe.text, `${line}\n`);
  });
}
