import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import dnsPacket from "dns-packet";
import fc from "fast-check";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { dns } from "../../src/proto/dns.ts";
import { gh0st } from "../../src/proto/gh0st.ts";
import { http } from "../../src/proto/http.ts";
import { stun } from "../../src/proto/stun.ts";
import { TCP, UDP } from "../../src/protocol.ts";
import { ask } from "./ask.ts";
import {
  answerTo,
  FRAMED,
  IPV4,
  IPV6,
  octets,
  PROTOCOLS,
  QUERY,
  ZEROS,
} from "./dns_question.ts";

const RD = 0x0100;
const TC = 0x0200;

// Written by test/vectors/dns.py, which asked a real server.
const url = new URL("../vectors/dns.json", import.meta.url);
const { server, vectors } = JSON.parse(Deno.readTextFileSync(url)) as {
  readonly server: string;
  readonly vectors: readonly {
    readonly name: string;
    readonly request: string;
    readonly response: string | null;
  }[];
};
const [version] = server.split("-");

for (const { name, request, response } of vectors) {
  Deno.test(`dns answers ${name} as ${version} does`, () => {
    strictEqual(answerTo(octets(request))?.toString("hex") ?? null, response);
  });
  Deno.test(`dns answers ${name} over TCP as ${version} does over UDP`, () => {
    const framed = (hex: string): string => hex16(hex.length / 2) + hex;
    const outcome = ask(
      { protocols: PROTOCOLS, transport: TCP },
      octets(framed(request)),
    );
    deepStrictEqual(
      outcome.answers,
      response === null ? [] : [framed(response)],
    );
  });
}

type Query = {
  readonly name?: string;
  readonly type: string;
  readonly class?: string;
};

/** Octets of a query, by another implementation. */
function encode(questions: readonly Query[], rest = {}): Uint8Array {
  return new Uint8Array(dnsPacket.encode({
    type: "query",
    id: 0x1234,
    flags: RD,
    questions: questions.map((one) => ({ name: "www.example.com", ...one })),
    ...rest,
  }));
}

// [name, questions, our address, response code, data of the answers]
const ANSWERED: readonly [
  string,
  readonly Query[],
  Uint8Array,
  string,
  readonly unknown[],
][] = [
  ["A", [{ type: "A" }], IPV4, "NOERROR", ["192.0.2.2"]],
  ["A over IPv6", [{ type: "A" }], IPV6, "NOERROR", []],
  ["AAAA", [{ type: "AAAA" }], IPV6, "NOERROR", ["2001:db8::2"]],
  ["AAAA over IPv4", [{ type: "AAAA" }], IPV4, "NOERROR", []],
  ["MX", [{ type: "MX" }], IPV4, "NOERROR", []],
  ["TXT", [{ type: "TXT" }], IPV4, "NOERROR", []],
  ["NS of the root", [{ name: ".", type: "NS" }], IPV4, "NOERROR", []],
  ["ANY", [{ type: "ANY" }], IPV4, "REFUSED", []],
  ["AXFR", [{ type: "AXFR" }], IPV4, "REFUSED", []],
  ["IXFR", [{ type: "IXFR" }], IPV4, "REFUSED", []],
  [
    "version.server",
    [{ name: "Version.Server", type: "TXT", class: "CH" }],
    IPV4,
    "NOERROR",
    [[linux.dns.version]],
  ],
  [
    "another type of version.bind",
    [{ name: "version.bind", type: "A", class: "CH" }],
    IPV4,
    "NOERROR",
    [],
  ],
  [
    "a longer name than version.bind",
    [{ name: "version.bind.example", type: "TXT", class: "CH" }],
    IPV4,
    "REFUSED",
    [],
  ],
  [
    "A, AAAA and A",
    [{ type: "A" }, { type: "AAAA" }, { name: "b", type: "A" }],
    IPV4,
    "NOERROR",
    ["192.0.2.2", "192.0.2.2"],
  ],
  ["A and AXFR", [{ type: "A" }, { type: "AXFR" }], IPV4, "REFUSED", []],
];

for (const [name, questions, self, rcode, data] of ANSWERED) {
  Deno.test(`dns, asked for ${name}`, () => {
    const answer = dnsPacket.decode(answerTo(encode(questions), { self }));
    strictEqual(answer.id, 0x1234);
    strictEqual(answer.rcode, rcode);
    strictEqual(answer.flag_aa, rcode === "NOERROR");
    deepStrictEqual(
      answer.questions.map(({ name, type }: Query) => [name, type]),
      questions.map(({ name = "www.example.com", type }) => [name, type]),
    );
    deepStrictEqual(
      answer.answers.map((one: { data: unknown }) =>
        Array.isArray(one.data) ? one.data.map(String) : one.data
      ),
      data,
    );
  });
}

Deno.test("dns follows a pointer from one question to another", () => {
  const request = octets(
    "1234 0100 0002 0000 0000 0000 0161 0162 00 0001 0001 0163 c00e 0001 0001",
  );
  deepStrictEqual(
    dnsPacket.decode(answerTo(request)).answers.map((
      { name }: { name: string },
    ) => name),
    ["a.b", "c.b"],
  );
});

const SHORT = "a.example"; // 15 octets a question, 16 an answer
const LONGER = "abcdefghijklmnopqrstuvwxyz.example";

// [name, number of questions, of what, size of EDNS, whether it is cut short]
const LONG: readonly [string, number, string, number, boolean][] = [
  ["fits into 512 octets", 16, SHORT, 0, false],
  ["does not", 17, SHORT, 0, true],
  ["does not fit into the size of EDNS", 17, SHORT, 400, true],
  ["fits into the size of EDNS", 17, SHORT, 4096, false],
  ["does not fit into what BIND sends", 32, LONGER, 4096, true],
];

for (const [name, count, of, udpPayloadSize, isCut] of LONG) {
  Deno.test(`dns, when an answer ${name}`, () => {
    const questions = Array.from(
      { length: count },
      () => ({ name: of, type: "A" }),
    );
    const additionals = udpPayloadSize > 0
      ? [{ type: "OPT", name: ".", udpPayloadSize }]
      : [];
    const request = encode(questions, { additionals });
    const answer = dnsPacket.decode(answerTo(request));
    strictEqual(answer.flag_tc, isCut);
    strictEqual(answer.answers.length, isCut ? 0 : count);
    const stream = octets(hex16(request.length) + request.toHex());
    const whole = dnsPacket.streamDecode(
      answerTo(stream, { transport: TCP }),
    );
    strictEqual(whole.answers.length, count);
  });
}

Deno.test("dns cuts an answer of more than three times the question short", () => {
  const name = "c00c"; // of which there can be many at little cost
  const request = octets(
    "1234 0100 0010 0000 0000 0000 0161 00 001c 0001" +
      `${name} 001c 0001`.repeat(15),
  );
  const answer = answerTo(request, { self: IPV6 })!;
  ok(answer.length <= 3 * request.length);
  strictEqual(answer[2]! << 8 & TC, TC);
});

// [name, message], reference/behaviour.md DNS-04, DNS-05, DET-10
const NOT_DNS: readonly [name: string, message: string][] = [
  ["twelve zeros", ZEROS],
  ["an NTP request", `1b${"00".repeat(47)}`],
  ["a header without questions", `1234 0100 ${"00".repeat(8)}`],
  ["a response", QUERY.replace("0100", "8180")],
  ["an error", QUERY.replace("0100", "0101")],
  ["33 questions", QUERY.replace("0001", "0021")],
  [
    "an unreadable query with odd flags",
    `1234 0300 0001 ${ZEROS.slice(12)} 41`,
  ],
  ["an unreadable query with records", `1234 0100 0001 0001 0001 0000 41`],
];

for (const [name, message] of NOT_DNS) {
  Deno.test(`dns does not take ${name} for a query`, () => {
    strictEqual(
      ask({ protocols: PROTOCOLS }, octets(message)).end,
      "nobody's",
    );
  });
}

// [name, stream, number of answers, how it ends]
const STREAMS: readonly [string, string, number, string][] = [
  ["a query", FRAMED, 1, "open"],
  ["two queries", FRAMED + FRAMED, 2, "open"],
  ["a query and a half", `${FRAMED} 0013 1234 0100`, 1, "more"],
  ["one octet", "00", 0, "more"],
  ["a length", "0013", 0, "more"],
  ["a header", FRAMED.slice(0, 30), 0, "more"],
  ["a query but for an octet", FRAMED.slice(0, -2), 0, "more"],
  ["a length that is too short", "000b", 0, "nobody's"],
  ["a length that is too long", "1001", 0, "nobody's"],
  ["the flags of a response", "0013 1234 8180", 0, "nobody's"],
  ["a response after a query", `${FRAMED} 0013 1234 8180`, 1, "declined"],
  ["HTTP", "474554202f20485454502f312e310d0a0d0a", 0, "nobody's"],
];

for (const [name, stream, count, end] of STREAMS) {
  Deno.test(`dns over TCP, given ${name}`, () => {
    const outcome = ask(
      { protocols: PROTOCOLS, transport: TCP },
      octets(stream),
    );
    deepStrictEqual([outcome.answers.length, outcome.end], [count, end]);
  });
}

// [name, type, class, text]
const SUMMARIES: readonly [string, string, string, string][] = [
  ["www.example.com", "AAAA", "IN", "www.example.com IN AAAA"],
  [".", "NS", "IN", ". IN NS"],
  ["version.bind", "TXT", "CH", "version.bind CH TXT"],
  ["a\\b.\u001bc", "UNKNOWN_65280", "IN", "a\\\\b.\\x1bc IN TYPE65280"],
  [`${"a".repeat(63)}.b`, "A", "IN", `${"a".repeat(63)}.b IN A`],
];

for (const [name, type, rrClass, text] of SUMMARIES) {
  Deno.test(`dns tells of "${text}"`, () => {
    const request = encode([{ name, type, class: rrClass }]);
    const { summaries } = ask({ protocols: PROTOCOLS }, request);
    deepStrictEqual(summaries, [`DNS answer to ${text}`]);
  });
}

// reference/behaviour.md DET-10: a query of 20 octets may look like RFC 3489.
Deno.test("dns comes before stun, and leaves stun what is its", () => {
  const question = { protocols: [dns, stun] };
  const query = "0001 0000 0001 0000 0000 0000 026162 00 0001 0001";
  const binding = "0001 0000 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f";
  deepStrictEqual(
    [query, binding].map((hex) => ask(question, octets(hex)).summaries),
    [["DNS answer to ab IN A"], ["STUN answer"]],
  );
});

Deno.test("dns tells of a message without a question, and notes what it can", () => {
  const { notes, summaries } = ask(
    { protocols: PROTOCOLS },
    octets("1234 1000 0000 0000 0000 0000"),
  );
  deepStrictEqual(notes, [
    new Map([
      ["dns.id", "4660"],
      ["dns.response_code", "NOTIMP"],
    ]),
  ]);
  deepStrictEqual(summaries, ["DNS answer to no question"]);
});

Deno.test("dns, given anything, neither throws nor says what it would answer", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        "00",
        "0161",
        "c00c",
        "c00e",
        "00010001",
        "00100003",
        "0000291000000000000000",
        "0776657273696f6e0462696e6400",
      ),
      fc.uint8Array({ maxLength: 8 }).map((raw) => raw.toHex()),
    ),
    { maxLength: 12 },
  );
  const count = fc.constantFrom("0000", "0001", "0002");
  const query = fc.tuple(
    fc.constantFrom("0000", "0100", "0120", "1000", "2900", "8180"),
    count,
    count,
    count,
    count,
    pieces,
  ).map(([flags, qd, an, ns, ar, rest]) =>
    octets(`1234${flags}${qd}${an}${ns}${ar}${rest.join("")}`)
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 64 }), query),
      fc.constantFrom(linux, classic),
      fc.constantFrom(TCP, UDP),
      fc.constantFrom(IPV4, IPV6),
      (message, persona, transport, self) => {
        const framed = transport === TCP
          ? octets(hex16(message.length) + message.toHex())
          : message;
        const question = { persona, transport, self, peer: self };
        const { answers } = ask({ protocols: PROTOCOLS, ...question }, framed);
        for (const answer of answers) {
          if (persona === linux && transport === UDP) {
            ok(answer.length <= 6 * message.length, "three times the question");
          }
          const protocols = [http, dns, stun, gh0st];
          for (const transport of [TCP, UDP]) {
            const echo = { protocols, ...question, transport };
            deepStrictEqual(ask(echo, octets(answer)).answers, []);
          }
        }
      },
    ),
    { numRuns: 1000 },
  );
});

function hex16(number: number): string {
  return number.toString(16).padStart(4, "0");
}
