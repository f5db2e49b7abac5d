/**
 * Frames, read and mended by eyes that share no code with the stack.
 *
 * @module
 */

/** Length of an Ethernet header without tags, in octets. */
export const ETHERNET_LEN = 14;
/** IANA protocol numbers. */
export const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** Where the parts of an untagged IP packet are. */
export interface Located {
  readonly addressLen: number;
  readonly srcAt: number;
  readonly dstAt: number;
  readonly protocol: number;
  readonly payloadAt: number;
  readonly end: number;
}

/** Finds the parts of a packet without extension headers. */
export function locate(frame: Uint8Array): Located | undefined {
  if (frame.length < ETHERNET_LEN + 20) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const at = ETHERNET_LEN;
  const type = view.getUint16(12);
  if (type === 0x0800) {
    const payloadAt = at + (view.getUint8(at) & 15) * 4;
    const end = at + view.getUint16(at + 2);
    if (end > frame.length || payloadAt > end) return undefined;
    const protocol = view.getUint8(at + 9);
    const srcAt = at + 12;
    return { addressLen: 4, srcAt, dstAt: at + 16, protocol, payloadAt, end };
  }
  if (type !== 0x86dd || frame.length < at + 40) return undefined;
  const payloadAt = at + 40;
  const end = payloadAt + view.getUint16(at + 4);
  if (end > frame.length) return undefined;
  const protocol = view.getUint8(at + 6);
  const srcAt = at + 8;
  return { addressLen: 16, srcAt, dstAt: at + 24, protocol, payloadAt, end };
}

/** Offset of the checksum in the header of a transport. */
function checksumAt(protocol: number): number | undefined {
  if (protocol === IPPROTO.tcp) return 16;
  if (protocol === IPPROTO.udp) return 6;
  const isIcmp = protocol === IPPROTO.icmp || protocol === IPPROTO.icmpv6;
  return isIcmp ? 2 : undefined;
}

/** Makes the checksums right, so that more than the first look is passed. */
export function repair(frame: Uint8Array): void {
  const ip = locate(frame);
  if (ip === undefined) return;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (ip.addressLen === 4) {
    view.setUint16(ETHERNET_LEN + 10, 0);
    const header = frame.subarray(ETHERNET_LEN, ip.payloadAt);
    if (header.length >= 20) view.setUint16(ETHERNET_LEN + 10, ~sum(header));
  }
  const at = checksumAt(ip.protocol);
  if (at === undefined || ip.end - ip.payloadAt < at + 2) return;
  view.setUint16(ip.payloadAt + at, 0);
  view.setUint16(ip.payloadAt + at, ~sum(coveredBy(frame, ip)));
}

/** Octets that a transport's checksum covers. */
function coveredBy(frame: Uint8Array, ip: Located): Uint8Array {
  const payload = frame.subarray(ip.payloadAt, ip.end);
  if (ip.protocol === IPPROTO.icmp) return payload;
  return Uint8Array.of(
    ...frame.subarray(ip.srcAt, ip.dstAt + ip.addressLen),
    ...[0, ip.protocol, payload.length >> 8, payload.length & 255],
    ...payload,
  );
}

/** One's complement sum, by the definition of RFC 1071 §1. */
function sum(octets: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < octets.length; i += 2) {
    total += octets[i]! * 256 + (octets[i + 1] ?? 0);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

/** Throws unless an answer is one that a decent host would send. */
export function inspect(frame: Uint8Array): void {
  if (frame.length < ETHERNET_LEN) throw new Error("Answer without a header");
  if (frame[6]! & 1) throw new Error("Answer from a group");
  const type = frame[12]! << 8 | frame[13]!;
  if (type === 0x0806 || type === 0x8100 || type === 0x88a8) return;
  const ip = locate(frame);
  if (ip === undefined) throw new Error("Answer with a wrong length");
  if (ip.end !== frame.length) throw new Error("Answer with a tail");
  const at = checksumAt(ip.protocol);
  if (at === undefined) throw new Error("Answer of no known protocol");
  if (sum(coveredBy(frame, ip)) !== 0xffff) {
    throw new Error("Answer with a wrong checksum");
  }
  const header = frame.subarray(ETHERNET_LEN, ip.payloadAt);
  if (ip.addressLen === 4 && sum(header) !== 0xffff) {
    throw new Error("Answer with a wrong header checksum");
  }
  const isToGroup = ip.addressLen === 4
    ? frame[ip.dstAt]! >= 224
    : frame[ip.dstAt] === 0xff;
  const isAdvertisement = ip.protocol === IPPROTO.icmpv6 &&
    frame[ip.payloadAt] === 136;
  if (isToGroup && !isAdvertisement) throw new Error("Answer to a group");
  if (frame[ip.srcAt] === 0xff && ip.addressLen === 16) {
    throw new Error("Answer from a group");
  }
}
