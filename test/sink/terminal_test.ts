/**
 * What reaches standard output when attackers say what terminals act on, and
 * what readers of logs take for a line of its own.
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import logfmt from "logfmt";
import type { AnswerOptions } from "../../src/cli/command.ts";
import type { PacketLogFormat } from "../../src/sink/packet_log.ts";
import { Outputs } from "../../src/sink/outputs.ts";
import { Sinks } from "../../src/sink/sinks.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { type Bench, makeStack } from "../harness.ts";
import { type FrameReceiver, TcpClient, text } from "../tcp_client.ts";

const FORMATS = ["console", "logfmt", "json"] as const;

// In Latin-1: a title, a cleared screen, a colour by a C1 control, what is no
// UTF-8, a right-to-left override, quotes, and lines of logs.
const HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\xff\xfe\xe2\x80\xae\"'\\=\t\v" +
  '\x00\x7f a="b" \r\nts=0 proto=eth\r\n{"ts":0}\n';
const IN_LINE = HOSTILE.replaceAll(/[\r\n\0]/g, "");

/** What clients say, in Latin-1. */
const SAID: readonly (readonly [port: number, said: string])[] = [
  [
    80,
    `GET /${IN_LINE} HTTP/1.1\r\nHost: ${IN_LINE}\r\n` +
    `User-Agent: ${IN_LINE}\r\nAuthorization: Basic ${btoa(HOSTILE)}\r\n\r\n`,
  ],
  [22, `SSH-2.0-x ${IN_LINE}\r\n`],
  [53, dnsQuery(HOSTILE.slice(0, 63))],
  [9, `\x01${HOSTILE}`],
];

/** A query over TCP, RFC 1035 §4. */
function dnsQuery(label: string): string {
  const name = `${String.fromCharCode(label.length)}${label}\0`;
  const query = `\x12\x34\x01\0\0\x01\0\0\0\0\0\0${name}\0\x01\0\x01`;
  return `\0${String.fromCharCode(query.length)}${query}`;
}

/** A stack whose packet log and events go to one standard output. */
class Rig implements FrameReceiver {
  readonly #bench: Bench;
  readonly #sinks: Sinks;
  #sent: Uint8Array[] = [];
  #output = "";

  constructor(format: PacketLogFormat) {
    const decoder = new TextDecoder("latin1");
    const outputs = new Outputs(() => ({
      name: "standard output",
      open: () => ({
        writeSync: (octets) => {
          this.#output += decoder.decode(octets);
          return octets.length;
        },
      }),
    }), (text) => ok(false, text));
    const options = { format, events: "-", quiet: false, verbosity: 0 };
    this.#sinks = new Sinks(options as AnswerOptions, outputs);
    this.#bench = makeStack({ listen: this.#sinks.listen }, (outbox) => {
      const { bytes } = this.#bench.arena;
      for (let i = 0; i < outbox.count; i++) {
        this.#sent.push(bytes.slice(outbox.slotAt(i), outbox.ends[i]));
      }
    }, (buffer, length) => this.#sinks.take(buffer, length));
  }

  receive(frame: Uint8Array): Uint8Array[] {
    const { arena: { bytes }, outbox, stack } = this.#bench;
    bytes.set(frame, bytes.length - frame.length);
    stack.receive(bytes.length - frame.length, bytes.length, NO_TAG, false);
    outbox.flush();
    return this.#sent.splice(0);
  }

  /** Says something on a connection of its own. */
  say(port: number, peerPort: number, said: string): void {
    const client = new TcpClient(this, { port, peerPort });
    client.connect();
    client.say(said);
    client.send("RA");
  }

  /** Ends it, and returns the lines on standard output. */
  end(): { log: string[]; events: string[] } {
    this.#bench.stack.end();
    this.#bench.recorder.finish();
    this.#sinks.end();
    const lines = this.#output.split("\n");
    strictEqual(lines.pop(), "");
    const isEvent = (line: string): boolean => line.startsWith('{"@timestamp"');
    return {
      log: lines.filter((line) => !isEvent(line)),
      events: lines.filter(isEvent),
    };
  }
}

/** Lines about {@linkcode SAID}. */
function linesOf(format: PacketLogFormat): ReturnType<Rig["end"]> {
  const rig = new Rig(format);
  for (const [i, [port, said]] of SAID.entries()) {
    rig.say(40_000 + i, port, said);
  }
  return rig.end();
}

/** Keys and values, as text; the time as a number's. */
function entriesOf(fields: Record<string, unknown>): string[][] {
  return Object.entries(fields).map(([key, value]) =>
    key === "ts" ? [key, `${Number(value)}`] : [key, `${value}`]
  );
}

for (const format of FORMATS) {
  Deno.test(`nothing that a client says acts on who reads the ${format} log and events`, () => {
    const { events, log } = linesOf(format);
    ok(log.length > 6 * SAID.length);
    for (const line of log) match(line, /^[ -~\t]+$/);
    for (const line of events) match(line, /^[ -~]+$/);
    // All of it came through.
    const told = events.map((line) => JSON.parse(line).masscanned);
    const raw = told.find(({ payload }) => payload !== undefined)!.payload;
    strictEqual(
      text(Uint8Array.fromBase64(raw.base64)),
      SAID.find(([port]) => port === 9)![1],
    );
    const [login] = told.find(({ credentials }) => credentials)!.credentials;
    ok(login.user.startsWith("\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\xff\\xfe"));
    match(events.join(), /\\\\x1b\]0;owned.*"dns"|"dns".*\\\\x1b\]0;owned/);
  });

  Deno.test(`the ${format} log and events are lines of text, whatever a client says`, () => {
    const rig = new Rig(format);
    let port = 20_000;
    fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (said) => {
      rig.say(port++, 9, text(said));
    }));
    const { events, log } = rig.end();
    ok(events.length >= 100);
    for (const line of log) match(line, /^[ -~\t]+$/);
    for (const line of events) {
      match(line, /^[ -~]+$/);
      JSON.parse(line);
    }
  });
}

Deno.test("the logfmt log says to another program what the JSON log says", () => {
  const objects = linesOf("json").log.map((line) => JSON.parse(line));
  deepStrictEqual(
    linesOf("logfmt").log.map((line) => entriesOf(logfmt.parse(line))),
    objects.map(entriesOf),
  );
});

Deno.test("the console log has the values of the JSON log in its columns", () => {
  const objects = linesOf("json").log.map((line) => JSON.parse(line));
  deepStrictEqual(
    linesOf("console").log.map((line) => {
      const [time, ...values] = line.split("\t");
      return [`${Number(time)}`, ...values.filter((value) => value !== "")];
    }),
    objects.map((fields) => entriesOf(fields).map(([, value]) => value)),
  );
});
