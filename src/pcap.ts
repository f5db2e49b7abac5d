/**
 * Classic capture files, draft-ietf-opsawg-pcap §4: what tcpdump -w writes.
 *
 * @module
 */

const FILE_HEADER_LEN = 24;
const RECORD_HEADER_LEN = 16;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const SNAP_LEN = 262_144;

/** A captured frame. */
export interface CapturedFrame {
  /** When it was captured, in milliseconds since 1970. */
  readonly time: number;
  /** Its octets, as far as they were kept. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Whether octets at its end were not kept. */
  readonly isCut: boolean;
}

/**
 * Reads the frames of a capture.
 *
 * @param file Octets of the file.
 * @returns Each frame, in file order. One that the file ends in the middle of
 * is left out, as when the program that wrote it was stopped.
 * @throws {SyntaxError} If it is not a capture of Ethernet frames.
 */
export function* readPcap(
  file: Uint8Array<ArrayBuffer>,
): Generator<CapturedFrame> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < FILE_HEADER_LEN) throw new SyntaxError("it is too short");
  const isLittle = isMagic(view.getUint32(0, true));
  const magic = view.getUint32(0, isLittle);
  if (!isMagic(magic)) throw new SyntaxError("it is not a capture");
  const linkType = view.getUint32(20, isLittle) & 0xfffffff;
  if (linkType !== LINKTYPE_ETHERNET) {
    throw new SyntaxError(`its link type is ${linkType}, not Ethernet (1)`);
  }

  const fractions = magic === MAGIC_NANOSECONDS ? 1e6 : 1e3; // a millisecond
  let at = FILE_HEADER_LEN;
  while (file.length - at >= RECORD_HEADER_LEN) {
    const seconds = view.getUint32(at, isLittle);
    const fraction = view.getUint32(at + 4, isLittle);
    const keptLen = view.getUint32(at + 8, isLittle);
    const wholeLen = view.getUint32(at + 12, isLittle);
    at += RECORD_HEADER_LEN;
    if (keptLen > file.length - at) return;
    const octets = file.subarray(at, at + keptLen);
    const time = seconds * 1000 + fraction / fractions;
    yield { time, octets, isCut: keptLen < wholeLen };
    at += keptLen;
  }
}

function isMagic(number: number): boolean {
  return number === MAGIC_MICROSECONDS || number === MAGIC_NANOSECONDS;
}

/**
 * Makes the header that a capture begins with.
 *
 * @returns Its octets.
 */
export function pcapHeader(): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(FILE_HEADER_LEN));
  view.setUint32(0, MAGIC_MICROSECONDS, true);
  view.setUint16(4, 2, true); // version 2.4
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LEN, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return new Uint8Array(view.buffer);
}

/**
 * Makes the record of a frame.
 *
 * @param time When it was captured, in milliseconds since 1970.
 * @param octets The whole frame.
 * @returns Octets of the record.
 */
export function pcapRecord(
  time: number,
  octets: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(RECORD_HEADER_LEN + octets.length);
  const view = new DataView(record.buffer);
  const microseconds = Math.round(time * 1000);
  view.setUint32(0, Math.floor(microseconds / 1e6), true);
  view.setUint32(4, microseconds % 1e6, true);
  view.setUint32(8, octets.length, true);
  view.setUint32(12, octets.length, true);
  record.set(octets, RECORD_HEADER_LEN);
  return record;
}
