/**
 * What happened, put together from records: who talked with us, and what about.
 *
 * @module
 */

import type { Peers } from "../record/records.ts";
import type { OmittedCount } from "./omitted.ts";
import type { Recognition } from "../scanner/scanner.ts";

/** What was noted of a message, by name. */
export type Values = ReadonlyMap<string, string | number>;

/** One message of a conversation. */
export interface Message {
  /** When it was answered, in milliseconds since 1970. */
  readonly time: number;
  /** Name of the protocol; absent: nobody's. */
  readonly protocol: string | undefined;
  /** Whether the protocol understood it. */
  readonly isAnswered: boolean;
  /** Length of the message, in octets. */
  readonly requestLen: number;
  /** Length of the answer, in octets. */
  readonly answerLen: number;
  /** What was noted. */
  readonly values: Values;
  /** One line for a person, safe to print; empty if there is nothing to say. */
  readonly summary: string;
  /** First octets of what nobody understood; otherwise empty. */
  readonly payload: Uint8Array;
  /** First octets of the answer; empty if there is none. */
  readonly answer: Uint8Array;
}

/** Why a conversation is over. */
export type Ending =
  | "closed"
  | "reset"
  | "replaced"
  | "idle"
  | "evicted"
  | "reclaimed"
  | "stopped"
  | "answered"
  | "refused"
  | "unanswered";

/** A TCP connection, or a datagram and its answer. */
export interface Conversation extends Peers {
  /** Our address as the peer knows it. */
  readonly dst: Uint8Array;
  /** Our address in the packets, if that is another. */
  readonly inner?: Uint8Array;
  /** Name of the interface; absent: a capture. */
  readonly iface: string | undefined;
  /** Tells it from all others. */
  readonly id: string;
  /** When it began, in milliseconds since 1970. */
  readonly start: number;
  /** When the peer spoke last, in milliseconds since 1970. */
  readonly end: number;
  /** Why it is over. */
  readonly ending: Ending;
  /** The peer's hardware address. */
  readonly srcMac: Uint8Array;
  /** Packets that came in, as far as they were counted. */
  readonly packetsIn: number;
  /** Packets that were sent. */
  readonly packetsOut: number;
  /** Octets of those that came in, with the headers of IP and above. */
  readonly packetsInLen: number;
  /** Octets of those that were sent, with the headers of IP and above. */
  readonly packetsOutLen: number;
  /** Octets that came in, without headers. */
  readonly payloadIn: number;
  /** Octets that were sent, without headers. */
  readonly payloadOut: number;
  /** What happened on a connection, in the letters of Zeek; else empty. */
  readonly history: string;
  /** Its messages, the first of them at least. */
  readonly messages: readonly Message[];
  /** Further messages, which were only counted. */
  readonly messagesOmitted: number;
  /** What the client is, if its first packet tells. */
  readonly scanners: readonly Recognition[];
}

/** Listens to what happens. */
export interface Listener {
  /** Takes a conversation that is over. */
  conversation?(conversation: Conversation): void;
  /**
   * Takes an exchange that came to no conversation: a SYN that nothing
   * followed, a ping, a segment of no connection. Of ICMP, type and code are in
   * place of ports.
   */
  encounter?(encounter: Conversation): void;
  /** Takes how many exchanges of a second were not told one by one. */
  omitted?(omitted: OmittedCount): void;
  /** Takes what was counted of a source that has been idle, or for long. */
  visit?(visit: Visit): void;
  /** Takes how many packets a source sent that there is no room for. */
  overflow?(time: number, packets: number): void;
  /** Takes how many records are missing. */
  dropped?(time: number, count: number): void;
}

/** Different things of a sort. */
export interface Counted<T> {
  /** How many there were. */
  readonly count: number;
  /** Whether there may have been more. */
  readonly isMinimum: boolean;
  /** The first of them, in order of appearance. */
  readonly first: readonly T[];
}

/** What was counted of a source. */
export interface Visit {
  /** Name of the interface; absent: a capture. */
  readonly iface: string | undefined;
  /** Its address. */
  readonly src: Uint8Array;
  /** Its hardware address, as seen first. */
  readonly srcMac: Uint8Array;
  /** When it was seen first, in milliseconds since 1970. */
  readonly start: number;
  /** When it was seen last. */
  readonly end: number;
  /** Frames and segments that came in. */
  readonly packetsIn: number;
  /** Octets of them, with the headers of IP and above. */
  readonly packetsInLen: number;
  /** Packets that were sent. */
  readonly packetsOut: number;
  /** Octets of them, with the headers of IP and above. */
  readonly packetsOutLen: number;
  /** Our addresses that it talked to: how many, and the first. */
  readonly addresses: Counted<string>;
  /** Ports of TCP that it tried. */
  readonly tcpPorts: Counted<number>;
  /** Ports of UDP that it tried. */
  readonly udpPorts: Counted<number>;
  /** What became of its frames: how many came to each verdict. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** Protocols that it spoke: in how many conversations each. */
  readonly protocols: ReadonlyMap<string, number>;
  /** Conversations, told or not. */
  readonly conversations: number;
  /** Conversations that were not told one by one. */
  readonly omitted: number;
  /** What its packets say it is. */
  readonly scanners: readonly Recognition[];
}
