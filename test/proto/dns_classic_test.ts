import { strictEqual } from "node:assert/strict";
import { classic } from "../../src/persona/classic.ts";
import { TCP } from "../../src/protocol.ts";
import { answerTo, FRAMED, IPV4, IPV6, octets, ZEROS } from "./dns_question.ts";

const WWW = "03777777 076578616d706c65 03636f6d 00";

// [name, request, our address, response], behaviour.md DNS-06 to DNS-10
const CLASSIC: readonly [string, string, Uint8Array, string | null][] = [
  [
    "an address",
    `1337 0100 0001 0000 0000 0000 ${WWW} 0001 0001`,
    octets("c0000001"),
    `1337 8500 0001 0001 0000 0000 ${WWW} 0001 0001
     ${WWW} 0001 0001 0000a8c0 0004 c0000001`,
  ],
  [
    "two addresses",
    `1337 0000 0002 0000 0000 0000 ${WWW} 0001 0001 0161 00 0001 0001`,
    IPV4,
    `1337 8400 0002 0002 0000 0000 ${WWW} 0001 0001 0161 00 0001 0001
     ${WWW} 0001 0001 0000a8c0 0004 c0000202
     0161 00 0001 0001 0000a8c0 0004 c0000202`,
  ],
  [
    "an address over IPv6",
    `1337 0100 0001 0000 0000 0000 0161 00 0001 0001`,
    IPV6,
    `1337 8500 0001 0001 0000 0000 0161 00 0001 0001
     0161 00 0001 0001 0000a8c0 0000`,
  ],
  [
    "another operation",
    `1337 2900 0001 0000 0000 0000 0161 00 0001 0001`,
    IPV4,
    `1337 ad00 0001 0001 0000 0000 0161 00 0001 0001
     0161 00 0001 0001 0000a8c0 0004 c0000202`,
  ],
  [
    "an address and something else",
    `1337 0100 0002 0000 0000 0000 0161 00 0001 0001 0161 00 001c 0001`,
    IPV4,
    null,
  ],
  ["AAAA", `1337 0100 0001 ${ZEROS.slice(12)} 0161 00 001c 0001`, IPV6, null],
  [
    "class CH",
    `1337 0100 0001 ${ZEROS.slice(12)} 0161 00 0001 0003`,
    IPV4,
    null,
  ],
  [
    "EDNS",
    "1337 0100 0001 0000 0000 0001 0161 00 0001 0001 00 0029 1000 00000000 0000",
    IPV4,
    null,
  ],
  [
    "half a question",
    `1337 0100 0001 ${ZEROS.slice(12)} 0161 00 0001`,
    IPV4,
    null,
  ],
  [
    "a response",
    `1337 8100 0001 ${ZEROS.slice(12)} 0161 00 0001 0001`,
    IPV4,
    null,
  ],
];

for (const [name, request, self, response] of CLASSIC) {
  Deno.test(`dns of the classic persona, asked for ${name}`, () => {
    strictEqual(
      answerTo(octets(request), { persona: classic, self })?.toString("hex") ??
        null,
      response && octets(response.replaceAll(/\s/g, "")).toHex(),
    );
  });
}

Deno.test("dns of the classic persona is silent over TCP", () => {
  const question = { persona: classic, transport: TCP };
  strictEqual(answerTo(octets(FRAMED), question), null);
});
