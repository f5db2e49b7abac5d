/**
 * Reads captures of the newer format, draft-ietf-opsawg-pcapng: what Wireshark
 * writes, and what we do.
 *
 * @module
 */

import type { CapturedFrame } from "./pcap.ts";
import {
  BLOCK_OVERHEAD,
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  IF_TSRESOL,
  INTERFACE_DESCRIPTION,
  LINKTYPE_ETHERNET,
  padded,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from "./pcapng.ts";

/** What is known of an interface. */
interface Interface {
  readonly linkType: number;
  /** Units of time in a millisecond. */
  readonly resolution: number;
}

const MICROSECONDS = 6;

/**
 * Tells whether a file is of this format.
 *
 * @param file Octets of the file.
 * @returns Whether it begins with a section header.
 */
export function isPcapng(file: Uint8Array<ArrayBuffer>): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  return file.length >= 4 && view.getUint32(0) === SECTION_HEADER;
}

/**
 * Reads the frames of a capture.
 *
 * @param file Octets of the file.
 * @returns Each frame, in file order. A block that the file ends in the middle
 * of is left out, as when the program that wrote it was stopped.
 * @throws {SyntaxError} If it is not a capture of Ethernet frames.
 */
export function* readPcapng(
  file: Uint8Array<ArrayBuffer>,
): Generator<CapturedFrame> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let isLittle = true;
  let interfaces: Interface[] = [];
  let at = 0;
  while (file.length - at >= BLOCK_OVERHEAD) {
    if (view.getUint32(at) === SECTION_HEADER) {
      // The same in either order, so that it can tell which one follows.
      isLittle = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      interfaces = [];
    }
    const type = view.getUint32(at, isLittle);
    const length = view.getUint32(at + 4, isLittle);
    if (length < BLOCK_OVERHEAD || length % 4 !== 0) {
      throw new SyntaxError(`a block of it has the length ${length}`);
    }
    if (length > file.length - at) return;
    const body = new DataView(
      file.buffer,
      file.byteOffset + at + 8,
      length - BLOCK_OVERHEAD,
    );
    if (type === INTERFACE_DESCRIPTION) {
      interfaces.push(readInterface(body, isLittle));
    } else if (type === ENHANCED_PACKET || type === SIMPLE_PACKET) {
      const isSimple = type === SIMPLE_PACKET;
      yield readPacket(body, isLittle, isSimple, interfaces);
    }
    at += length;
  }
}

function readInterface(body: DataView, isLittle: boolean): Interface {
  if (body.byteLength < 8) throw tooShort();
  const linkType = body.getUint16(0, isLittle);
  let exponent = MICROSECONDS;
  for (let at = 8; body.byteLength - at > 4;) {
    const code = body.getUint16(at, isLittle);
    const length = body.getUint16(at + 2, isLittle);
    if (code === IF_TSRESOL) exponent = body.getUint8(at + 4);
    at += 4 + padded(length);
  }
  // The highest bit says whether it is a power of 2 or of 10.
  const units = exponent & 0x80 ? 2 ** (exponent & 0x7f) : 10 ** exponent;
  return { linkType, resolution: units / 1000 };
}

function readPacket(
  body: DataView<ArrayBuffer>,
  isLittle: boolean,
  isSimple: boolean,
  interfaces: readonly Interface[],
): CapturedFrame {
  const headerLen = isSimple ? 4 : 20;
  if (body.byteLength < headerLen) throw tooShort();
  const number = isSimple ? 0 : body.getUint32(0, isLittle);
  const iface = interfaces[number];
  if (iface === undefined) {
    throw new SyntaxError(`it does not describe its interface ${number}`);
  }
  if (iface.linkType !== LINKTYPE_ETHERNET) {
    throw new SyntaxError(
      `its link type is ${iface.linkType}, not Ethernet (1)`,
    );
  }
  const wholeLen = body.getUint32(headerLen - 4, isLittle);
  const room = body.byteLength - headerLen;
  const keptLen = isSimple
    ? Math.min(wholeLen, room)
    : body.getUint32(12, isLittle);
  if (keptLen > room) throw tooShort();
  // A simple packet does not say when it came.
  const time = isSimple
    ? 0
    : (body.getUint32(4, isLittle) * 2 ** 32 + body.getUint32(8, isLittle)) /
      iface.resolution;
  const octets = new Uint8Array(
    body.buffer,
    body.byteOffset + headerLen,
    keptLen,
  );
  return { time, octets, isCut: keptLen < wholeLen };
}

function tooShort(): SyntaxError {
  return new SyntaxError("a block of it is too short");
}
