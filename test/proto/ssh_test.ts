import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { nameOf } from "../../src/note.ts";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { ssh } from "../../src/proto/ssh.ts";
import { GREETED } from "../../src/proto/ssh_identification.ts";
import { type Protocol, TCP, UDP } from "../../src/protocol.ts";
import { Harness } from "../harness.ts";
import { octets, TcpClient } from "../tcp_client.ts";
import { ask } from "./ask.ts";

const latin1 = (hex: string): string =>
  String.fromCharCode(...Uint8Array.fromHex(hex));
const OURS = `${linux.ssh.identification}\r\n`;
const NAME = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6\r\n";
const COOKIE_AT = 6;
const COOKIE_END = 22;

interface Vector {
  readonly name: string;
  readonly requests: readonly string[];
  readonly answers: readonly string[];
  readonly closes: boolean;
}

// Written by test/vectors/ssh.py, which asked a real server.
const url = new URL("../vectors/ssh.json", import.meta.url);
const { offer, vectors } = JSON.parse(Deno.readTextFileSync(url)) as {
  readonly offer: string;
  readonly vectors: readonly Vector[];
};
const OFFER = latin1(offer);

/** What comes of a conversation, cookies zeroed. */
function converse(
  persona: string,
  requests: readonly string[],
): { answers: string[]; closes: boolean } {
  const harness = new Harness({ persona, protocols: [ssh] });
  const client = new TcpClient(harness, { peerPort: 22 });
  client.connect();
  const answers = requests.map((request) => {
    const before = client.stream.length;
    client.say(request);
    return client.stream.slice(before).replace(OURS, "");
  });
  const zeroed = answers.map((answer) =>
    answer.length < OFFER.length ? answer : answer.slice(0, COOKIE_AT) +
      "\0".repeat(COOKIE_END - COOKIE_AT) + answer.slice(COOKIE_END)
  );
  return { answers: zeroed, closes: client.isOver };
}

for (const { name, requests, answers, closes } of vectors) {
  Deno.test(`ssh answers ${name} as OpenSSH does`, () => {
    const want = answers.map((answer) =>
      answer === "offer" ? OFFER : latin1(answer)
    );
    deepStrictEqual(converse("linux", requests.map(latin1)), {
      answers: want,
      closes,
    });
  });

  Deno.test(`ssh answers ${name} the same, however it is cut`, () => {
    const whole = requests.map(latin1).join("");
    const want = converse("linux", [whole]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 4 }),
        (cuts) => {
          const ends = [...cuts, whole.length].sort((a, b) => a - b);
          const parts = ends.map((end, i) => whole.slice(ends[i - 1] ?? 0, end))
            .filter((part) => part !== "");
          const { answers, closes } = converse("linux", parts);
          deepStrictEqual([answers.join(""), closes], [
            want.answers.join(""),
            want.closes,
          ]);
        },
      ),
      { numRuns: 20 },
    );
  });
}

Deno.test("ssh says who it is before all else, unless it has", () => {
  const { answers } = ask({ protocols: [ssh], transport: TCP }, octets(NAME));
  strictEqual(latin1(answers[0]!).slice(0, OURS.length), OURS);
  const greeted: Protocol = {
    ...ssh,
    reply: (exchange) => {
      exchange.state ||= GREETED;
      return ssh.reply(exchange);
    },
  };
  const after = ask({ protocols: [greeted], transport: TCP }, octets(NAME));
  strictEqual(after.answers[0]!.length, offer.length);
});

Deno.test("ssh draws another cookie for each conversation", () => {
  const cookies = [40_001, 40_002].map((port) => {
    const harness = new Harness({ protocols: [ssh] });
    harness.stack.tick(Date.UTC(2026, 0, 1) + port);
    const client = new TcpClient(harness, { peerPort: 22, port });
    client.connect();
    client.say(NAME);
    return client.stream.slice(OURS.length + COOKIE_AT).slice(0, 16);
  });
  ok(cookies[0] !== cookies[1]);
  ok(cookies.every((cookie) => cookie !== "\0".repeat(16)));
});

// KEXINIT of OpenSSH_9.2p1 Debian-2+deb12u6, its cookie zeroed, and the HASSH
// that tshark 4.0.17 (ssh.kex.hassh) computed from the same capture.
const CLIENT_OFFER_URL = new URL("../vectors/ssh_client.json", import.meta.url);
const CLIENT = JSON.parse(Deno.readTextFileSync(CLIENT_OFFER_URL)) as {
  readonly offer: string;
  readonly hassh: string;
  readonly init: string;
};

Deno.test("ssh notes what HASSH is made of", () => {
  const noted = new Map<string, string>();
  const spy: Protocol = {
    ...ssh,
    reply: (exchange) => {
      const verdict = ssh.reply(exchange);
      for (let i = 0; i < exchange.noteCount; i++) {
        const [field, at, end] = exchange.notes.subarray(3 * i);
        const span = exchange.arena.bytes.subarray(at, end);
        noted.set(nameOf(ssh.fields[field!]!), String.fromCharCode(...span));
      }
      return verdict;
    },
  };
  const stream = octets(NAME + latin1(CLIENT.offer));
  ask({ protocols: [spy], transport: TCP }, stream);
  const parts = ["kex", "encryption", "mac", "compression"].map((name) =>
    noted.get(`ssh.client.${name}_algorithms`)
  );
  strictEqual(
    createHash("md5").update(parts.join(";")).digest("hex"),
    CLIENT.hassh,
  );
  strictEqual(noted.get("ssh.client.version"), "2.0");
  strictEqual(noted.get("ssh.client.software"), "OpenSSH_9.2p1");
  strictEqual(noted.get("ssh.client.comment"), "Debian-2+deb12u6");
});

Deno.test("ssh gives up when keys are to be exchanged, RFC 4253 §11.1", () => {
  const { answers, closes } = converse("linux", [
    NAME,
    latin1(CLIENT.offer),
    latin1(CLIENT.init),
  ]);
  deepStrictEqual(answers.slice(1), [
    "",
    // Written by hand: 44 octets, 11 of them padding; reason 3.
    `\0\0\0\x2c\x0b\x01\0\0\0\x03` +
    `\0\0\0\x13key exchange failed\0\0\0\0${"\0".repeat(11)}`,
  ]);
  ok(closes);
});

Deno.test("ssh does not wait for the end of a line of 8 KB", () => {
  const { answers, closes } = converse("linux", [
    `SSH-2.0-${"a".repeat(1000)}`,
    ...new Array<string>(7).fill("a".repeat(1000)),
  ]);
  strictEqual(answers.at(-1), "Invalid SSH identification string.\r\n");
  ok(closes);
});

const ANSWER = "SSH-2.0-1\r\n";
const KEX = latin1(CLIENT.offer);

// [what, segments, answers], reference/behaviour.md §8.3.
const ORIGINAL: readonly [string, readonly string[], readonly string[]][] = [
  ["SSH-2.0", [NAME], [ANSWER]],
  ["SSH-1.99", ["SSH-1.99-a\r\n"], [ANSWER]],
  ["SSH-2.01", ["SSH-2.01-x\r\n"], [ANSWER]],
  ["a comment", ["SSH-2.0-a  b c\r\n"], [ANSWER]],
  ["CR CR LF", ["SSH-2.0-a b\r\r\n"], [ANSWER]],
  ["CR and LF apart", ["SSH-2.0-a\rb\nc\r\n"], [ANSWER]],
  ["what follows", [`${NAME}\x00\x01`], [ANSWER]],
  ["a key exchange", [NAME, KEX, KEX], [ANSWER, "", ""]],
  ["two identifications", [NAME, NAME], [ANSWER, ANSWER]],
  ["one in pieces", ["SS", "H-2", ".0-", "a\r", "\n"], [
    "",
    "",
    "",
    "",
    ANSWER,
  ]],
  ["LF alone", ["SSH-2.0-a\n"], [""]],
  ["no end", ["SSH-2.0-a"], [""]],
  ["SSH-1.5", ["SSH-1.5-a\r\n"], [""]],
  ["a blank in the version", ["SSH-2.0 -a\r\n"], [""]],
  ["CR in the version", ["SSH-2.0\r-a\r\n"], [""]],
  ["LF in the version", ["SSH-2\n.0-a\r\n"], [""]],
  ["a letter in the version", ["SSH-2.0x-a\r\n"], [""]],
];

for (const [name, segments, answers] of ORIGINAL) {
  Deno.test(`ssh, as classic, answers ${name} as the original does`, () => {
    deepStrictEqual(converse("classic", segments), { answers, closes: false });
  });
}

Deno.test("ssh answers datagrams only as classic, and never its twin", () => {
  const over = (persona: typeof linux, message: string): string[] =>
    ask({ protocols: [ssh], persona, transport: UDP }, octets(message)).answers
      .map(latin1);
  deepStrictEqual(over(linux, NAME), []);
  deepStrictEqual(over(classic, NAME), [ANSWER]);
  deepStrictEqual(over(classic, ANSWER), []);
  deepStrictEqual(over(classic, `${ANSWER}and more`), []);
});

Deno.test("ssh, given anything, does not throw", () => {
  const line = fc.tuple(
    fc.constantFrom("SSH-2.0-", "SSH-1.99-", "SSH-", "", NAME),
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom("\r\n", "\n", ""),
  ).map(([start, rest, end]) => start + String.fromCharCode(...rest) + end);
  const packet = fc.tuple(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 255 }),
    fc.uint8Array({ minLength: 40, maxLength: 40 }),
  ).map(([length, padding, type, rest]) =>
    `\0\0\0${String.fromCharCode(length, padding, type, ...rest)}`
      .slice(0, length + 4)
  );
  const damaged = fc.tuple(
    fc.nat(KEX.length - 1),
    fc.integer({ min: 0, max: 255 }),
  ).map(([at, octet]) =>
    KEX.slice(0, at) + String.fromCharCode(octet) + KEX.slice(at + 1)
  );
  fc.assert(fc.property(
    line,
    fc.array(fc.oneof(packet, damaged), { maxLength: 4 }),
    fc.constantFrom(linux, classic),
    fc.constantFrom(TCP, UDP),
    (line, packets, persona, transport) => {
      const question = { protocols: [ssh], persona, transport };
      const { answers } = ask(question, octets(line + packets.join("")));
      if (transport === TCP) return;
      for (const answer of answers) {
        deepStrictEqual(ask(question, octets(latin1(answer))).answers, []);
      }
    },
  ));
});
