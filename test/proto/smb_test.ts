import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { nameOf } from "../../src/note.ts";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { Arena } from "../../src/arena.ts";
import type { Persona } from "../../src/persona.ts";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { smb } from "../../src/proto/smb.ts";
import {
  CLASSIC_NEG_TOKEN_INIT,
  CLASSIC_NEG_TOKEN_RESP,
} from "../../src/proto/smb_classic.ts";
import { CLOSE, DECLINE, MORE, TCP, UDP } from "../../src/protocol.ts";
import { KEY_LEN } from "../../src/siphash.ts";
import {
  ANSWER_MAX,
  Application,
  NO_MATCH,
  UNDECIDED,
} from "../../src/stack/application.ts";

const KEY = new Uint8Array(KEY_LEN);
const NOW = Date.UTC(2026, 3, 4, 9, 5, 7, 999);
// The FILETIME of that instant and of its second: (ms + 11644473600000) × 10⁴,
// computed by Python.
const FILE_TIME = "f052682212c4dc01";
const FILE_TIME_SECOND = "80e3cf2112c4dc01";
const STREAM_MAX = 65_536;
const CHALLENGE_TYPE = "4e544c4d5353500002000000";

type End = "open" | "closed" | "declined" | "not smb";
type Notes = Readonly<Record<string, string>>;

/** One side of a conversation, the other of which is under test. */
class Conversation {
  readonly #arena = new Arena(
    new ArrayBuffer(ANSWER_MAX + STREAM_MAX),
    0,
  );
  readonly #application: Application;
  #found = UNDECIDED;
  #pending = "";

  /** How it stands. */
  end: End = "open";
  /** What was noted of each answered message, octets in hexadecimal. */
  readonly notes: Notes[] = [];

  constructor(persona: Persona = linux, transport = TCP) {
    this.#application = new Application(this.#arena, [smb], persona, KEY);
    const { exchange } = this.#application;
    exchange.transport = transport;
    exchange.now = NOW;
    exchange.listening = true;
  }

  /** Whether somebody wants to know what is noted. */
  set isListening(value: boolean) {
    this.#application.exchange.listening = value;
  }

  /** Whether octets wait for more. */
  get isPending(): boolean {
    return this.#pending !== "";
  }

  /** Takes octets, and returns what they are answered with. */
  send(hex: string): string {
    if (this.end !== "open") return "";
    this.#pending += hex;
    const message = Uint8Array.fromHex(this.#pending);
    const { bytes } = this.#arena;
    const { exchange } = this.#application;
    // At the very end of the arena: reading too far is an error.
    exchange.at = bytes.length - message.length;
    exchange.end = bytes.length;
    bytes.set(message, exchange.at);
    let answers = "";
    while (exchange.at < exchange.end && this.end === "open") {
      exchange.next = exchange.end;
      if (this.#found === UNDECIDED) {
        this.#found = this.#application.identify();
        if (this.#found === UNDECIDED) break;
        if (this.#found === NO_MATCH) {
          this.end = "not smb";
          break;
        }
      }
      const verdict = this.#application.reply(this.#found);
      if (verdict === MORE) break;
      strictEqual(exchange.answer.overflowed, false);
      if (verdict === DECLINE) this.end = "declined";
      if (verdict === CLOSE) this.end = "closed";
      const { answer } = exchange;
      if (verdict !== DECLINE && answer.end > answer.at) {
        answers += bytes.subarray(answer.at, answer.end).toHex();
        this.#takeNotes();
      }
      ok(verdict === DECLINE || exchange.next > exchange.at, "used nothing up");
      ok(exchange.next <= exchange.end);
      exchange.at = exchange.next;
    }
    this.#pending = bytes.subarray(exchange.at, exchange.end).toHex();
    return answers;
  }

  #takeNotes(): void {
    const { noteCount, notes } = this.#application.exchange;
    const { bytes } = this.#arena;
    this.notes.push(Object.fromEntries(
      Array.from({ length: noteCount }, (_, i) => {
        const [field, at, end] = notes.subarray(3 * i);
        ok(at! <= end!);
        return [nameOf(smb.fields[field!]!), bytes.subarray(at, end).toHex()];
      }),
    ));
  }
}

/** Cuts a stream into packets of the session service. */
function packetsOf(hex: string): string[] {
  const packets: string[] = [];
  for (let at = 0; at < hex.length;) {
    const end = at + 8 + 2 * parseInt(hex.slice(at + 2, at + 8), 16);
    packets.push(hex.slice(at, end));
    at = end;
  }
  return packets;
}

/** Octets `[at, end)` of a packet. */
function cut(hex: string, at: number, end: number): string {
  return hex.slice(2 * at, 2 * end);
}

/** A packet with other octets from `at` on. */
function patch(hex: string, at: number, octets: string): string {
  return hex.slice(0, 2 * at) + octets + hex.slice(2 * at + octets.length);
}

// Offset and length of the identifier of a session, by version.
const SESSION = { fe: [44, 8], ff: [32, 2] } as const;

function sessionOf(packet: string): readonly [at: number, id: string] {
  const version = cut(packet, 4, 5);
  if (version !== "fe" && version !== "ff") return [0, ""];
  const [at, length] = SESSION[version];
  return [at, cut(packet, at, at + length)];
}

/** An answer without what no two servers, or two times, have in common. */
function mask(packet: string): string {
  let masked = packet;
  const blank = (at: number, length: number) => {
    masked = patch(masked, at, "00".repeat(length));
  };
  const challengeAt = packet.indexOf(CHALLENGE_TYPE) / 2;
  if (challengeAt > 0) {
    blank(challengeAt + 24, 8);
    const timeAt = packet.indexOf("07000800", 2 * challengeAt) / 2;
    if (timeAt > 0) blank(timeAt + 4, 8);
  }
  const [at, id] = sessionOf(packet);
  if (/[1-9a-f]/.test(id)) {
    masked = patch(masked, at, "ee".repeat(id.length / 2));
  }
  const length = packet.length / 2;
  if (cut(packet, 4, 9) === "ff534d4272" && length > 100) {
    blank(52, 4); // session key
    blank(60, 8); // system time
    if (length === 115) blank(73, 8); // challenge
  }
  if (cut(packet, 4, 8) === "fe534d42" && length > 150) {
    if (cut(packet, 16, 18) === "0000") blank(108, 8); // system time
    if (cut(packet, 72, 74) === "1103") blank(226, 32); // salt
  }
  return masked;
}

/** What a server was asked and answered. */
interface Recording {
  readonly name: string;
  /** Requests, each with the answers that it got. */
  readonly turns: readonly { request: string; answers: string[] }[];
  readonly isHungUp: boolean;
}

/** Reads what was recorded from Samba. */
function readRecordings(): Recording[] {
  const file = new URL("smb_samba.txt", import.meta.url);
  const [, ...sections] = Deno.readTextFileSync(file).split(/^# /m);
  return sections.map((section) => {
    const [name, ...lines] = section.trim().split("\n");
    const turns: { request: string; answers: string[] }[] = [];
    for (const line of lines) {
      const packet = line.slice(2);
      if (line.startsWith(">")) turns.push({ request: packet, answers: [] });
      if (line.startsWith("<")) turns.at(-1)!.answers.push(packet);
    }
    return { name: name!, turns, isHungUp: lines.at(-1) === "EOF" };
  });
}

const RECORDINGS = readRecordings();

/**
 * Asks what Samba was asked. Where it was asked with the session that it had
 * given, we are asked with ours.
 */
function replay(
  { turns }: Recording,
  conversation: Conversation,
): { requests: string[]; answers: string[] } {
  let theirs = "";
  let ours = "";
  const requests: string[] = [];
  const answers: string[] = [];
  for (const turn of turns) {
    const [at, id] = sessionOf(turn.request);
    const isTheirs = id !== "" && id === theirs;
    const request = isTheirs ? patch(turn.request, at, ours) : turn.request;
    const answered = packetsOf(conversation.send(request));
    requests.push(request);
    answers.push(...answered);
    if (turn.answers.length > 0) theirs = sessionOf(turn.answers.at(-1)!)[1];
    if (answered.length > 0) ours = sessionOf(answered.at(-1)!)[1];
  }
  return { requests, answers };
}

for (const recording of RECORDINGS) {
  Deno.test(`SMB: we answer as Samba does: ${recording.name}`, () => {
    const conversation = new Conversation();
    const { answers } = replay(recording, conversation);
    const expected = recording.turns.flatMap((turn) => turn.answers);
    deepStrictEqual(answers.map(mask), expected.map(mask));
    strictEqual(
      conversation.end,
      recording.isHungUp ? "closed" : "open",
    );
    strictEqual(conversation.isPending, false);
  });
}

const named = (name: string): Recording =>
  RECORDINGS.find((recording) => recording.name === name)!;
const NEGOTIATE_1 = named("neg1 nt").turns[0]!.request;
const NEGOTIATE_2 = named("neg2 210").turns[0]!.request;

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

/** An SMB message in a session message. */
function frame(message: string): string {
  return (message.length / 2).toString(16).padStart(8, "0") + message;
}

function hexLe(value: number): string {
  return value.toString(16).padStart(8, "0").match(/../g)!.reverse().join("");
}

// The session service, RFC 1002 §4.3.

Deno.test("SMB: waits for the octets that a header announces", () => {
  const conversation = new Conversation();
  strictEqual(conversation.send(NEGOTIATE_1.slice(0, -2)), "");
  strictEqual(conversation.end, "open");
  ok(conversation.isPending);
  strictEqual(packetsOf(conversation.send(NEGOTIATE_1.slice(-2))).length, 1);
});

Deno.test("SMB: declines a message of more than 8 KiB at its header", () => {
  const start = NEGOTIATE_1.slice(8);
  for (
    const [length, end] of [["00001ffc", "open"], ["00001ffd", "declined"]]
  ) {
    const conversation = new Conversation();
    conversation.send(length + start);
    strictEqual(conversation.end, end);
  }
});

Deno.test("SMB: other protocols are not claimed", () => {
  for (
    const stream of [
      "474554202f",
      "0000", // not yet
      "0001000021",
      "00000018ff534e42",
      "00000018fd534d42",
      "8100004421",
      "81000048",
      "8200000000",
      "85000000",
    ]
  ) {
    const conversation = new Conversation();
    conversation.send(stream);
    strictEqual(
      conversation.end,
      stream === "0000" ? "open" : "not smb",
      stream,
    );
  }
});

Deno.test("SMB: over UDP, only the original answers", () => {
  const ours = new Conversation(linux, UDP);
  strictEqual(ours.send(NEGOTIATE_2), "");
  strictEqual(ours.end, "not smb");
  const theirs = new Conversation(classic, UDP);
  strictEqual(theirs.send(NEGOTIATE_2).length / 2, 452);
});

// What is learned.

const hexOf = (text: string): string => new TextEncoder().encode(text).toHex();

Deno.test("SMB: notes what a login says, and the challenge that it answers", () => {
  const lines: [string, string][] = [["ss2 spnego", "2"], ["ss2 raw", "2"], [
    "ss1",
    "1",
  ]];
  for (const [name, version] of lines) {
    const conversation = new Conversation();
    const { answers } = replay(named(name), conversation);
    const at = answers[1]!.indexOf(CHALLENGE_TYPE) + 48;
    const notes = { ...conversation.notes[2] };
    delete notes["smb.native_os"];
    delete notes["smb.native_lan_manager"];
    deepStrictEqual(notes, {
      "smb.version": hexOf(version),
      "smb.command": hexOf("SessionSetup"),
      "user.name": hexOf("u"),
      "user.domain": hexOf("D"),
      "ntlm.workstation": hexOf("W"),
      "ntlm.challenge": answers[1]!.slice(at, at + 16),
      "ntlm.response": "4e".repeat(24),
      "ntlm.lm_response": "4c".repeat(24),
    });
  }
});

Deno.test("SMB: notes a login without extended security", () => {
  for (const name of ["ss1old user", "ss1old user uni"]) {
    const conversation = new Conversation();
    const { answers } = replay(named(name), conversation);
    deepStrictEqual(conversation.notes[1], {
      "smb.version": hexOf("1"),
      "smb.command": hexOf("SessionSetup"),
      "user.name": hexOf("user"),
      "user.domain": hexOf("DOM"),
      "smb.native_os": hexOf("Unix"),
      "smb.native_lan_manager": hexOf("Samba"),
      "ntlm.challenge": cut(answers[0]!, 73, 81),
      "ntlm.response": "4e".repeat(24),
      "ntlm.lm_response": "4c".repeat(24),
    });
  }
});

Deno.test("SMB: notes shares and dialects", () => {
  const two = new Conversation();
  replay(named("ss2 anon"), two);
  strictEqual(two.notes[0]!["smb.dialect"], hexOf("SMB 2.1"));
  strictEqual(two.notes[3]!["smb.path"], hexOf("\\\\h\\IPC$"));
  const one = new Conversation();
  replay(named("ss1 anon"), one);
  strictEqual(one.notes[0]!["smb.dialect"], hexOf("NT LM 0.12"));
  strictEqual(one.notes[3]!["smb.path"], hexOf("\\\\h\\IPC$"));
});

Deno.test("SMB: names in UTF-16 are noted in UTF-8", () => {
  // "ü", "€", a pair, half a pair: Unicode 15 §3.9.
  const user = "fc00ac203dd800de3dd8";
  const conversation = new Conversation();
  const { requests } = replay(named("ss2 raw"), conversation);
  const other = new Conversation();
  other.send(requests[0]!);
  other.send(requests[1]!);
  const login = requests[2]!;
  const at = login.indexOf("4e544c4d53535000") / 2;
  const length = (login.length / 2 - at).toString(16).padStart(2, "0");
  const grown = patch(login, at + 36, `0a000a00${length}000000`) + user;
  const blobLen = ((grown.length / 2) - at).toString(16).padStart(2, "0");
  other.send(frame(patch(grown.slice(8), 78, blobLen)));
  strictEqual(
    other.notes[2]!["user.name"],
    "c3bc" + "e282ac" + "f09f9880" + "efbfbd",
  );
});

Deno.test("SMB: each login gets a challenge and a session of its own", () => {
  const conversation = new Conversation();
  const { answers } = replay(named("ss2 fail then again"), conversation);
  const challenges = answers.flatMap((answer) => {
    const at = answer.indexOf(CHALLENGE_TYPE);
    return at < 0 ? [] : [answer.slice(at + 48, at + 64)];
  });
  strictEqual(challenges.length, 2);
  strictEqual(new Set(challenges).size, 2);
  const sessions = answers.map((answer) => sessionOf(answer)[1]);
  strictEqual(new Set(sessions.slice(1)).size, 2);
  ok(!sessions.slice(1).includes("0000000000000000"));
});

Deno.test("SMB: tells the time, MS-DTYP §2.3.3", () => {
  const two = new Conversation().send(NEGOTIATE_2);
  strictEqual(cut(two, 108, 116), FILE_TIME);
  const one = new Conversation().send(NEGOTIATE_1);
  strictEqual(cut(one, 60, 68), FILE_TIME);
});

const SUMMARIES: readonly [values: Record<string, string>, line: string][] = [
  [{}, "NetBIOS Session-Reply"],
  [
    {
      "smb.version": "1",
      "smb.command": "Negotiate-Protocol",
      "smb.dialect": "NT LM 0.12",
    },
    "SMB1 Negotiate-Protocol-Reply (NT LM 0.12)",
  ],
  [
    { "smb.version": "2", "smb.command": "SessionSetup" },
    "SMB2 SessionSetup-Reply",
  ],
  [
    {
      "smb.version": "2",
      "smb.command": "SessionSetup",
      "user.name": "user",
      "user.domain": "DOM",
      "ntlm.workstation": "PC",
    },
    "SMB2 SessionSetup-Reply to DOM/user from PC",
  ],
  [
    {
      "smb.version": "2",
      "smb.command": "TreeConnect",
      "smb.path": "C$",
    },
    "SMB2 TreeConnect-Reply for C$",
  ],
];

for (const [values, line] of SUMMARIES) {
  Deno.test(`SMB: summary: ${line}`, () => {
    strictEqual(smb.summary(new Map(Object.entries(values))), line);
  });
}

// The original program: behaviour.md, SMB-01 to SMB-19.

const sha256 = (octets: Uint8Array): string =>
  createHash("sha256").update(octets).digest("hex");

Deno.test("SMB: the blobs of classic are the original's", () => {
  strictEqual(
    sha256(CLASSIC_NEG_TOKEN_INIT),
    "e14c43c71335f12062de619bfd69ceaa1a324b69cb81112ecaaef8a26776a8db",
  );
  strictEqual(
    sha256(CLASSIC_NEG_TOKEN_RESP),
    "06839e0947826c118d280939c8d0564b354a66f5eda191eca40b6a40f846094c",
  );
});

const INIT = CLASSIC_NEG_TOKEN_INIT.toHex();
const RESP = CLASSIC_NEG_TOKEN_RESP.toHex();

Deno.test("SMB: classic negotiates SMB1 as the original, SMB-03 to SMB-06", () => {
  // Process 0x1234, message 1.
  strictEqual(
    new Conversation(classic).send(NEGOTIATE_1),
    "00000195" + "ff534d4272" + "00000000" + "98" + "07c8" + "0000" +
      "0000000000000000" + "0000" + "0000" + "3412" + "0000" + "0100" +
      "11" + "0000" + "03" + "3200" + "3200" + "00000100" + "00000100" +
      "00000000" + "fce30180" + FILE_TIME_SECOND + "3c00" + "00" + "5001" +
      "00".repeat(16) + INIT,
  );
});

const CLASSIC_DIALECTS: readonly [
  name: string,
  index: string,
  noted: string,
][] = [
  ["neg1 2???", "0000", "NT LM 0.12"],
  ["neg1 2??? only", "0000", "SMB 2.???"],
  ["neg1 unknown", "0000", "Unknown"],
  ["x order2", "0200", "NT LM 0.12"],
];

for (const [name, index, noted] of CLASSIC_DIALECTS) {
  Deno.test(`SMB: classic never upgrades SMB1, SMB-05: ${name}`, () => {
    const conversation = new Conversation(classic);
    const answer = conversation.send(named(name).turns[0]!.request);
    strictEqual(cut(answer, 4, 8), "ff534d42");
    strictEqual(cut(answer, 37, 39), index);
    strictEqual(conversation.notes[0]!["smb.dialect"], hexOf(noted));
  });
}

Deno.test("SMB: classic sets up sessions of SMB1 as the original, SMB-08", () => {
  const { answers } = replay(named("ss1"), new Conversation(classic));
  const native = "570069006e0064006f0077007300200034002e0030000000";
  for (const [i, message] of ["0200", "0300"].entries()) {
    strictEqual(
      answers[i + 1],
      "000000fa" + "ff534d4273" + "00000000" + "98" + "07c8" + "0000" +
        "0000000000000000" + "0000" + "0000" + "3412" + "0000" + message +
        "04" + "ff" + "00" + "4400" + "0000" + "9f00" + "cf00" + RESP +
        native + native,
    );
  }
});

Deno.test("SMB: classic negotiates SMB2 as the original, SMB-12 to SMB-15", () => {
  const request = named("neg2 all").turns[0]!.request;
  strictEqual(
    new Conversation(classic).send(request),
    "000001c0" + "fe534d42" + "4000" + "0000" + "00000000" + "0000" + "0100" +
      "01000000" + "00000000" + cut(request, 28, 52) + "00".repeat(16) +
      "4100" + "0100" + "0202" + "0100" + "47".repeat(16) + "01000000" +
      "00000100".repeat(3) + FILE_TIME_SECOND + FILE_TIME_SECOND + "8000" +
      "4001" + "00000000" + INIT,
  );
});

const CLASSIC_DIALECTS_2: readonly [name: string, dialect: string][] = [
  ["neg2 210", "1002"],
  ["neg2 302", "0202"],
  ["neg2 2ff", "ff02"],
  ["neg2 310", "1003"],
  ["neg2 311 enc", "1103"],
  ["neg2 222", ""],
  ["neg2 0 dialects", ""],
  ["neg2 short dialects", ""],
];

for (const [name, dialect] of CLASSIC_DIALECTS_2) {
  Deno.test(`SMB: classic takes the lowest dialect, SMB-14: ${name}`, () => {
    const request = named(name).turns[0]!.request;
    strictEqual(cut(new Conversation(classic).send(request), 72, 74), dialect);
  });
}

Deno.test("SMB: classic sets up sessions of SMB2 as the original, SMB-18", () => {
  const { requests, answers } = replay(
    named("ss2 spnego"),
    new Conversation(classic),
  );
  for (const i of [1, 2]) {
    strictEqual(
      answers[i],
      "000000e7" + "fe534d42" + "4000" + "0000" + "00000000" + "0100" +
        "0100" + "01000000" + "00000000" + cut(requests[i]!, 28, 52) +
        "00".repeat(16) + "0900" + "0000" + "4800" + "9f00" + RESP,
    );
  }
});

Deno.test("SMB: classic notes a login and the original's challenge", () => {
  const conversation = new Conversation(classic);
  replay(named("ss2 spnego"), conversation);
  const notes = conversation.notes[2]!;
  strictEqual(notes["user.name"], hexOf("u"));
  strictEqual(notes["ntlm.response"], "4e".repeat(24));
  strictEqual(notes["ntlm.challenge"], "2491a8f6f3892d34");
});

Deno.test("SMB: classic says nothing to other commands, SMB-02 and SMB-11", () => {
  for (const name of ["echo1 nosess", "tc2 nosess", "logoff2 nosess"]) {
    const conversation = new Conversation(classic);
    const { answers } = replay(named(name), conversation);
    strictEqual(answers.length, 1);
    strictEqual(conversation.end, "open");
  }
});
