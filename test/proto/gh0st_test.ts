import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { inflateSync } from "node:zlib";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { gh0st } from "../../src/proto/gh0st.ts";
import { TCP, UDP } from "../../src/protocol.ts";
import { ask } from "./ask.ts";

const octets = (hex: string): Uint8Array =>
  Uint8Array.fromHex(hex.replaceAll(" ", ""));
const PROTOCOLS = [gh0st];
const MAGIC = "4768307374";
// reference/behaviour.md GHO-02
const ANSWER = `${MAGIC} 16000000 01000000 789c63000000010001`.replaceAll(
  " ",
  "",
);
// What an infected machine says first; deflated by Python's zlib.
const HELLO = `${MAGIC} 1a000000 05000000 789c4b63606492060002250085`;

Deno.test("gh0st's answer is as long as it says, deflated and inflated", () => {
  const { answers } = ask(
    { protocols: PROTOCOLS, transport: TCP },
    octets(`${MAGIC} 0d000000 00000000`),
  );
  strictEqual(answers[0], ANSWER);
  const answer = octets(ANSWER);
  const view = new DataView(answer.buffer);
  strictEqual(view.getUint32(5, true), answer.length);
  strictEqual(
    view.getUint32(9, true),
    inflateSync(answer.subarray(13)).length,
  );
});

// [name, stream, number of answers, how it ends]
const STREAMS: readonly [string, string, number, string][] = [
  ["a message", HELLO, 1, "open"],
  ["two messages", HELLO + HELLO, 2, "open"],
  [
    "a message and a half",
    HELLO + HELLO.replaceAll(" ", "").slice(0, 40),
    1,
    "more",
  ],
  ["half the magic", MAGIC.slice(0, 4), 0, "more"],
  ["only the magic", MAGIC, 0, "more"],
  ["a message but for an octet", HELLO.slice(0, -2), 0, "more"],
  ["a message of no length", `${MAGIC} 00000000 00000000`, 0, "declined"],
  ["the length of a header", `${MAGIC} 0d000000 00000000`, 1, "open"],
  ["a length below that", `${MAGIC} 0c000000 00000000`, 0, "declined"],
  ["a negative length", `${MAGIC} ffffffff 00000000`, 0, "declined"],
  ["a length beyond us", `${MAGIC} 01200000 00000000`, 0, "declined"],
  ["something else behind a message", `${HELLO} 474554202f`, 1, "more"],
  [
    "as much of something else",
    `${HELLO} ${"474554202f".repeat(3)}`,
    1,
    "declined",
  ],
  ["other letters", "6768307374 0d000000 00000000", 0, "nobody's"],
];

for (const [name, stream, count, end] of STREAMS) {
  for (const persona of [linux, classic]) {
    Deno.test(`gh0st of ${persona.name}, given ${name}`, () => {
      const question = { protocols: PROTOCOLS, persona, transport: TCP };
      const { answers, end: ended } = ask(question, octets(stream));
      deepStrictEqual(answers, new Array(count).fill(ANSWER));
      strictEqual(ended, end);
    });
  }
}

Deno.test("gh0st notes what is deflated", () => {
  const { notes } = ask(
    { protocols: PROTOCOLS, transport: TCP },
    octets(`${MAGIC} 10000000 01000000 411b42`),
  );
  deepStrictEqual(notes, [new Map([["gh0st.payload", "411b42"]])]);
});

Deno.test("gh0st is silent over UDP, above all to itself", () => {
  for (const message of [HELLO, ANSWER]) {
    strictEqual(
      ask({ protocols: PROTOCOLS, transport: UDP }, octets(message)).end,
      "nobody's",
    );
  }
});

Deno.test("gh0st, given anything behind its magic, does not throw", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 64 }),
    fc.constantFrom(TCP, UDP),
    (rest, transport) => {
      const stream = octets(MAGIC + rest.toHex());
      for (
        const answer of ask({ protocols: PROTOCOLS, transport }, stream).answers
      ) {
        strictEqual(answer, ANSWER);
      }
    },
  ));
});
