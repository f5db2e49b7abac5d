/**
 * Capture files of the newer format, draft-ietf-opsawg-pcapng: the blocks that
 * a capture of ours is made of, besides its packets.
 *
 * ```text
 *  block:   | type (4) | length (4) | body, options … | length (4) |
 *  option:  | code (2) | length (2) | value, padded to 4 |
 *  file:    | section header | interface … | packet … | statistics … |
 * ```
 *
 * Numbers are in the order of little-endian machines.
 *
 * @module
 */

import { encode, join } from "./octets.ts";

/** Type of a section header block. */
export const SECTION_HEADER = 0x0a0d0d0a;
/** Type of an interface description block. */
export const INTERFACE_DESCRIPTION = 1;
/** Type of a simple packet block. */
export const SIMPLE_PACKET = 3;
/** Type of an interface statistics block. */
export const INTERFACE_STATISTICS = 5;
/** Type of an enhanced packet block. */
export const ENHANCED_PACKET = 6;

/** Tells the order of octets. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Length of a block without body: its type and, twice, its length. */
export const BLOCK_OVERHEAD = 12;
/** Offset of a block's length. */
export const LENGTH_AT = 4;
/** Offset of the length of an enhanced packet block's packet. */
export const KEPT_LEN_AT = 20;
/** Offset of the packet itself; its options follow it, padded. */
export const PACKET_AT = 28;
/** Code of an option that is text for people. */
export const OPT_COMMENT = 1;
/** Length of an option's code and length. */
export const OPTION_HEADER_LEN = 4;
/** Link type of Ethernet. */
export const LINKTYPE_ETHERNET = 1;

/** Longest frame that is kept whole, in octets. */
export const SNAP_LEN = 262_144;

/** Code of the option that says the unit of time of an interface. */
export const IF_TSRESOL = 9;

// Codes of other options.
const END_OF_OPTIONS = 0;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_MACADDR = 6;
const ISB_STARTTIME = 2;
const ISB_ENDTIME = 3;
const ISB_IFRECV = 4;
const ISB_IFDROP = 5;
const NANOSECONDS = 9; // a negative power of ten

/** An interface, as a capture describes it. */
export interface CaptureInterface {
  /** Its name. */
  readonly name: string;
  /** Hardware address that answers there, 6 octets. */
  readonly mac: Uint8Array;
}

/** What was counted on an interface while a file was written. */
export interface CaptureStatistics {
  /** When counting began, in milliseconds since 1970. */
  readonly start: number;
  /** When it ended, in milliseconds since 1970. */
  readonly end: number;
  /** Packets that the capture was to hold. */
  readonly received: number;
  /** How many of them it does not hold. */
  readonly dropped: number;
}

/**
 * Makes what a file begins with.
 *
 * @param program Name and version of what writes it.
 * @param interfaces Interfaces that packets refer to, by their place here.
 * @returns A section header and the description of each interface.
 */
export function captureHeader(
  program: string,
  interfaces: readonly CaptureInterface[],
): Uint8Array<ArrayBuffer> {
  const section = new DataView(new ArrayBuffer(16));
  section.setUint32(0, BYTE_ORDER_MAGIC, true);
  section.setUint16(4, 1, true); // version 1.0
  section.setBigInt64(8, -1n, true); // of a length that is not yet known
  return join(
    block(SECTION_HEADER, section, [[SHB_USERAPPL, encode(program)]]),
    ...interfaces.map(({ mac, name }) => {
      const body = new DataView(new ArrayBuffer(8));
      body.setUint16(0, LINKTYPE_ETHERNET, true);
      body.setUint32(4, SNAP_LEN, true);
      return block(INTERFACE_DESCRIPTION, body, [
        [IF_NAME, encode(name)],
        [IF_MACADDR, mac],
        [IF_TSRESOL, Uint8Array.of(NANOSECONDS)],
      ]);
    }),
  );
}

/**
 * Makes what a file ends with.
 *
 * @param statistics What was counted on each interface, in the same order.
 * @returns Statistics of each interface.
 */
export function captureTrailer(
  statistics: readonly CaptureStatistics[],
): Uint8Array<ArrayBuffer> {
  return join(...statistics.map(({ dropped, end, received, start }, i) => {
    const body = new DataView(new ArrayBuffer(12));
    body.setUint32(0, i, true);
    new Uint8Array(body.buffer).set(stamp(end), 4);
    return block(INTERFACE_STATISTICS, body, [
      [ISB_STARTTIME, stamp(start)],
      [ISB_ENDTIME, stamp(end)],
      [ISB_IFRECV, count(received)],
      [ISB_IFDROP, count(dropped)],
    ]);
  }));
}

type Option = readonly [code: number, value: Uint8Array];

function block(
  type: number,
  body: DataView<ArrayBuffer>,
  options: readonly Option[],
): Uint8Array<ArrayBuffer> {
  const all: Option[] = [...options, [END_OF_OPTIONS, new Uint8Array(0)]];
  const parts = all.map(([code, value]) => {
    const option = new Uint8Array(4 + padded(value.length));
    option.set(value, 4);
    const view = new DataView(option.buffer);
    view.setUint16(0, code, true);
    view.setUint16(2, value.length, true);
    return option;
  });
  const octets = join(
    new Uint8Array(8),
    new Uint8Array(body.buffer),
    ...parts,
    new Uint8Array(4),
  );
  const view = new DataView(octets.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, octets.length, true);
  view.setUint32(octets.length - 4, octets.length, true);
  return octets;
}

/**
 * Rounds a length up to what it takes in a block.
 *
 * @param length Length, in octets.
 * @returns A multiple of 4.
 */
export function padded(length: number): number {
  return length + 3 & ~3;
}

/** A time of whole milliseconds, as nanoseconds: the high half first. */
function stamp(milliseconds: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  const time = BigInt(Math.floor(milliseconds)) * 1_000_000n;
  view.setUint32(0, Number(time >> 32n), true);
  view.setUint32(4, Number(time & 0xffffffffn), true);
  return new Uint8Array(view.buffer);
}

function count(number: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(number)).buffer);
}
