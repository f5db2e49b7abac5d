import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DEPTH_OF } from "../../src/record/layout.ts";
import type { FrameRecord } from "../../src/record/records.ts";
import { LINES } from "../../src/sink/framing.ts";
import { Output } from "../../src/sink/output.ts";
import { PacketLogFile } from "../../src/sink/packet_log_file.ts";

const SECOND = 1_700_000_000_000;

/** A log, what it wrote, and what it says that it left out. */
function logOf(): { log: PacketLogFile; lines: () => number; told: number[] } {
  const decoder = new TextDecoder();
  let text = "";
  const output = new Output({
    name: "memory",
    open: () => ({
      writeSync: (octets) => {
        text += decoder.decode(octets);
        return octets.length;
      },
    }),
  }, LINES);
  const told: number[] = [];
  const log = new PacketLogFile(output, "json", (count) => told.push(count));
  const lines = (): number => {
    log.flush();
    return text.split("\n").length - 1;
  };
  return { log, lines, told };
}

/** A frame of which the log has two lines. */
function frameAt(time: number): FrameRecord {
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const depth = DEPTH_OF.link;
  return { depth, dstMac: mac, srcMac: mac, time, verdict: 17 } as FrameRecord;
}

Deno.test("PacketLogFile logs so many packets a second, and counts the others", () => {
  const { lines, log, told } = logOf();
  for (let i = 0; i < 10_003; i++) log.take(frameAt(SECOND), true);
  strictEqual(lines(), 20_000);
  log.take(frameAt(SECOND + 1000), true);
  strictEqual(lines(), 20_002);
  deepStrictEqual(told, [3]);
  log.end();
  deepStrictEqual(told, [3]);
});

Deno.test("PacketLogFile logs all of a capture", () => {
  const { lines, log, told } = logOf();
  for (let i = 0; i < 10_003; i++) log.take(frameAt(SECOND), false);
  log.end();
  strictEqual(lines(), 20_006);
  deepStrictEqual(told, []);
});
