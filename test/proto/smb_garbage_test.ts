import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { TCP, UDP } from "../../src/protocol.ts";
import {
  Conversation,
  cut,
  frame,
  hexOf,
  named,
  NEGOTIATE_1,
  NEGOTIATE_2,
  packetsOf,
  patch,
  RECORDINGS,
  replay,
  sessionOf,
} from "./smb_conversation.ts";

// Splits, floods and garbage.

Deno.test("SMB: segments do not matter", () => {
  fc.assert(fc.property(
    fc.constantFrom(...RECORDINGS),
    fc.constantFrom(linux, classic),
    fc.array(fc.nat(4000), { maxLength: 12 }),
    (recording, persona, cuts) => {
      const whole = new Conversation(persona);
      const { requests, answers } = replay(recording, whole);
      const stream = requests.join("");
      const bounds = [
        0,
        ...cuts.map((at) => at % (stream.length / 2)).sort(
          (a, b) => a - b,
        ),
        stream.length / 2,
      ];
      const parts = new Conversation(persona);
      const got = bounds.slice(1).map((end, i) =>
        parts.send(cut(stream, bounds[i]!, end))
      ).join("");
      strictEqual(got, answers.join(""));
      strictEqual(parts.end, whole.end);
      deepStrictEqual(parts.notes, whole.notes);
    },
  ));
});

Deno.test("SMB: octet by octet, a login is the same", () => {
  for (const name of ["ss2 spnego", "ss1", "ss1old user uni", "nb 81"]) {
    const whole = new Conversation();
    const { requests, answers } = replay(named(name), whole);
    const parts = new Conversation();
    const got = requests.join("").match(/../g)!.map((octet) =>
      parts.send(octet)
    );
    strictEqual(got.join(""), answers.join(""));
    deepStrictEqual(parts.notes, whole.notes);
  }
});

const mutation = fc.record({
  turn: fc.nat(10),
  at: fc.nat(600),
  octets: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  keepsLength: fc.boolean(),
});

Deno.test("SMB: nothing that is sent throws, or makes us read too far", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...RECORDINGS),
      fc.constantFrom(linux, classic),
      fc.constantFrom(TCP, UDP),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      ({ turns }, persona, transport, mutations) => {
        const conversation = new Conversation(persona, transport);
        let id = "";
        for (const [i, { request }] of turns.entries()) {
          const [at, sent] = sessionOf(request);
          let message = /[1-9a-f]/.test(sent) && id !== ""
            ? patch(request, at, id)
            : request;
          for (const { turn, at, octets, keepsLength } of mutations) {
            if (turn % turns.length !== i) continue;
            const where = at % (message.length / 2);
            message = patch(message, where, octets.toHex())
              .slice(0, message.length);
            if (keepsLength) message = patch(message, 0, cut(request, 0, 4));
          }
          const answered = packetsOf(conversation.send(message));
          if (answered.length > 0) id = sessionOf(answered.at(-1)!)[1];
        }
      },
    ),
    { numRuns: 3000 },
  );
});

Deno.test("SMB: no random octets throw, whatever has been said before", () => {
  const magic = fc.constantFrom("ff534d42", "fe534d42");
  fc.assert(
    fc.property(
      fc.constantFrom(...RECORDINGS),
      fc.constantFrom(linux, classic),
      fc.option(magic),
      fc.uint8Array({ maxLength: 300 }),
      (recording, persona, start, octets) => {
        const conversation = new Conversation(persona);
        replay(recording, conversation);
        const message = (start ?? "") + octets.toHex();
        const length = (message.length / 2).toString(16).padStart(8, "0");
        conversation.send(length + message);
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("SMB: the longest answers fit", () => {
  const setUp = named("ss2 spnego").turns[1]!.request.slice(8);
  const padded = setUp + "00".repeat(-(setUp.length / 2) & 7);
  const first = patch(padded, 20, hexLe(padded.length / 2));
  for (const [count, end] of [[16, "open"], [17, "closed"]] as const) {
    const conversation = new Conversation();
    conversation.send(NEGOTIATE_2);
    conversation.send(frame(first.repeat(count - 1) + padded));
    strictEqual(conversation.end, end);
  }
  const echo = named("echo1 nosess").turns[1]!.request.slice(8);
  for (const [length, end] of [[2048, "open"], [2049, "closed"]] as const) {
    const conversation = new Conversation();
    conversation.send(NEGOTIATE_1);
    const count = "ffff" + hexLe(length).slice(0, 4);
    const data = "55".repeat(length);
    const answer = conversation.send(
      frame(patch(echo, 33, count).slice(0, 74) + data),
    );
    strictEqual(conversation.end, end);
    strictEqual(packetsOf(answer).length, end === "open" ? 3 : 0);
  }
});

Deno.test("SMB: an answer is the same whether somebody listens or not", () => {
  const name = "ab".repeat(1800);
  const login = named("ss1old user uni").turns;
  // Account, domain, system and LAN manager of 1,800 octets each.
  const request = login[1]!.request.slice(8);
  const text = `00${`${name}0000`.repeat(4)}`;
  const count = hexLe(text.length / 2).slice(0, 4);
  const grown = cut(request, 0, 47) + "00000000" + cut(request, 51, 59) +
    count + text;
  const [loud, quiet] = [new Conversation(), new Conversation()];
  quiet.isListening = false;
  for (const conversation of [loud, quiet]) {
    conversation.send(login[0]!.request);
  }
  strictEqual(loud.send(frame(grown)), quiet.send(frame(grown)));
  strictEqual(loud.notes[1]!["user.name"], utf8(name));
  strictEqual(quiet.notes[1]!["user.name"], undefined);
});

/** The first 128 units of text in UTF-16, in UTF-8. */
function utf8(hex: string): string {
  const text = new TextDecoder("utf-16le").decode(Uint8Array.fromHex(hex));
  return hexOf(text.slice(0, 128));
}

Deno.test("SMB: answers are not claimed", () => {
  for (const recording of RECORDINGS) {
    for (const persona of [linux, classic]) {
      const { answers } = replay(recording, new Conversation(persona));
      for (const answer of answers) {
        const conversation = new Conversation(persona);
        strictEqual(conversation.send(answer), "", recording.name);
        ok(conversation.end === "not smb" || answer.length < 42, answer);
      }
    }
  }
});

Deno.test("SMB: our own answers, sent back, end a conversation", () => {
  for (const recording of RECORDINGS) {
    const conversation = new Conversation();
    const { answers } = replay(recording, conversation);
    if (conversation.end !== "open") continue;
    for (const answer of answers) strictEqual(conversation.send(answer), "");
  }
});

function hexLe(value: number): string {
  return value.toString(16).padStart(8, "0").match(/../g)!.reverse().join("");
}
