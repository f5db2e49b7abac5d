import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { Matcher } from "../../src/match.ts";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { PROTOCOLS } from "../../src/proto/mod.ts";
import { ANY, TCP, UDP } from "../../src/protocol.ts";
import { type Message, recordedMessages } from "../fuzz/corpus.ts";
import { ask } from "./ask.ts";

const PERSONAS = [linux, classic];
const TRANSPORTS = { TCP, UDP };

for (const [name, transport] of Object.entries(TRANSPORTS)) {
  Deno.test(`every instance of every pattern is found over ${name}, W-45`, () => {
    const matcher = new Matcher(PROTOCOLS, transport);
    const instances = PROTOCOLS.flatMap(({ patterns, transports }, owner) =>
      transports & transport
        ? patterns.map((pattern) => ({ owner, pattern }))
        : []
    );
    ok(instances.length > 0);
    const octets = fc.uint8Array({ minLength: 64, maxLength: 64 });
    for (const { owner, pattern } of instances) {
      fc.assert(fc.property(octets, (message) => {
        pattern.forEach((octet, i) => {
          if (octet !== ANY) message[i] = octet;
        });
        const found = matcher.find(message, 0, message.length, true);
        // Where two patterns agree, the one before in the list has it.
        ok(found >= 0 && found <= owner, message.toHex());
      }));
    }
  });
}

const REQUESTS = recordedMessages();

// Both ends of these begin alike, which does no harm where it takes a connection
// to be answered: nobody can be made to connect to us, and we connect to nobody.
const ALIKE = /^(5353482d|4768307374)/; // "SSH-", "Gh0st"

Deno.test("no reply is taken for a request, by whomever, however it comes", () => {
  const replies = REQUESTS.flatMap(repliesTo);
  ok(replies.length > 100, `${replies.length} replies`);
  for (const reply of replies) expectSilence(reply);
});

Deno.test("no reply to a damaged request is taken for a request", () => {
  const damaged = fc.record({
    request: fc.constantFrom(...REQUESTS),
    at: fc.nat(),
    octets: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    length: fc.nat(),
  }).map(({ request, at, octets, length }) => {
    const message = request.message.slice();
    const damageAt = at % message.length;
    message.set(octets.subarray(0, message.length - damageAt), damageAt);
    // Half of them are whole.
    const end = length % 2 ? message.length : length % (message.length + 1);
    return { ...request, message: message.subarray(0, end) };
  });
  fc.assert(
    fc.property(damaged, (request) => {
      for (const reply of repliesTo(request)) expectSilence(reply);
    }),
    { numRuns: 300 },
  );
});

/** Fails if anybody answers a reply. */
function expectSilence({ message, transport: from }: Message): void {
  const hex = message.toHex();
  for (const persona of PERSONAS) {
    for (const [name, transport] of Object.entries(TRANSPORTS)) {
      if (ALIKE.test(hex) && (from === TCP || transport === TCP)) continue;
      const question = { protocols: PROTOCOLS, persona, transport };
      const { answers } = ask(question, message);
      deepStrictEqual(answers, [], `${persona.name} over ${name}: ${hex}`);
    }
  }
}

/** Every reply of each persona to a request. */
function repliesTo({ transport, message }: Message): Message[] {
  return PERSONAS.flatMap((persona) =>
    ask({ protocols: PROTOCOLS, persona, transport }, message).answers
  ).map((hex) => ({ transport, message: Uint8Array.fromHex(hex) }));
}
