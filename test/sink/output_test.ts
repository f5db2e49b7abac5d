import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import fc from "fast-check";
import { OperatorError } from "../../src/operator_error.ts";
import { LINES } from "../../src/sink/framing.ts";
import { Output, type Stream } from "../../src/sink/output.ts";
import { Outputs } from "../../src/sink/outputs.ts";

const QUEUE_MAX = 1 << 20;
const LONG = `${"x".repeat(QUEUE_MAX - 1)}\n`;

/** A disk with one file on it, or a pipe, that behaves as it is told. */
class Device implements Stream {
  readonly name = "it";
  /** What is in the file, or what the reader got. */
  text = "";
  /** Octets that it still takes. */
  room = Infinity;
  /** What it throws when there is no more room. */
  failure: () => Error = () => new Error("no space left");
  isFile = true;
  isGone = false;
  opened = 0;

  open(): Stream {
    this.opened++;
    return this;
  }

  writeSync(octets: Uint8Array): number {
    if (this.room === 0) throw this.failure();
    const part = octets.subarray(0, Math.min(this.room, octets.length));
    this.room -= part.length;
    this.text += new TextDecoder().decode(part);
    return part.length;
  }

  takeBack(length: number): boolean {
    if (this.isFile) this.text = this.text.slice(0, this.text.length - length);
    return this.isFile;
  }

  static pipe(): Device {
    const pipe = new Device();
    pipe.isFile = false;
    pipe.failure = () => new Deno.errors.WouldBlock();
    return pipe;
  }
}

Deno.test("Output.write() keeps for later what a slow reader does not take", () => {
  const pipe = Device.pipe();
  const output = new Output(pipe, LINES);
  pipe.room = 2;
  output.writeText("one\n");
  output.writeText("two\n");
  strictEqual(pipe.text, "on");
  pipe.room = 3;
  strictEqual(output.retry(), true);
  strictEqual(pipe.text, "one\nt");
  pipe.room = Infinity;
  output.writeText("three\n");
  strictEqual(pipe.text, "one\ntwo\nthree\n");
  deepStrictEqual([output.lost, output.errors, output.written], [0, 0, 14]);
});

Deno.test("Output.write() copies what waits", () => {
  const pipe = Device.pipe();
  const output = new Output(pipe, LINES);
  pipe.room = 0;
  const octets = new TextEncoder().encode("one\n");
  output.write(octets);
  octets.fill(0);
  pipe.room = Infinity;
  output.retry();
  strictEqual(pipe.text, "one\n");
});

Deno.test("Output.write() loses whole lines when too much waits, and counts them", () => {
  const pipe = Device.pipe();
  const said: string[] = [];
  const output = new Output(pipe, LINES, (text) => said.push(text));
  pipe.room = 1;
  output.writeText(LONG);
  output.writeText("two\nthree\n");
  output.writeText("four\n");
  strictEqual(output.lost, 3);
  pipe.room = Infinity;
  output.writeText("five\n");
  strictEqual(pipe.text, `${LONG}five\n`);
  deepStrictEqual(said, [
    "cannot write it: it takes less than there is to write; " +
    "it is tried again, and lines that are lost are counted",
  ]);
});

Deno.test("Output.write() leaves no half line on a full disk", () => {
  const disk = new Device();
  const said: string[] = [];
  const output = new Output(disk, LINES, (text) => said.push(text));
  disk.room = 6;
  output.writeText("one\ntwo\nthree\n");
  strictEqual(disk.text, "one\n");
  deepStrictEqual([output.written, output.errors], [4, 1]);
  match(said[0]!, /^cannot write it: no space left; /);
  disk.room = Infinity;
  output.retry();
  strictEqual(disk.text, "one\ntwo\nthree\n");
  strictEqual(output.lost, 0);
  strictEqual(said.length, 1);
});

Deno.test("Output.write() finishes the line where a file cannot be cut back", () => {
  const disk = new Device();
  disk.isFile = false;
  const output = new Output(disk, LINES);
  disk.room = 6;
  output.writeText("one\ntwo\n");
  strictEqual(disk.text, "one\ntw");
  disk.room = Infinity;
  output.retry();
  strictEqual(disk.text, "one\ntwo\n");
});

Deno.test("Output.write() gives the next reader of a pipe the cut line whole", () => {
  const pipe = Device.pipe();
  pipe.failure = () => new Deno.errors.BrokenPipe("nobody reads it");
  const output = new Output(pipe, LINES);
  pipe.room = 6;
  output.writeText("one\ntwo\n");
  pipe.text = ""; // the next reader's
  pipe.room = Infinity;
  output.retry();
  strictEqual(pipe.text, "two\n");
  strictEqual(pipe.opened, 2);
});

Deno.test("Output.write() makes a deleted file anew", () => {
  const disk = new Device();
  const output = new Output(disk, LINES);
  output.writeText("one\n");
  disk.isGone = true;
  disk.open = () => {
    disk.isGone = false;
    return disk;
  };
  output.writeText("two\n");
  strictEqual(disk.isGone, false);
  strictEqual(disk.text, "one\ntwo\n");
});

Deno.test("Output.reopen() keeps the old file if there is no new one", () => {
  const disk = new Device();
  const said: string[] = [];
  const output = new Output(disk, LINES, (text) => said.push(text));
  disk.open = () => {
    throw new Error("its folder does not exist");
  };
  output.reopen();
  output.writeText("one\n");
  strictEqual(disk.text, "one\n");
  match(said.join(), /^cannot write it: its folder does not exist/);
});

Deno.test("Output.close() counts what still waits as lost", () => {
  const pipe = Device.pipe();
  const output = new Output(pipe, LINES);
  pipe.room = 5;
  output.writeText("one\ntwo\n");
  output.writeText("three\nfour\n");
  output.close();
  strictEqual(output.lost, 3);
});

Deno.test("Output loses no line unsaid, whatever happens to it", () => {
  const happening = fc.oneof(
    fc.constant({ kind: "retry" } as const),
    fc.constant({ kind: "reopen" } as const),
    fc.record({ kind: fc.constant("room" as const), room: fc.nat(40) }),
    fc.record({ kind: fc.constant("write" as const), count: fc.nat(5) }),
  );
  const failures = [
    (): Error => new Deno.errors.WouldBlock(),
    (): Error => new Error("no space left"),
  ];
  fc.assert(
    fc.property(
      fc.array(happening),
      fc.constantFrom(...failures),
      fc.boolean(),
      (happenings, failure, isFile) => {
        const device = new Device();
        device.failure = failure;
        device.isFile = isFile;
        const output = new Output(device, LINES);
        let written = 0;
        for (const it of happenings) {
          if (it.kind === "retry") output.retry();
          if (it.kind === "reopen") output.reopen();
          if (it.kind === "room") device.room = it.room;
          if (it.kind !== "write") continue;
          const lines = Array.from(
            { length: it.count },
            () => `${written++}\n`,
          );
          output.writeText(lines.join(""));
          if (isFile && failure().message !== "") {
            ok(/^$|\n$/.test(device.text), "no half line is left");
          }
        }
        device.room = Infinity;
        output.retry();
        const lines = Array.from({ length: written }, (_, i) => `${i}\n`);
        strictEqual(device.text, lines.join(""));
        deepStrictEqual([output.lost, output.written], [0, device.text.length]);
      },
    ),
  );
});

Deno.test("Outputs.open() says what is wrong with a path", () => {
  const reason = "its folder does not exist";
  using outputs = new Outputs(() => ({
    name: '"/no/it"',
    open: () => {
      throw new Error(reason);
    },
  }), () => {});
  throws(
    () => outputs.open("/no/it", LINES),
    new OperatorError(`Cannot write "/no/it": ${reason}`),
  );
});

Deno.test("Outputs.open() opens a path that two sinks ask for once", () => {
  const disk = new Device();
  using outputs = new Outputs(() => disk, () => {});
  strictEqual(outputs.open("it", LINES), outputs.open("it", LINES));
  strictEqual(disk.opened, 1);
});

Deno.test("Outputs tries again by itself", async () => {
  const pipe = Device.pipe();
  using outputs = new Outputs(() => pipe, () => {});
  const output = outputs.open("it", LINES);
  pipe.room = 0;
  output.writeText("one\n");
  pipe.room = Infinity;
  while (pipe.text === "") await new Promise((done) => setTimeout(done, 10));
  strictEqual(pipe.text, "one\n");
});
