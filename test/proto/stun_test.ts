import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { dns } from "../../src/proto/dns.ts";
import { gh0st } from "../../src/proto/gh0st.ts";
import { http } from "../../src/proto/http.ts";
import { stun } from "../../src/proto/stun.ts";
import { TCP, UDP } from "../../src/protocol.ts";
import { ask, type Question } from "./ask.ts";

const octets = (hex: string): Uint8Array =>
  Uint8Array.fromHex(hex.replaceAll(" ", ""));
const PROTOCOLS = [stun];
const ID = "000102030405060708090a0b";
const COOKIE = "2112a442";
const IPV6 = octets("20010db8000000000000000000000001");

/** What is answered to one datagram, if anything. */
function answerTo(
  question: Omit<Question, "protocols">,
  message: string,
): string | null {
  const { answers } = ask(
    { protocols: PROTOCOLS, ...question },
    octets(message),
  );
  return answers[0] ?? null;
}

interface Vector {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly request: string;
  readonly response: string | null;
}

// Written by test/vectors/stun.py, which asked a real server.
const url = new URL("../vectors/stun.json", import.meta.url);
const { server, vectors } = JSON.parse(Deno.readTextFileSync(url)) as {
  readonly server: string;
  readonly vectors: readonly Vector[];
};

for (const { name, host, port, request, response } of vectors) {
  Deno.test(`stun answers a request ${name} from ${host} as ${server} does`, () => {
    const peer = host === "::1"
      ? octets("00000000000000000000000000000001")
      : octets("7f000001");
    const question = { peer, self: peer, peerPort: port, selfPort: 3478 };
    strictEqual(answerTo(question, request), response);
  });
}

Deno.test("stun does not answer from elsewhere, and says so", () => {
  strictEqual(
    answerTo({}, `0001 0008 ${COOKIE} ${ID} 0003 0004 00000006`),
    octets(
      `0111 0024 ${COOKIE} ${ID} 0009 0018 00000414 556e6b6e6f776e20` +
        "4174747269627574 65000000 000a 0002 0003 0000",
    ).toHex(),
  );
});

Deno.test("stun names no more than eight unknown attributes", () => {
  const unknown = (i: number): string => `700${i} 0000`;
  const nine = Array.from({ length: 9 }, (_, i) => unknown(i)).join(" ");
  const answer = answerTo({}, `0001 0024 ${COOKIE} ${ID} ${nine}`)!;
  strictEqual(
    answer.slice(-40),
    "000a0010" + "70007001700270037004700570067007",
  );
});

// RFC 3489 leaves only the structure to tell a request by.
const NOT_STUN: readonly [name: string, message: string][] = [
  ["19 octets", `0001 0000 aabbccdd ${ID.slice(2)}`],
  ["octets behind a request of RFC 3489", `0001 0000 aabbccdd ${ID} 00`],
  ["a length that is not there", `0001 0004 aabbccdd ${ID}`],
  ["another type", `0002 0000 aabbccdd ${ID}`],
  ["attributes that do not fit", `0001 0004 aabbccdd ${ID} 0006 0004`],
];

for (const [name, message] of NOT_STUN) {
  Deno.test(`stun does not take ${name} for a request`, () => {
    strictEqual(
      ask({ protocols: PROTOCOLS }, octets(message)).end,
      "nobody's",
    );
  });
}

const BARE = `0001 0000 ${COOKIE} ${ID}`;

// [name, stream, number of answers, how it ends]
const STREAMS: readonly [string, string, number, string][] = [
  ["a request", BARE, 1, "open"],
  ["two requests", `${BARE} ${BARE}`, 2, "open"],
  ["half a request", BARE.slice(0, 18), 0, "more"],
  ["half an attribute", `0001 0004 ${COOKIE} ${ID} 8022`, 0, "more"],
  ["an indication after a request", `${BARE} 0011${BARE.slice(4)}`, 1, "open"],
  ["a response after a request", `${BARE} 0101${BARE.slice(4)}`, 1, "declined"],
  ["a request without cookie", `0001 0000 aabbccdd ${ID}`, 0, "nobody's"],
  [
    "a second without cookie",
    `${BARE} 0001 0000 00000000 ${ID}`,
    1,
    "declined",
  ],
];

for (const [name, stream, count, end] of STREAMS) {
  Deno.test(`stun over TCP, given ${name}`, () => {
    const outcome = ask(
      { protocols: PROTOCOLS, transport: TCP },
      octets(stream),
    );
    deepStrictEqual([outcome.answers.length, outcome.end], [count, end]);
  });
}

// [name, request, response], reference/behaviour.md STUN-05 and STUN-06
const CLASSIC: readonly [string, Uint8Array, string, string | null][] = [
  [
    "a request",
    octets("c0000000"),
    BARE,
    `0101 000c ${COOKIE} ${ID} 0001 0008 0001 3039 c0000000`,
  ],
  [
    "a request over IPv6",
    IPV6,
    BARE,
    `0101 0018 ${COOKIE} ${ID} 0001 0014 0002 3039 ${IPV6.toHex()}`,
  ],
  [
    "a wrong cookie",
    octets("c0000000"),
    `0001 0000 aabbccdd ${ID}`,
    `0101 000c aabbccdd ${ID} 0001 0008 0001 3039 c0000000`,
  ],
  [
    "a wish for another port",
    octets("c0000000"),
    "0001 0008 03a3b946 4dd8eb75e19481474293845c 0003 0004 00000002",
    "0101 000c 03a3b946 4dd8eb75e19481474293845c 0001 0008 0001 3039 c0000000",
  ],
  [
    "octets behind a request",
    octets("c0000000"),
    `${BARE} 00`,
    `0101 000c ${COOKIE} ${ID} 0001 0008 0001 3039 c0000000`,
  ],
  [
    "less than its length",
    octets("c0000000"),
    `0001 0004 ${COOKIE} ${ID}`,
    null,
  ],
];

for (const [name, peer, request, response] of CLASSIC) {
  Deno.test(`stun of the classic persona, given ${name}`, () => {
    strictEqual(
      answerTo(
        { persona: classic, peer, self: peer, peerPort: 12_345 },
        request,
      ),
      response && octets(response).toHex(),
    );
  });
}

Deno.test("stun notes who asks, and with what", () => {
  const { notes, summaries } = ask(
    { protocols: PROTOCOLS },
    octets(
      `0001 0010 ${COOKIE} ${ID} 0006 0003 613a6200 8022 0003 1b636400`,
    ),
  );
  deepStrictEqual(notes, [
    new Map([
      [
        "stun.id",
        "2112a442000102030405060708090a0b",
      ],
      ["user.name", "a:b"],
      ["stun.software", "\\x1bcd"],
    ]),
  ]);
  deepStrictEqual(summaries, ["STUN answer to \\x1bcd"]);
});

Deno.test("stun, given anything, neither throws nor says what it would answer", () => {
  const attributes = fc.array(fc.tuple(
    fc.oneof(
      fc.constantFrom(1, 3, 6, 8, 0x20, 0x8022, 0x8028),
      fc.integer({ min: 0, max: 0xffff }),
    ),
    fc.integer({ min: 0, max: 40 }),
    fc.uint8Array({ maxLength: 40 }),
  ));
  const request = fc.tuple(
    fc.constantFrom("0001", "0011", "0101"),
    fc.constantFrom(COOKIE, "00000000"),
    attributes,
    fc.integer({ min: -4, max: 4 }),
  ).map(([type, cookie, list, slack]) => {
    const body = list.map(([kind, length, value]) =>
      hex16(kind) + hex16(length) + value.toHex()
    ).join("");
    const length = Math.max(body.length / 2 + slack, 0);
    return octets(type + hex16(length) + cookie + ID + body);
  });
  fc.assert(fc.property(
    fc.oneof(fc.uint8Array({ maxLength: 80 }), request),
    fc.constantFrom(linux, classic),
    fc.constantFrom(TCP, UDP),
    (message, persona, transport) => {
      const { answers } = ask(
        { protocols: PROTOCOLS, persona, transport },
        message,
      );
      const protocols = [http, dns, stun, gh0st];
      for (const answer of answers) {
        for (const transport of [TCP, UDP]) {
          const echo = ask({ protocols, persona, transport }, octets(answer));
          deepStrictEqual(echo.answers, []);
        }
      }
    },
  ));
});

function hex16(number: number): string {
  return number.toString(16).padStart(4, "0");
}
