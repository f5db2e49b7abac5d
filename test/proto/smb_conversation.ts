/**
 * Conversations in SMB without a stack around them, and those that Samba had.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert/strict";
import { nameOf } from "../../src/note.ts";
import { Arena } from "../../src/arena.ts";
import type { Persona } from "../../src/persona.ts";
import { linux } from "../../src/persona/linux.ts";
import { smb } from "../../src/proto/smb.ts";
import { CLOSE, DECLINE, MORE, TCP } from "../../src/protocol.ts";
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
/** FILETIME of when all conversations take place. */
export const FILE_TIME = "f052682212c4dc01";
/** FILETIME of the second that it is in. */
export const FILE_TIME_SECOND = "80e3cf2112c4dc01";
const STREAM_MAX = 65_536;
/** What a CHALLENGE of NTLMSSP begins with. */
export const CHALLENGE_TYPE = "4e544c4d5353500002000000";

type End = "open" | "closed" | "declined" | "not smb";
type Notes = Readonly<Record<string, string>>;

/** One side of a conversation, the other of which is under test. */
export class Conversation {
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

  /**
   * Begins a conversation.
   *
   * @param persona Who is under test.
   * @param transport What carries it.
   */
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
export function packetsOf(hex: string): string[] {
  const packets: string[] = [];
  for (let at = 0; at < hex.length;) {
    const end = at + 8 + 2 * parseInt(hex.slice(at + 2, at + 8), 16);
    packets.push(hex.slice(at, end));
    at = end;
  }
  return packets;
}

/** Octets `[at, end)` of a packet. */
export function cut(hex: string, at: number, end: number): string {
  return hex.slice(2 * at, 2 * end);
}

/** A packet with other octets from `at` on. */
export function patch(hex: string, at: number, octets: string): string {
  return hex.slice(0, 2 * at) + octets + hex.slice(2 * at + octets.length);
}

// Offset and length of the identifier of a session, by version.
const SESSION = { fe: [44, 8], ff: [32, 2] } as const;

/** Offset and octets of the identifier of a packet's session. */
export function sessionOf(packet: string): readonly [at: number, id: string] {
  const version = cut(packet, 4, 5);
  if (version !== "fe" && version !== "ff") return [0, ""];
  const [at, length] = SESSION[version];
  return [at, cut(packet, at, at + length)];
}

/** What a server was asked and answered. */
export interface Recording {
  /** What it shows. */
  readonly name: string;
  /** Requests, each with the answers that it got. */
  readonly turns: readonly { request: string; answers: string[] }[];
  /** Whether the server ended it. */
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

/** What Samba was asked and answered. */
export const RECORDINGS: readonly Recording[] = readRecordings();

/**
 * Asks what Samba was asked. Where it was asked with the session that it had
 * given, we are asked with ours.
 */
export function replay(
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

/** An SMB message in a session message. */
export function frame(message: string): string {
  return (message.length / 2).toString(16).padStart(8, "0") + message;
}

/** Octets of ASCII text. */
export function hexOf(text: string): string {
  return new TextEncoder().encode(text).toHex();
}

/** A recording, by its name. */
export function named(name: string): Recording {
  return RECORDINGS.find((recording) => recording.name === name)!;
}

/** A NEGOTIATE of SMB1. */
export const NEGOTIATE_1: string = named("neg1 nt").turns[0]!.request;
/** A NEGOTIATE of SMB2. */
export const NEGOTIATE_2: string = named("neg2 210").turns[0]!.request;
