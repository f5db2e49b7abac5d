/**
 * Exchanges that came to no conversation: SYNs that nothing followed, pings,
 * segments of no connection.
 *
 * ```text
 *  SYN ─────► a connection attempt, for 5 s ──► told of
 *  ACK ─────► established, for 60 s ──────────► told of
 *  RST ─────► over ───────────────────────────► told of
 *  data ────► a conversation, which tells of itself
 *  others ────────────────────────────────────► told of at once
 * ```
 *
 * @module
 */

import type { FrameRecord, Peers } from "../record/records.ts";
import { FIRST_UNANSWERED, VERDICT } from "../verdict.ts";
import { AgingMap } from "./aging_map.ts";
import type { Conversation, Ending } from "./conversation.ts";
import { letterOf, RST } from "./history.ts";

/** How long Zeek waits for an answer to a SYN, too: `tcp_attempt_delay`. */
const HALF_OPEN_MS = 5000;
/** As long as the stack waits for somebody who has said something. */
const SILENT_MS = 60_000;
const TOLD_A_SECOND = 1000;
const SILENT_MAX = 16_384; // that are remembered

const TCP = 6;
const UDP = 17;
const ICMP_HEADER_LEN = 8;

/** What there is to tell: all but what only the journal knows. */
export type Encounter = Omit<Conversation, "iface" | "id" | "scanners">;

interface Attempt {
  /** Who talks with whom, and since when; octets are our own. */
  readonly peers: Peers;
  readonly srcMac: Uint8Array;
  /** Of a SYN, what tells it from others. */
  readonly seq: number;
  /** ICMP type and code. */
  readonly typeCode: number;
  readonly payloadIn: number;
  history: string;
  end: number;
  packetsIn: number;
  packetsInLen: number;
  packetsOut: number;
  packetsOutLen: number;
}

/** Takes what there is to tell, with what names it. */
export type OnEncounter = (encounter: Encounter, named: Peers) => void;
/** Takes a record of what is too much to tell. */
export type OnTooMuch = (frame: FrameRecord) => void;

/** Everything that came to no conversation. */
export class Attempts {
  readonly #onEncounter: OnEncounter;
  readonly #onTooMuch: OnTooMuch;
  readonly #halfOpen = new AgingMap<string, Attempt>(); // by who talks with whom
  readonly #silent = new AgingMap<string, Attempt>();
  #second = 0;
  #begun = 0; // in this second

  /**
   * Begins with nothing.
   *
   * @param onEncounter Called with what is over.
   * @param onTooMuch Called with what began when there was too much already.
   */
  constructor(onEncounter: OnEncounter, onTooMuch: OnTooMuch) {
    this.#onEncounter = onEncounter;
    this.#onTooMuch = onTooMuch;
  }

  /** Attempts that are not over. */
  get size(): number {
    return this.#halfOpen.size + this.#silent.size;
  }

  /**
   * Takes a frame that belongs to no connection.
   *
   * @param frame Its record; not kept.
   */
  take(frame: FrameRecord): void {
    const key = frame.protocol === TCP ? keyOf(frame) : undefined;
    const attempt = key && (this.#halfOpen.get(key) ?? this.#silent.get(key));
    if (key && attempt) {
      if (
        frame.verdict !== VERDICT.tcp_syn_ack || frame.seq === attempt.seq
      ) {
        count(attempt, frame);
        if ((frame.typeCode & RST) !== 0) this.#end(key, "reset");
        return;
      }
      this.#end(key, "replaced");
    }
    if (this.#isTooMuch(frame.time)) this.#onTooMuch(frame);
    else if (key && frame.verdict === VERDICT.tcp_syn_ack) {
      this.#halfOpen.set(key, attemptOf(frame));
    } else {
      this.#onEncounter(encounterOf(attemptOf(frame), endingOf(frame)), frame);
    }
  }

  /**
   * Takes a segment that proves that its sender got our SYN-ACK, and says no
   * more.
   *
   * @param frame Its record; not kept.
   */
  establish(frame: FrameRecord): void {
    const key = keyOf(frame);
    const attempt = this.#halfOpen.delete(key);
    if (attempt === undefined) return;
    count(attempt, frame);
    this.#silent.set(key, attempt);
    if (this.#silent.size > SILENT_MAX) {
      this.#end(this.#silent.oldest!.key, "evicted");
    }
  }

  /**
   * Forgets an attempt that became a conversation.
   *
   * @param peers Any record of it.
   */
  forget(peers: Peers): void {
    if (this.size === 0) return;
    const key = keyOf(peers);
    if (this.#halfOpen.delete(key) === undefined) this.#silent.delete(key);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970; absent: it is over.
   */
  tick(now = Infinity): void {
    const ending = now === Infinity ? "stopped" : "idle";
    for (
      const [attempts, patience] of [
        [this.#halfOpen, HALF_OPEN_MS],
        [this.#silent, SILENT_MS],
      ] as const
    ) {
      for (let oldest; (oldest = attempts.oldest) !== undefined;) {
        if (now - oldest.value.end < patience) break;
        this.#end(oldest.key, ending);
      }
    }
  }

  #end(key: string, ending: Ending): void {
    const attempt = this.#halfOpen.delete(key) ?? this.#silent.delete(key)!;
    this.#onEncounter(encounterOf(attempt, ending), attempt.peers);
  }

  /** Counts: who sends them may have forged his address. */
  #isTooMuch(time: number): boolean {
    const second = Math.floor(time / 1000);
    if (second !== this.#second) this.#begun = 0;
    this.#second = second;
    return this.#begun++ >= TOLD_A_SECOND;
  }
}

function keyOf({ dst, dstPort, src, srcPort, vlan }: Peers): string {
  return `${src.toHex()}${dst.toHex()}${srcPort}.${dstPort}.${vlan}`;
}

function attemptOf(frame: FrameRecord): Attempt {
  const { dstPort, protocol, seed, srcPort, time, vlan } = frame;
  const src = frame.src.slice();
  const dst = frame.dst.slice();
  const attempt: Attempt = {
    peers: { time, src, dst, protocol, srcPort, dstPort, vlan, seed },
    srcMac: frame.srcMac.slice(),
    seq: frame.seq,
    typeCode: frame.typeCode,
    payloadIn: payloadLenOf(frame),
    history: "",
    end: time,
    packetsIn: 0,
    packetsInLen: 0,
    packetsOut: 0,
    packetsOutLen: 0,
  };
  count(attempt, frame);
  return attempt;
}

/** Counts a frame, and what answered it. */
function count(attempt: Attempt, frame: FrameRecord): void {
  const { packetLen, protocol, sentFlags, sentLen, time, typeCode } = frame;
  attempt.end = Math.max(attempt.end, time);
  attempt.packetsIn++;
  attempt.packetsInLen += packetLen;
  if (sentLen > 0) attempt.packetsOut++;
  attempt.packetsOutLen += sentLen;
  if (protocol !== TCP) return;
  if (frame.verdict === VERDICT.checksum_wrong) add(attempt, "C");
  else add(attempt, letterOf(typeCode, payloadLenOf(frame)));
  if (sentLen > 0) add(attempt, letterOf(sentFlags, 0).toLowerCase());
}

/** Appends a letter, unless it is there. */
function add(attempt: Attempt, letter: string): void {
  if (!attempt.history.includes(letter)) attempt.history += letter;
}

function endingOf({ verdict }: FrameRecord): Ending {
  if (verdict === VERDICT.tcp_reset_sent) return "refused";
  return verdict < FIRST_UNANSWERED ? "answered" : "unanswered";
}

function encounterOf(attempt: Attempt, ending: Ending): Encounter {
  const { payloadIn, peers, typeCode, seq: _, ...rest } = attempt;
  const isIcmp = peers.protocol !== TCP && peers.protocol !== UDP;
  return {
    ...peers,
    ...rest,
    ...isIcmp ? { srcPort: typeCode >> 8, dstPort: typeCode & 0xff } : {},
    start: peers.time,
    ending,
    payloadIn,
    payloadOut: isIcmp && rest.packetsOut > 0 ? payloadIn : 0, // an echo
    messages: [],
    messagesOmitted: 0,
  };
}

/** Octets behind the headers of a segment or an ICMP message. */
function payloadLenOf(
  { packet, packetLen, protocol, src }: FrameRecord,
): number {
  const ipLen = src.length === 4 ? 4 * ((packet[0] ?? 0) & 0xf) : 40;
  const headerLen = protocol === TCP
    ? 4 * ((packet[ipLen + 12] ?? 0) >> 4)
    : ICMP_HEADER_LEN;
  return Math.max(packetLen - ipLen - headerLen, 0);
}
