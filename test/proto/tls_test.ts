import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { classic } from "../../src/persona/classic.ts";
import { tls } from "../../src/proto/tls.ts";
import { TCP, UDP } from "../../src/protocol.ts";
import { NOTE_MAX } from "../../src/record/layout.ts";
import { recordedMessages } from "../fuzz/corpus.ts";
import { ask, type Outcome } from "./ask.ts";

const QUESTION = { protocols: [tls], transport: TCP };
const hello = (hex: string): Outcome => ask(QUESTION, octets(hex));
const octets = (hex: string): Uint8Array =>
  Uint8Array.fromHex(hex.replaceAll(" ", ""));

/** Octets behind their length of some octets, both in hexadecimal. */
function vector(lengthLen: number, hex: string): string {
  const length = hex.replaceAll(" ", "").length / 2;
  return length.toString(16).padStart(2 * lengthLen, "0") + hex;
}

/** What a ClientHello has, RFC 8446 §4.1.2, in hexadecimal. */
interface Parts {
  readonly version?: string;
  readonly sessionId?: string;
  readonly ciphers?: string;
  readonly extensions?: string | undefined;
}

/** The message without its record. */
function messageOf(parts: Parts = {}): string {
  const { ciphers = "c02f", sessionId = "", version = "0303" } = parts;
  const extensions = parts.extensions === undefined
    ? ""
    : vector(2, parts.extensions);
  const body = `${version}${"00".repeat(32)}${vector(1, sessionId)}` +
    `${vector(2, ciphers)}${vector(1, "00")}${extensions}`;
  return `01${vector(3, body)}`;
}

const record = (hex: string, head = "160301") => head + vector(2, hex);

/** A message in records of so many octets. */
function records(message: string, length: number): string {
  const parts = message.match(new RegExp(`.{1,${2 * length}}`, "g"))!;
  return parts.map((part) => record(part)).join("");
}

const extension = (type: string, hex: string) => type + vector(2, hex);

// What `openssl s_server` 3.0.19 said to each version where no cipher was in
// common; then it hung up. RFC 8446 §6.2: handshake_failure is 40.
const ALERTS: readonly (readonly [version: string, alert: string])[] = [
  ["0300", "15030000020228"],
  ["0301", "15030100020228"],
  ["0302", "15030200020228"],
  ["0303", "15030300020228"],
  ["0304", "15030300020228"],
  ["0505", "15030300020228"],
];

for (const [version, alert] of ALERTS) {
  Deno.test(`tls refuses a client of version ${version} as OpenSSL does`, () => {
    const { answers, end } = hello(record(messageOf({ version })));
    deepStrictEqual(answers, [alert]);
    strictEqual(end, "closed");
  });
}

const RECORDED = recordedMessages()
  .map(({ message }) => message)
  .filter((message) => ask(QUESTION, message).end === "closed");

Deno.test("tls says the same however a client cuts its records", () => {
  ok(RECORDED.length > 10, `${RECORDED.length} recorded`);
  for (const message of RECORDED.filter(({ length }) => length < 1100)) {
    const view = new DataView(message.buffer, message.byteOffset);
    if (view.getUint16(3) !== message.length - 5) continue; // in several
    const whole = ask(QUESTION, message);
    for (const length of [1, 2, 3, 4, 5, 100]) {
      const cut = records(message.subarray(5).toHex(), length);
      deepStrictEqual(hello(cut), whole);
    }
  }
});

Deno.test("tls waits for every octet of a ClientHello", () => {
  const message = messageOf({ extensions: extension("0017", "") });
  for (const stream of [record(message), records(message, 7)]) {
    const whole = octets(stream);
    for (let length = 0; length < whole.length; length++) {
      strictEqual(ask(QUESTION, whole.subarray(0, length)).end, "more");
    }
    strictEqual(ask(QUESTION, whole).end, "closed");
  }
});

const PADDED = (length: number) =>
  messageOf({ extensions: extension("0015", "00".repeat(length)) });

// [name, stream, how it ends]
const STREAMS: readonly (readonly [string, string, Outcome["end"]])[] = [
  ["a record of TLS 1.3", record(messageOf(), "160304"), "closed"],
  ["a record of no version", record(messageOf(), "160305"), "nobody's"],
  ["data", record(messageOf(), "170303"), "nobody's"],
  ["a ServerHello", record("02" + messageOf().slice(2)), "nobody's"],
  // RFC 5246 appendix E.2
  ["a ClientHello of SSL 2.0", `802b 01 0303 0012 0000 0010`, "nobody's"],
  ["an empty record", "1603010000 1603", "nobody's"],
  ["an empty second record", "1603010001 01 1603010000", "declined"],
  ["an alert in between", "1603010001 01 1503010002", "declined"],
  ["a second record of no version", "1603010001 01 1602010002", "declined"],
  ["a record that is too long", "1603014001 01000010", "declined"],
  ["16 MiB", "1603010100 01ffffff", "declined"],
  ["64 KiB", record("0100ffff" + "00".repeat(0x3ffc)), "declined"],
  ["64 KiB, in records", records("0100ffff" + "00".repeat(4), 1), "declined"],
  ["more octets than we care for", record(PADDED(6945)), "declined"],
  ["as many as we care for", record(PADDED(6944)), "closed"],
  ["as many in many records", records(PADDED(3000), 2), "declined"],
  ["something behind it", record(messageOf()) + "00".repeat(9), "closed"],
  ["something in its record", record(messageOf() + "0b0000"), "closed"],
];

for (const [name, stream, end] of STREAMS) {
  Deno.test(`tls, given ${name}`, () => {
    strictEqual(hello(stream).end, end);
  });
}

const SNI = "00 0001 61"; // a host name, "a": RFC 6066 §3

// [what is wrong, body or extensions]
const MALFORMED: readonly (readonly [string, string])[] = [
  ["no body", "01000000"],
  ["half a random number", "01" + vector(3, "0303" + "00".repeat(31))],
  ["no session id", "01" + vector(3, "0303" + "00".repeat(32))],
  ["a long session id", "01" + vector(3, `0303${"00".repeat(32)}ff00`)],
  ["no ciphers", "01" + vector(3, `0303${"00".repeat(32)}00`)],
  ["long ciphers", "01" + vector(3, `0303${"00".repeat(32)}00fffe0001`)],
  ["no compression", "01" + vector(3, `0303${"00".repeat(32)}00000200ff`)],
  ["a cipher and a half", messageOf({ ciphers: "c02fc0" })],
  ["a version before SSL 3.0", messageOf({ version: "0200" })],
  ...[
    ["half an extension", "0017 00"],
    ["a long extension", "0017 0001"],
    ["an empty server_name", extension("0000", "")],
    ["an empty list of names", extension("0000", vector(2, ""))],
    ["a short list of names", extension("0000", `0003${SNI}`)],
    ["a long name", extension("0000", vector(2, "00 0002 61"))],
    ["two names", extension("0000", vector(2, SNI + SNI))],
    ["no groups", extension("000a", "")],
    ["long groups", extension("000a", "0004001d")],
    ["short groups", extension("000a", "0002001d0017")],
    ["a group and a half", extension("000a", "0003001d00")],
    ["half a version", extension("002b", "0103")],
    ["long formats", extension("000b", "0200")],
    ["long algorithms", extension("000d", "00040403")],
    ["long protocols", extension("0010", "0004026832")],
    ["long versions", extension("002b", "040304")],
    ["twice the same", extension("002b", "020304").repeat(2)],
  ].map(([what, extensions]) =>
    [what!, messageOf({ extensions: extensions!.replaceAll(" ", "") })] as const
  ),
];

for (const [what, message] of MALFORMED) {
  Deno.test(`tls does not answer a ClientHello with ${what}`, () => {
    const { answers, end, notes } = hello(record(message));
    deepStrictEqual([answers, notes, end], [[], [], "declined"]);
  });
}

Deno.test("tls notes what a client offers", () => {
  const extensions = [
    extension("0a0a", ""), // GREASE, RFC 8701
    extension("0000", vector(2, SNI)),
    extension("000a", vector(2, "2a2a001d")),
    extension("000b", vector(1, "0001")),
    extension("000d", vector(2, "04030804")),
    extension("0010", vector(2, "02 6832 03 2c5cff 00")),
    extension("002b", vector(1, "03040303")),
    extension("0033", vector(2, "001d0020" + "00".repeat(32))),
  ].join("");
  const { notes, summaries } = hello(
    record(messageOf({ ciphers: "1a1a1301", extensions })),
  );
  const own = "masscanned.tls.client";
  deepStrictEqual(notes, [
    new Map([
      [`${own}.version`, "0303"],
      [`${own}.random`, "\\x00".repeat(32)],
      ["tls.client.supported_ciphers", "1a1a,1301"],
      ["tls.client.server_name", "a"],
      [`${own}.supported_groups`, "2a2a,001d"],
      [`${own}.ec_point_formats`, "00,01"],
      [`${own}.signature_algorithms`, "0403,0804"],
      [`${own}.alpn`, "h2,\\x2c\\\\\\xff,"],
      [`${own}.supported_versions`, "0304,0303"],
      [
        `${own}.extensions`,
        "0a0a,0000,000a,000b,000d,0010,002b,0033",
      ],
    ]),
  ]);
  deepStrictEqual(summaries, ["TLS handshake failure to client of a"]);
});

Deno.test("tls says what it had no room to note", () => {
  const whole = "c02f".repeat(NOTE_MAX / 2);
  const name = "masscanned.tls.client.omitted_bytes";
  const noted = (parts: Parts) => hello(record(messageOf(parts))).notes[0]!;
  strictEqual(noted({ ciphers: whole }).has(name), false);
  strictEqual(noted({ ciphers: `${whole}c02f` }).get(name), "1026");
  strictEqual(
    noted({ extensions: extension("0017", "").repeat(513) }).get(name),
    "1026",
  );
  const { answers, end } = hello(records(
    messageOf({ extensions: extension("0017", "").repeat(512) }),
    5,
  ));
  deepStrictEqual([answers.length, end], [1, "closed"]);
});

Deno.test("tls is not spoken over UDP, nor by the original", () => {
  const message = octets(record(messageOf()));
  for (const question of [{ transport: UDP }, { persona: classic }]) {
    strictEqual(ask({ ...QUESTION, ...question }, message).end, "nobody's");
  }
});

Deno.test("tls, given a damaged ClientHello, does not throw", () => {
  const damaged = fc.record({
    message: fc.constantFrom(...RECORDED),
    at: fc.nat(),
    octets: fc.uint8Array({ minLength: 1, maxLength: 3 }),
    end: fc.nat(),
  });
  fc.assert(
    fc.property(damaged, ({ at, end, message, octets }) => {
      const rest = message.length - 6;
      const from = 6 + at % rest; // behind what it is told by
      const length = end % 2 ? message.length : 6 + end % rest;
      const stream = message.slice(0, length);
      for (let i = from; i < length && i < from + octets.length; i++) {
        stream[i] = octets[i - from]!;
      }
      for (const answer of ask(QUESTION, stream).answers) {
        ok(/^15030[0-3]00020228$/.test(answer), answer);
      }
    }),
    { numRuns: 2000 },
  );
});
