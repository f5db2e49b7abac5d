import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "../../src/cli.ts";
import { OperatorError } from "../../src/operator_error.ts";
import { replay } from "../../src/run/replay.ts";
import { reasonForSilence } from "../../src/run/silence.ts";
import { type VerdictName, VERDICTS } from "../../src/verdict.ts";

/** Counts of verdicts. */
function counts(...some: [VerdictName, number][]): number[] {
  const given = new Map(some);
  return VERDICTS.map((name) => given.get(name) ?? 0);
}

Deno.test("reasonForSilence() names the most frequent verdicts and a remedy", () => {
  strictEqual(
    reasonForSilence(counts(
      ["arp_not_request", 2],
      ["checksum_wrong", 1],
      ["ip_from_us", 5],
      ["port_zero", 3],
    )),
    "not answered: ip_from_us 5, port_zero 3, arp_not_request 2; the senders " +
      "are among our own addresses: see --self-ip-list",
  );
  strictEqual(
    reasonForSilence(counts(["checksum_wrong", 1])),
    "not answered: checksum_wrong 1",
  );
});

Deno.test("reasonForSilence() is silent if something is answered, or was not asked", () => {
  strictEqual(reasonForSilence(counts()), undefined);
  const some = counts(["ip_from_us", 5], ["tcp_reset_sent", 1]);
  strictEqual(reasonForSilence(some), undefined);
});

const CAPTURE = new URL("../pcap/icmpv4/ping.pcap", import.meta.url);

Deno.test("replay() does not write over the capture that it reads", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/scan.pcap`;
    const before = Deno.readFileSync(CAPTURE);
    Deno.writeFileSync(path, before);
    Deno.symlinkSync(path, `${folder}/link.pcap`);
    for (const output of [path, `${folder}/link.pcap`]) {
      throws(() => play(path, output), (error) => {
        ok(error instanceof OperatorError);
        ok(error.message.includes("it is the capture that is read"));
        return true;
      });
      deepStrictEqual(Deno.readFileSync(path), before);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("replay() says that it cannot write before it begins", () => {
  const folder = Deno.makeTempDirSync();
  try {
    // Events would be there if it had begun.
    const events = `${folder}/events.ndjson`;
    throws(
      () => play(fileURLToPath(CAPTURE), "/nowhere/a.pcap", "--events", events),
      /Cannot write "\/nowhere\/a\.pcap": No such file/,
    );
    throws(() => Deno.statSync(events), Deno.errors.NotFound);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** Replays a capture. */
function play(input: string, output: string, ...options: string[]): void {
  const command = parseCommand(["replay", input, "-w", output, ...options]);
  ok(command.command === "replay");
  replay(command);
}
