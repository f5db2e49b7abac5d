import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Arena } from "../../src/arena.ts";
import { Capture, CAPTURE_BUFFER_LEN } from "../../src/capture.ts";
import { readPcapng } from "../../src/pcapng_reader.ts";
import type { CaptureLimits } from "../../src/sink/capture_file.ts";
import { CaptureSink } from "../../src/sink/capture_sink.ts";
import type { Stream } from "../../src/sink/output.ts";
import { Outputs } from "../../src/sink/outputs.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { judged, tshark } from "../tshark.ts";

const MAC = Uint8Array.fromHex("02005e1000fb");
const LIMITS: CaptureLimits = {
  fileLen: 5000,
  fileTime: 3_600_000,
  files: 3,
};
const COUNTS = { seen: 10, dropped: 0, ringDrops: 0 };

/** Ten packets, numbered from `first` on. */
function packets(first: number): Uint8Array<ArrayBuffer> {
  const arena = new Arena(new ArrayBuffer(4096));
  let blocks = new Uint8Array();
  const capture = new Capture(arena, 0, (buffer, length) => {
    blocks = new Uint8Array(buffer, 0, length);
  });
  capture.give(new ArrayBuffer(CAPTURE_BUFFER_LEN));
  for (let i = 0; i < 10; i++) {
    arena.view.setUint32(0, first + i);
    capture.received(0, 100, 100, NO_TAG);
  }
  capture.flush();
  return blocks;
}

/** A capture in a folder of its own. */
class Rig implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/scan.pcapng`;
  readonly said: string[] = [];
  readonly outputs = new Outputs(
    () => {
      throw new TypeError();
    },
    (text) => this.said.push(text),
  );
  /** Octets that the disk still takes. */
  room = Infinity;

  open(limits: Partial<CaptureLimits> = {}): CaptureSink {
    return new CaptureSink({
      path: this.path,
      limits: { ...LIMITS, ...limits },
      interfaces: [{ name: "eth0", mac: MAC }],
      program: "masscanned test",
      target: { name: "it", open: () => this.#openStream() },
    }, this.outputs);
  }

  #openStream(): Stream {
    const file = Deno.openSync(this.path, { append: true, create: true });
    return {
      isFile: true,
      writeSync: (octets) => {
        if (this.room === 0) throw new Error("no space left");
        const some = octets.subarray(0, Math.min(octets.length, this.room));
        this.room -= some.length;
        return file.writeSync(some);
      },
      takeBack: (length) => {
        file.truncateSync(file.statSync().size - length);
        return true;
      },
      close: () => file.close(),
    };
  }

  /** Files, oldest first. */
  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name)
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
      .sort((a, b) =>
        Number(a === "scan.pcapng") - Number(b === "scan.pcapng")
      );
  }

  /** Numbers of all packets that are kept, in the order of the files. */
  numbers(): number[] {
    return this.files().flatMap((name) =>
      [...readPcapng(Deno.readFileSync(`${this.folder}/${name}`))]
        .map(({ octets }) => new DataView(octets.buffer, octets.byteOffset))
        .map((view) => view.getUint32(0))
    );
  }

  [Symbol.dispose](): void {
    this.outputs[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

const RANGE = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

Deno.test("CaptureSink keeps so many files of such a size", () => {
  using rig = new Rig();
  const sink = rig.open();
  for (let i = 0; i < 200; i += 10) sink.take(0, packets(i), COUNTS);
  // Ten packets are some 1,400 octets, so that four times ten fill a file.
  const files = rig.files();
  strictEqual(files.length, 3);
  for (const name of files.slice(0, -1)) {
    match(name, /^scan-\d{8}T\d{6}\.\d{3}Z\.pcapng$/);
  }
  for (const name of files) {
    ok(Deno.statSync(`${rig.folder}/${name}`).size < 7000);
  }
  const numbers = rig.numbers();
  deepStrictEqual(numbers, RANGE(numbers[0]!, 200));
});

Deno.test("CaptureSink begins another file when one is old", async () => {
  using rig = new Rig();
  const sink = rig.open({ fileTime: 5 });
  sink.take(0, packets(0), COUNTS);
  await new Promise((resolve) => setTimeout(resolve, 10));
  sink.take(0, packets(10), COUNTS);
  strictEqual(rig.files().length, 2);
  deepStrictEqual(rig.numbers(), RANGE(0, 20));
});

Deno.test("CaptureSink puts aside what an earlier run left, be it cut", () => {
  using rig = new Rig();
  Deno.writeTextFileSync(rig.path, "whatever");
  const sink = rig.open();
  sink.take(0, packets(0), COUNTS);
  const [old, now] = rig.files();
  strictEqual(Deno.readTextFileSync(`${rig.folder}/${old}`), "whatever");
  strictEqual(now, "scan.pcapng");
  deepStrictEqual([...readPcapng(Deno.readFileSync(rig.path))].length, 10);
});

Deno.test("CaptureSink leaves alone what is not its own", () => {
  using rig = new Rig();
  const others = ["scan-1.pcapng", "scan-20260101T000000.000Z.txt", "a.pcapng"];
  for (const name of others) {
    Deno.writeTextFileSync(`${rig.folder}/${name}`, "");
  }
  const sink = rig.open({ files: 1 });
  for (let i = 0; i < 100; i += 10) sink.take(0, packets(i), COUNTS);
  deepStrictEqual(
    [...Deno.readDirSync(rig.folder)].map(({ name }) => name).sort(),
    [...others, "scan.pcapng"].sort(),
  );
});

Deno.test("CaptureSink keeps whole packets on a full disk, and goes on", () => {
  using rig = new Rig();
  const sink = rig.open({ fileLen: 1e9 });
  rig.room = 2000; // one time ten and a half
  for (let i = 0; i < 50; i += 10) sink.take(0, packets(i), COUNTS);
  const kept = rig.numbers();
  deepStrictEqual(kept, RANGE(0, kept.length));
  ok(kept.length > 10 && kept.length < 20);
  match(rig.said.join("\n"), /^cannot write it: no space left/);
  rig.room = Infinity;
  sink.take(0, packets(50), COUNTS);
  deepStrictEqual(rig.numbers(), RANGE(0, 60)); // the rest had waited
});

Deno.test("CaptureSink goes on with the old file if there is no room for another", () => {
  using rig = new Rig();
  const sink = rig.open({ fileLen: 1000 });
  sink.take(0, packets(0), COUNTS);
  rig.room = 0;
  sink.take(0, packets(10), COUNTS);
  rig.room = Infinity;
  sink.take(0, packets(20), COUNTS);
  deepStrictEqual(rig.numbers(), RANGE(0, 30));
});

judged("CaptureSink ends a file with what was counted", async () => {
  using rig = new Rig();
  const sink = rig.open();
  sink.take(0, packets(0), { seen: 13, dropped: 3, ringDrops: 4 });
  rig.outputs[Symbol.dispose]();
  const file = await Deno.readFile(rig.path);
  const text = await tshark(file, "-T", "fields", "-e", "frame.number");
  strictEqual(text.trim().split("\n").length, 10);
  const view = new DataView(file.buffer);
  const length = view.getUint32(file.length - 4, true);
  const at = file.length - length;
  // By draft-ietf-opsawg-pcapng §4.6: type, then the options at offset 20.
  strictEqual(view.getUint32(at, true), 5);
  const options = new Map<number, bigint>();
  for (let from = at + 20; view.getUint16(from, true) !== 0; from += 12) {
    options.set(
      view.getUint16(from, true),
      view.getBigUint64(from + 4, true),
    );
  }
  deepStrictEqual([options.get(4), options.get(5)], [17n, 7n]);
});
