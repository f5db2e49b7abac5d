/**
 * What a scanner is, to the rest of the program: a name, and what gives it
 * away.
 *
 * Nothing is claimed on a coincidence, so every sign says what its odds are.
 * They count only what the sender of an innocent packet leaves to chance: a
 * sequence number, an identification, a timestamp. That a window or a list of
 * options is rare counts for nothing, since somebody else may like it too; it
 * is granted to the innocent packet, and can only make a *shape*: a combination
 * that no operating system's own stack sends.
 *
 * @module
 */

import type { Packet } from "./packet.ts";

/** How sure a name is. */
export type Confidence = "medium" | "high";

/** Something that gives a scanner away. */
export interface Sign {
  /** What it is, for people: a clause without a subject. */
  readonly evidence: string;
  /**
   * How many bits that others leave to chance have to be as they are: an
   * innocent packet of the same shape passes once in 2^bits. 0: it always does.
   */
  readonly bits: number;
  /** Whether only somebody who builds packets himself sends such a shape. */
  readonly isShape: boolean;
}

/** What gives a scanner away in a single packet. */
export interface PacketSign extends Sign {
  /** Whether a packet of the kind that the sign is listed under shows it. */
  readonly matches: (packet: Packet) => boolean;
}

/** What gives a scanner away in two SYNs that one source sent in a row. */
export interface PairSign extends Sign {
  /** Whether the two, which are not the same one twice, show it. */
  readonly matches: (first: Syn, second: Syn) => boolean;
}

/** What gives a scanner away in what it says to an application. */
export interface WordSign extends Sign {
  /** Field of a protocol, in ECS spelling, that it is looked for in. */
  readonly field: string;
  /** What that has to contain. */
  readonly words: string;
}

/** Everything the program knows about one scanner. */
export interface Scanner {
  /** Name, as its makers write it. */
  readonly name: string;
  /** ECS `threat.software.type`. */
  readonly type: "Tool" | "Malware";
  /** In TCP segments that open a connection. */
  readonly syn?: readonly PacketSign[];
  /** In other TCP segments. */
  readonly segment?: readonly PacketSign[];
  /** In UDP datagrams. */
  readonly datagram?: readonly PacketSign[];
  /** In ICMP messages. */
  readonly icmp?: readonly PacketSign[];
  /** In two SYNs in a row. */
  readonly pair?: readonly PairSign[];
  /** In what it says to an application. */
  readonly words?: readonly WordSign[];
}

/** What is remembered of a SYN until the next one of the same source. */
export interface Syn {
  /** The sign that it showed. */
  readonly sign: PacketSign | undefined;
  /** TCP sequence number, as an int32 bit pattern. */
  readonly seq: number;
  /** Last four octets of the address that it went to, in the same way. */
  readonly dst: number;
  /** Source port. */
  readonly srcPort: number;
  /** Destination port. */
  readonly dstPort: number;
}

/** A scanner that has been recognised. */
export interface Recognition {
  /** Its name, as its makers write it. */
  readonly name: string;
  /** ECS `threat.software.type`. */
  readonly type: Scanner["type"];
  /** How sure that is. */
  readonly confidence: Confidence;
  /** What gives it away, for people. */
  readonly evidence: string;
  /** See {@linkcode Sign.bits}. */
  readonly bits: number;
}

/**
 * Tells how sure a sign is.
 *
 * @param sign The sign.
 * @returns `high` if chance is out of the question: 32 bits, or 16 in a shape
 * that is telling by itself; `medium` for such a shape alone; `undefined` if
 * it is no reason to name anybody.
 */
export function confidenceOf({ bits, isShape }: Sign): Confidence | undefined {
  if (bits >= 32 || (isShape && bits >= 16)) return "high";
  return isShape ? "medium" : undefined;
}

/** In place of a protocol's field: what no protocol understood. */
export const PAYLOAD = "payload";

/**
 * Makes a sign of words that nobody says by chance.
 *
 * @param field Field that they are looked for in, or {@linkcode PAYLOAD}.
 * @param words The words, in ASCII.
 * @returns The sign.
 */
export function word(field: string, words: string): WordSign {
  return {
    evidence: `"${words}" in ${field}`,
    field,
    words,
    bits: 8 * words.length,
    isShape: true,
  };
}
