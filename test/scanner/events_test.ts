import { deepStrictEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "../../src/cli.ts";
import { replay } from "../../src/run/replay.ts";
import type { Event } from "../event/rig.ts";
import { SELF_IPS, SELF_MAC } from "../harness.ts";

const PCAP = new URL("../pcap/scanner/", import.meta.url);

const TLS_RANDOM = '"random1random2random3random4" in ' +
  "masscanned.tls.client.random";

// What the event of a source says, as the surest: who it is, and by what.
const SPEAKERS: readonly (readonly [
  capture: string,
  name: string | undefined,
  evidence: string | undefined,
])[] = [
  ["ffuf", "ffuf", '"Fuzz Faster U Fool" in user_agent.original'],
  ["gobuster", "gobuster", '"gobuster/" in user_agent.original'],
  ["hydra", "Hydra", '"Mozilla/4.0 (Hydra)" in user_agent.original'],
  ["masscan_1.3.2_http", "masscan", '"masscan/" in user_agent.original'],
  ["nmap_7.93_connect", undefined, undefined],
  [
    "nmap_7.93_scripts",
    "nmap",
    TLS_RANDOM,
  ],
  ["nmap_7.93_version", "nmap", TLS_RANDOM],
  [
    "nmap_7.991_scripts",
    "nmap",
    TLS_RANDOM,
  ],
  ["nmap_7.991_version", "nmap", TLS_RANDOM],
  ["nobody_dig", undefined, undefined],
  ["nobody_ssh", undefined, undefined],
  ["sqlmap", "sqlmap", '"sqlmap/" in user_agent.original'],
  ["whatweb", "WhatWeb", '"WhatWeb/" in user_agent.original'],
];

for (const [capture, name, evidence] of SPEAKERS) {
  Deno.test(`events of ${capture} name ${name ?? "nobody"}`, () => {
    const sources = eventsOf(capture)
      .filter((it) => it.event.action === "source_summary")
      .filter((it) => it.threat !== undefined || name === undefined);
    ok(sources.length > 0);
    for (const { masscanned, threat } of sources) {
      deepStrictEqual(threat?.software.name, name);
      deepStrictEqual(masscanned.scanners?.[0].evidence, evidence);
    }
  });
}

Deno.test("an event has name, confidence, evidence and odds of a scanner", () => {
  const { masscanned } = eventsOf("masscan_1.3.2_udp").at(-1)!;
  deepStrictEqual(masscanned.scanners, [{
    name: "masscan",
    confidence: "high",
    evidence: "IP ID is destination address xor port xor the request's own " +
      "ID; initial TTL 255",
    odds: 65_536,
  }]);
});

/** Events of a capture's replay. */
function eventsOf(capture: string): Event[] {
  const output = Deno.makeTempFileSync({ suffix: ".ndjson" });
  try {
    const command = parseCommand([
      "replay",
      fileURLToPath(new URL(`${capture}.pcap`, PCAP)),
      ...["-q", "--events", output],
      ...["-m", SELF_MAC, "--self-ip-list", SELF_IPS],
    ]);
    ok(command.command === "replay");
    replay(command);
    const lines = Deno.readTextFileSync(output).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  } finally {
    Deno.removeSync(output);
  }
}
