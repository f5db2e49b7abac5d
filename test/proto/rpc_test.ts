import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { rpc } from "../../src/proto/rpc.ts";
import { type Protocol, TCP, UDP } from "../../src/protocol.ts";
import { Harness } from "../harness.ts";
import { TcpClient } from "../tcp_client.ts";
import { ask, type Outcome } from "./ask.ts";

interface Vector {
  readonly name: string;
  readonly over: readonly ("tcp" | "udp" | "udp6")[];
  readonly call: string;
  readonly linux: string | null;
  readonly classic: string | null;
}

// Written by test/vectors/rpc.py.
const url = new URL("../vectors/rpc.json", import.meta.url);
const VECTORS = JSON.parse(Deno.readTextFileSync(url)) as readonly Vector[];
const SELF = { 4: "c000020a", 6: "20010db8000000000000000000000010" };
const HEADERS = { udp: 28, udp6: 48 };
const NOW = Date.UTC(2026, 0, 1);

// The clock stands where the vectors were written.
const timed: Protocol = {
  ...rpc,
  reply: (exchange) => {
    exchange.now = NOW;
    return rpc.reply(exchange);
  },
};

/** A record of one fragment or, cut at some offsets, of several. */
function record(message: string, ...cuts: number[]): string {
  const ends = [...cuts.map((cut) => 2 * cut), message.length];
  return ends.map((end, i) => {
    const fragment = message.slice(ends[i - 1] ?? 0, end);
    const bit = end === message.length && i === ends.length - 1 ? "8" : "0";
    return bit + (fragment.length / 2).toString(16).padStart(7, "0") + fragment;
  }).join("");
}

function over(
  how: Vector["over"][number],
  persona: typeof linux,
  message: string,
): Outcome {
  return ask({
    protocols: [timed],
    persona,
    transport: how === "tcp" ? TCP : UDP,
    self: Uint8Array.fromHex(how === "udp6" ? SELF[6] : SELF[4]),
    peer: Uint8Array.fromHex(how === "udp6" ? SELF[6] : SELF[4]),
    selfPort: 111,
  }, Uint8Array.fromHex(how === "tcp" ? record(message) : message));
}

for (const vector of VECTORS) {
  for (const how of vector.over) {
    for (const persona of [linux, classic]) {
      const { name, call } = vector;
      const want = vector[persona.name as "linux" | "classic"];
      Deno.test(`rpc answers ${name} over ${how} as ${persona.name}`, () => {
        const { answers } = over(how, persona, call);
        const answer = how === "tcp" && want !== null ? record(want) : want;
        deepStrictEqual(answers, answer === null ? [] : [answer]);
        if (how === "tcp" || persona === classic || answer === null) return;
        const headers = HEADERS[how];
        const limit = 3 * (call.length / 2 + headers);
        ok(answer.length / 2 + headers <= limit, "beyond the limit");
      });
    }
  }
}

const byName = (name: string): Vector =>
  VECTORS.find((vector) => vector.name === name)!;
const NULL_2 = byName("NULL 2").call;
const OK = byName("NULL 2").linux!;
const USER = byName("a Unix user in 16 groups");
const latin1 = (hex: string): string =>
  String.fromCharCode(...Uint8Array.fromHex(hex));

// behaviour.md §8.5, RPC-05.
Deno.test("rpc answers the original's own vector", () => {
  const call = "72fe1d130000000000000002000186a00001977c" + "00".repeat(20);
  const reply = "72fe1d1300000001000000000000000000000000" +
    "000000020000000200000004";
  for (const persona of [linux, classic]) {
    deepStrictEqual(over("udp", persona, call).answers, [reply]);
  }
});

Deno.test("rpc answers each of several records in a segment", () => {
  const records = record(NULL_2) + record(USER.call) + record(NULL_2, 5);
  const question = { protocols: [rpc], transport: TCP, selfPort: 111 };
  const { answers, end } = ask(question, Uint8Array.fromHex(records));
  deepStrictEqual(answers, [OK, USER.linux!, OK].map((it) => record(it)));
  strictEqual(end, "open");
});

Deno.test("rpc puts a record together, however it is cut", () => {
  const { call, linux: reply } = USER;
  const length = call.length / 2;
  fc.assert(fc.property(
    fc.array(fc.nat(length), { maxLength: 12 }),
    fc.array(fc.nat(length + 40), { maxLength: 6 }),
    (fragments, segments) => {
      const sorted = (cuts: number[]): number[] => cuts.sort((a, b) => a - b);
      // An empty first fragment is nobody's way to begin.
      const cuts = sorted(fragments).filter((cut) => cut > 0);
      const stream = latin1(record(call, ...cuts));
      const client = new TcpClient(new Harness({ protocols: [rpc] }), {
        peerPort: 111,
      });
      client.connect();
      let from = 0;
      for (const to of [...sorted(segments), stream.length]) {
        const end = Math.min(to, stream.length);
        if (end > from) client.say(stream.slice(from, end));
        from = end;
      }
      strictEqual(client.stream, latin1(record(reply!)));
    },
  ));
});

Deno.test("rpc hangs up on a record that is too long or no call", () => {
  const question = { protocols: [rpc], transport: TCP };
  const after = (mark: string): Outcome =>
    ask(question, Uint8Array.fromHex(record(NULL_2) + mark));
  deepStrictEqual(after("80010000").end, "closed");
  deepStrictEqual(after("ffffffff").end, "closed");
  deepStrictEqual(after(record(OK)).end, "closed");
  deepStrictEqual(after(record("")).end, "closed");
});

Deno.test("rpc leaves to others what cannot be a call", () => {
  for (
    const message of [
      "GET / HTTP/1.0\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "\x00\x1d\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www",
      "\x80\x00\x00\x28\x01\x02\x03\x04\x00\x00\x00\x01",
      "\x80\x00\x21",
      "\x80\x01",
    ]
  ) {
    const octets = Uint8Array.from(message, (char) => char.charCodeAt(0));
    const question = { protocols: [rpc], transport: TCP };
    strictEqual(ask(question, octets).end, "nobody's", JSON.stringify(message));
  }
});

Deno.test("rpc notes what is called, by whom, in the original's words", () => {
  const lines = (call: string): readonly string[] =>
    over("udp", linux, call).summaries;
  const { notes } = over("udp", linux, USER.call);
  strictEqual(notes[0]!.get("rpc.auth.machine_name"), "host12345");
  strictEqual(notes[0]!.get("rpc.argument.program"), "100000");
  deepStrictEqual(lines(USER.call), ["RPC: Portmap version 2, procedure 3"]);
  deepStrictEqual(lines(NULL_2), [
    "RPC: NULL procedure call for program 100000",
  ]);
  deepStrictEqual(lines(byName("nmap's version").call), [
    "RPC: unsupported version 104316 (Nmap probe TCP RPCCheck) for program " +
    "100000",
  ]);
  deepStrictEqual(lines(byName("a call of NFS").call), [
    "Unknown program 100003, procedure 1: accepted state 1",
  ]);
});

// [address, its text], RFC 5952 §4.
const ADDRESSES: readonly [string, string][] = [
  ["20010db8000000000000000000000001", "2001:db8::1"],
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
  ["20010000000000010000000000000001", "2001:0:0:1::1"],
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ["fe80000000000000000000000000000f", "fe80::f"],
  ["20010db8000000000000000000000000", "2001:db8::"],
  ["00000000000000000000000000000001", "::1"],
  ["0001000200030004000500060007abcd", "1:2:3:4:5:6:7:abcd"],
];

for (const [address, text] of ADDRESSES) {
  Deno.test(`rpc writes an address as ${text}`, () => {
    const self = Uint8Array.fromHex(address);
    const question = { protocols: [rpc], self, peer: self, selfPort: 2049 };
    const { call } = byName("GETADDR 3");
    const { answers } = ask(question, Uint8Array.fromHex(call));
    const written = latin1(answers[0]!).slice(28).replace(/\0+$/, "");
    strictEqual(written, `${text}.8.1`);
  });
}

Deno.test("rpc, given anything, neither throws nor says what it would answer", () => {
  const calls = VECTORS.map(({ call }) => Uint8Array.fromHex(call));
  const damaged = fc.tuple(
    fc.constantFrom(...calls),
    fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 3 }),
    fc.nat(600),
  ).map(([call, changes, length]) => {
    const copy = call.slice(0, length);
    for (const [at, octet] of changes) copy[at % (copy.length || 1)] = octet;
    return copy;
  });
  fc.assert(fc.property(
    fc.oneof(fc.uint8Array({ maxLength: 80 }), damaged),
    fc.array(fc.nat(60), { maxLength: 3 }),
    fc.constantFrom(linux, classic),
    fc.constantFrom(TCP, UDP),
    (message, cuts, persona, transport) => {
      const question = { protocols: [rpc], persona, transport };
      const inside = cuts.map((cut) => Math.min(cut, message.length))
        .sort((a, b) => a - b);
      const hex = message.toHex();
      const sent = transport === TCP ? record(hex, ...inside) : hex;
      const { answers } = ask(question, Uint8Array.fromHex(sent));
      for (const answer of answers) {
        const echo = ask(question, Uint8Array.fromHex(answer));
        deepStrictEqual(echo.end, "nobody's");
      }
    },
  ));
});
