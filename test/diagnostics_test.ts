import { strictEqual } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { openDiagnostics } from "../src/diagnostics.ts";
import type { LineStream } from "../src/sink/line_writer.ts";

const log = getLogger("masscanned");

/** Takes octets until it is told otherwise. */
class Pipe implements LineStream {
  /** Octets it takes before it is full. */
  room = Infinity;
  text = "";

  writeSync(octets: Uint8Array): number {
    if (this.room === 0) throw new Deno.errors.WouldBlock();
    const part = octets.subarray(0, Math.min(this.room, 7));
    this.room -= part.length;
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
    using _ = openDiagnostics({ verbosity, quiet }, pipe);
    log.trace("it");
    log.debug("it");
    log.info("it");
    log.warn("it");
    log.error("it");
    strictEqual(pipe.text, levels.map((level) => `${level} - it\n`).join(""));
  });
}

// behaviour.md LOG-20, and what must not become more than a line.
const LINES: readonly [
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

for (const [template, values, line] of LINES) {
  Deno.test(`openDiagnostics() writes "${line}"`, () => {
    const pipe = new Pipe();
    using _ = openDiagnostics({ verbosity: 0, quiet: false }, pipe);
    log.warn(template, values);
    strictEqual(pipe.text, `${line}\n`);
  });
}

Deno.test("openDiagnostics() loses whole lines, and counts them", () => {
  const pipe = new Pipe();
  using diagnostics = openDiagnostics({ verbosity: 0, quiet: false }, pipe);
  pipe.room = 4;
  log.warn("one"); // cut
  log.warn("two"); // lost
  pipe.room = Infinity;
  log.warn("three");
  pipe.room = 0;
  log.warn("four"); // lost
  pipe.room = Infinity;
  log.warn("five");
  strictEqual(pipe.text, "WARN - one\nWARN - three\nWARN - five\n");
  strictEqual(diagnostics.lost, 2);
});
