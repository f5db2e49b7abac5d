/**
 * Puts records together to what happened, and tells those who listen.
 *
 * ```text
 *  SYN ──────────────► kept for a while ─┐
 *  message ──────────► kept ─────────────┤
 *  flow is over ─────► joined by its id ─┴─► a conversation
 *  message, frame ───► of UDP ─────────────► a conversation
 *  each of these, and any other frame ─────► counted by source ─► a visit
 * ```
 *
 * @module
 */

import { Translations } from "../address/translation.ts";
import { lineOf, nameOf, valueOf } from "../note.ts";
import type { Protocol } from "../protocol.ts";
import { DEPTH_OF } from "../record/layout.ts";
import type {
  AnyRecord,
  FlowRecord,
  FrameRecord,
  MessageRecord,
  Peers,
} from "../record/records.ts";
import { FIRST_UNANSWERED, isExchange, VERDICT } from "../verdict.ts";
import { Attempts, type Encounter } from "./attempts.ts";
import type { Conversation, Ending, Listener, Visit } from "./conversation.ts";
import { FlowId } from "./flow_id.ts";
import { Omitted } from "./omitted.ts";
import { Pending } from "./pending.ts";
import type { Recogniser } from "../scanner/recogniser.ts";
import { type Syn, Syns } from "./syns.ts";
import { type BusySource, Visits } from "./visits.ts";
import { Witness } from "./witness.ts";

const TCP = 6;
const UDP = 17;
const UDP_HEADER_LEN = 8;
const SYN_MAX_MS = 300_000; // after which our cookie is refused anyway
const DATAGRAMS_A_SECOND = 1000; // that are told one by one

/** By number of `FORGOTTEN`. */
const ENDINGS: readonly Ending[] = [
  "closed",
  "idle",
  "evicted",
  "reclaimed",
  "stopped",
];

/** What happens, from records. */
export class Journal {
  readonly #iface: string | undefined;
  readonly #protocols: readonly Protocol[];
  readonly #recogniser: Recogniser;
  readonly #witness: Witness;
  readonly #listeners: readonly Listener[];
  readonly #translations: Translations;
  readonly #ids = new FlowId();
  readonly #syns = new Syns();
  readonly #pending: Pending;
  readonly #attempts: Attempts | undefined; // if anybody wants to know
  readonly #omitted: Omitted;
  readonly #visits: Visits;
  #now = 0;
  #second = 0;
  #datagrams = 0; // told in this second

  /**
   * Opens a journal.
   *
   * @param iface Name of the interface that records are from; absent: a capture.
   * @param protocols Protocols, by the index that records have.
   * @param recogniser Who knows what sources are; is shown what tells.
   * @param listeners Who is told.
   * @param translations What peers call our addresses.
   */
  constructor(
    iface: string | undefined,
    protocols: readonly Protocol[],
    recogniser: Recogniser,
    listeners: readonly Listener[],
    translations: Translations = new Translations(),
  ) {
    this.#iface = iface;
    this.#protocols = protocols;
    this.#recogniser = recogniser;
    this.#witness = new Witness(protocols, recogniser);
    this.#listeners = listeners;
    this.#translations = translations;
    this.#pending = new Pending((messages) => this.#tellDropped(messages));
    this.#omitted = new Omitted((omitted) => {
      for (const listener of listeners) listener.omitted?.(omitted);
    });
    this.#attempts = listeners.some((it) => it.encounter !== undefined)
      ? new Attempts(
        (encounter, named) => this.#tellEncounter(encounter, named),
        ({ src, time }) => this.#omitted.add(src, time),
      )
      : undefined;
    this.#visits = new Visits(iface, recogniser, (visit: Visit) => {
      for (const listener of this.#listeners) listener.visit?.(visit);
    }, (packets) => {
      for (const listener of this.#listeners) {
        listener.overflow?.(this.#now, packets);
      }
    }, translations);
  }

  /**
   * Takes a record.
   *
   * @param record The record; its octets are not kept.
   */
  take(record: AnyRecord): void {
    this.tick(record.time);
    switch (record.kind) {
      case "frame":
        if (record.isProof) this.#takeProof(record);
        if (isExchange(record.verdict)) this.#takeFrame(record);
        else if (record.isNews) this.#witness.take(record);
        break;
      case "message":
        this.#witness.take(record);
        this.#takeMessage(record);
        break;
      case "flow":
        this.#takeFlow(record);
        break;
      case "dropped":
        this.#tellDropped(record.count);
    }
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#now = now;
    this.#attempts?.tick(now);
    this.#omitted.tick(now);
    this.#visits.tick(now);
  }

  /** Finds the sources that sent most: see {@linkcode Visits.busiest}. */
  busiest(count: number): readonly BusySource[] {
    return this.#visits.busiest(count);
  }

  /** Tells everything that there is to tell. */
  end(): void {
    this.#attempts?.tick();
    this.#omitted.tick();
    this.#visits.end();
  }

  /** Somebody got our SYN-ACK, and says so, or begins to talk. */
  #takeProof(frame: FrameRecord): void {
    if (frame.verdict !== VERDICT.tcp_handshake_ack) {
      this.#attempts?.forget(frame);
      return;
    }
    this.#syns.acknowledge(frame);
    this.#attempts?.establish(frame);
  }

  #takeFrame(frame: FrameRecord): void {
    if (this.#visits.frame(frame)) this.#witness.take(frame);
    if (frame.verdict === VERDICT.tcp_syn_ack) this.#syns.add(frame);
    if (frame.protocol === UDP && frame.srcPort !== 0) {
      this.#tell(this.#datagram(frame));
    } else if (frame.depth === DEPTH_OF.transport) {
      this.#attempts?.take(frame);
    }
  }

  #takeMessage(record: MessageRecord): void {
    if (record.protocol === TCP) this.#attempts?.forget(record);
    const protocol = this.#protocols[record.application];
    const values = new Map<string, string | number>();
    const lines = new Map<string, string>();
    for (const [index, octets] of record.notes) {
      const field = protocol!.fields[index]!;
      values.set(nameOf(field), valueOf(field, octets));
      lines.set(nameOf(field), lineOf(field, octets));
    }
    const { answerLen, isAnswered, requestLen, time } = record;
    const summary = isAnswered && lines.size > 0
      ? protocol!.summary(lines)
      : "";
    this.#pending.addMessage(this.#ids.of(record), {
      time,
      protocol: protocol?.name,
      isAnswered,
      requestLen,
      answerLen,
      values,
      summary,
      payload: record.payload.slice(),
      answer: record.answer.slice(),
    });
  }

  #takeFlow(record: FlowRecord): void {
    this.#visits.flow(record);
    this.#attempts?.forget(record);
    const id = this.#ids.of(record);
    const { messages, omitted } = this.#pending.take(id);
    const syn = this.#syns.take(record);
    const { srcMac, why } = record;
    const isAcknowledged = syn !== undefined && syn.ackLen > 0;
    // Unless the flow began with it.
    const history = isAcknowledged && !record.history.startsWith("ShA")
      ? `ShA${record.history.slice(2).replace("A", "")}`
      : record.history;
    const countsAck = history !== record.history;
    let ending = ENDINGS[why]!;
    if (ending === "closed") {
      if (/[Rr]/.test(history)) ending = "reset";
      else if (!/[Ff]/.test(history)) ending = "replaced";
    }
    this.#tell({
      ...record,
      iface: this.#iface,
      id,
      start: startOf(record, syn),
      packetsIn: record.packetsIn + (syn === undefined ? 0 : 1) +
        (countsAck ? 1 : 0),
      packetsInLen: record.packetsInLen + (syn?.packetLen ?? 0) +
        (countsAck ? syn!.ackLen : 0),
      history,
      packetsOut: record.packetsOut + (syn === undefined ? 0 : 1),
      packetsOutLen: record.packetsOutLen + (syn?.sentLen ?? 0),
      ending,
      srcMac: srcMac.slice(),
      messages,
      messagesOmitted: omitted,
      scanners: this.#recogniser.about(record.src),
    });
  }

  /** A datagram and what answered it. */
  #datagram(frame: FrameRecord): Conversation {
    const id = this.#ids.of(frame);
    const { messages, omitted } = this.#pending.take(id);
    const { packetLen, sentLen, verdict } = frame;
    const isRefused = verdict === VERDICT.port_unreachable;
    const isAnswered = verdict < FIRST_UNANSWERED && !isRefused;
    const headerLen = frame.src.length === 4 ? 20 : 40;
    const payloadLen = (length: number): number =>
      Math.max(length - headerLen - UDP_HEADER_LEN, 0);
    const { dst, dstPort, protocol, seed, src, srcPort, time, vlan } = frame;
    return {
      time,
      src,
      dst,
      protocol,
      srcPort,
      dstPort,
      vlan,
      seed,
      iface: this.#iface,
      id,
      start: frame.time,
      end: frame.time,
      ending: isRefused ? "refused" : isAnswered ? "answered" : "unanswered",
      srcMac: frame.srcMac.slice(),
      packetsIn: 1,
      packetsInLen: packetLen,
      packetsOut: sentLen > 0 ? 1 : 0,
      packetsOutLen: sentLen,
      payloadIn: payloadLen(packetLen),
      payloadOut: isRefused ? 0 : payloadLen(sentLen),
      history: "",
      messages,
      messagesOmitted: omitted,
      scanners: this.#recogniser.about(frame.src),
    };
  }

  /** Tells of a conversation, unless there are too many datagrams. */
  #tell(conversation: Conversation): void {
    const isOmitted = conversation.protocol === UDP &&
      this.#isTooMuch(conversation.time);
    this.#visits.conversation(conversation, isOmitted);
    if (isOmitted) {
      this.#omitted.add(conversation.src, conversation.time);
      return;
    }
    const told = this.#translated(conversation);
    for (const listener of this.#listeners) listener.conversation?.(told);
  }

  #tellEncounter(encounter: Encounter, named: Peers): void {
    const whole = this.#translated({
      ...encounter,
      iface: this.#iface,
      id: this.#ids.of(named),
      scanners: this.#recogniser.about(encounter.src),
    });
    for (const listener of this.#listeners) listener.encounter?.(whole);
  }

  /** The same with our address as the peer knows it. */
  #translated(conversation: Conversation): Conversation {
    const { dst: inner } = conversation;
    const dst = this.#translations.outerOf(inner);
    return dst === undefined ? conversation : { ...conversation, dst, inner };
  }

  /** Counts datagrams: who sends them may have forged his address. */
  #isTooMuch(time: number): boolean {
    const second = Math.floor(time / 1000);
    if (second !== this.#second) this.#datagrams = 0;
    this.#second = second;
    return this.#datagrams++ >= DATAGRAMS_A_SECOND;
  }

  #tellDropped(count: number): void {
    for (const listener of this.#listeners) {
      listener.dropped?.(this.#now, count);
    }
  }
}

/**
 * When a connection began: with its SYN, if that is remembered, and nobody has
 * set the clock since.
 */
function startOf({ start }: FlowRecord, syn: Syn | undefined): number {
  const waited = start - (syn?.time ?? start);
  return waited >= 0 && waited <= SYN_MAX_MS ? start - waited : start;
}
