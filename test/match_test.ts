import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Matcher, NO_MATCH, UNDECIDED } from "../src/match.ts";
import {
  ANY,
  DECLINE,
  type Pattern,
  pattern,
  type Protocol,
  TCP,
  UDP,
} from "../src/protocol.ts";

/** A protocol of which only the signature matters. */
function protocol(patterns: readonly Pattern[], transports = TCP): Protocol {
  return {
    name: "",
    transports,
    patterns,
    reply: () => DECLINE,
    fields: [],
    summary: () => "",
  };
}

const PROTOCOLS = [
  protocol([pattern(`"GET "`), pattern(`"PUT "`)]),
  protocol([pattern(".. .. 21 12")]),
  protocol([pattern("47")]),
  protocol([pattern(`"U"`)], UDP),
];

// [text, what is found if more may follow, what is found if nothing can]
const MESSAGES: readonly [text: string, open: number, whole: number][] = [
  ["", UNDECIDED, NO_MATCH],
  ["G", UNDECIDED, 2], // "GET " and the wildcards may follow, and would win
  ["GE", UNDECIDED, 2],
  ["GET", UNDECIDED, 2],
  ["GET ", 0, 0],
  ["GET / HTTP/1.1", 0, 0],
  ["GET!\x12", 2, 2],
  ["GE!\x12", 1, 1],
  ["GE!", UNDECIDED, 2],
  ["PUT ", 0, 0],
  ["PUT", UNDECIDED, NO_MATCH],
  ["PUTS", NO_MATCH, NO_MATCH],
  ["xx", UNDECIDED, NO_MATCH],
  ["xxx", NO_MATCH, NO_MATCH],
  ["xx!\x12\x00", 1, 1],
  ["UDP", NO_MATCH, NO_MATCH],
];

for (const [text, open, whole] of MESSAGES) {
  Deno.test(`Matcher.find() is ${open} for "${text}", ${whole} if it is whole`, () => {
    const matcher = new Matcher(PROTOCOLS, TCP);
    // Octets around the message must not matter.
    const bytes = new TextEncoder().encode(`GET ${text}GET `);
    strictEqual(matcher.find(bytes, 4, 4 + text.length, false), open);
    strictEqual(matcher.find(bytes, 4, 4 + text.length, true), whole);
  });
}

Deno.test("Matcher.find() finds nothing without patterns", () => {
  const matcher = new Matcher([protocol([]), protocol([[1]], UDP)], TCP);
  strictEqual(matcher.find(Uint8Array.of(1), 0, 1, false), NO_MATCH);
  strictEqual(matcher.find(Uint8Array.of(1), 0, 1, true), NO_MATCH);
});

Deno.test("Matcher.find() agrees with trying every pattern, at every length", () => {
  const octet = fc.constantFrom(0, 1, 2, 0xff);
  const patterns = fc.array(
    fc.array(fc.oneof(octet, fc.constant(ANY)), { maxLength: 5 }),
    { maxLength: 4 },
  );
  const protocols = fc.array(
    fc.record({ patterns, transports: fc.constantFrom(TCP, UDP, TCP | UDP) })
      .map(({ patterns, transports }) => protocol(patterns, transports)),
    { maxLength: 6 },
  );
  const payload = fc.uint8Array({ minLength: 0, maxLength: 7 }).chain((raw) =>
    fc.oneof(
      fc.constant(raw),
      fc.array(octet, { maxLength: 7 }).map((octets) =>
        Uint8Array.from(octets)
      ),
    )
  );
  fc.assert(
    fc.property(
      protocols,
      payload,
      fc.constantFrom(TCP, UDP),
      (protocols, payload, transport) => {
        const matcher = new Matcher(protocols, transport);
        let decided: number | undefined;
        for (let end = 0; end <= payload.length; end++) {
          const prefix = payload.subarray(0, end);
          const found = matcher.find(payload, 0, end, false);
          const want = bestOf(protocols, transport, prefix);
          strictEqual(matcher.find(payload, 0, end, true), want);
          const mayChange = hasBetter(protocols, transport, prefix, want);
          strictEqual(found, mayChange ? UNDECIDED : want);
          if (decided !== undefined) strictEqual(found, decided);
          if (found !== UNDECIDED) decided = found;
        }
      },
    ),
    { numRuns: 2000 },
  );
});

/** Whether the octets that both have agree. */
function agrees(pattern: Pattern, payload: Uint8Array): boolean {
  return [...payload].every((octet, i) =>
    i >= pattern.length || pattern[i] === ANY || pattern[i] === octet
  );
}

/** First protocol one of whose patterns a payload begins with. */
function bestOf(
  protocols: readonly Protocol[],
  transport: number,
  payload: Uint8Array,
): number {
  const best = protocols.findIndex(({ patterns, transports }) =>
    (transports & transport) !== 0 &&
    patterns.some((pattern) =>
      pattern.length <= payload.length && agrees(pattern, payload)
    )
  );
  return best < 0 ? NO_MATCH : best;
}

/** Whether a longer payload might belong to a protocol before `best`. */
function hasBetter(
  protocols: readonly Protocol[],
  transport: number,
  payload: Uint8Array,
  best: number,
): boolean {
  const rivals = best === NO_MATCH ? protocols : protocols.slice(0, best);
  return rivals.some(({ patterns, transports }) =>
    (transports & transport) !== 0 &&
    patterns.some((pattern) =>
      pattern.length > payload.length && agrees(pattern, payload)
    )
  );
}
