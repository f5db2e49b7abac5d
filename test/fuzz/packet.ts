/**
 * Frames, read and mended by eyes that share no code with the stack.
 *
 * @module
 */

/** Length of an Ethernet header without tags, in octets. */
export const ETHERNET_LEN = 14;
/** IANA protocol numbers. */
export const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** Where the parts of an IP packet are. */
export interface Located {
  /** Offset of the IP header. */
  readonly at: number;
  readonly addressLen: number;
  readonly srcAt: number;
  readonly dstAt: number;
  readonly protocol: number;
  readonly payloadAt: number;
  readonly end: number;
}

/** Makes a view of a frame. */
export function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

/** Offset of the type behind the VLAN tags of a frame. */
export function typeAt(frame: Uint8Array): number {
  let at = 12;
  for (let tags = 0; tags < 3 && at + 6 <= frame.length; tags++) {
    const type = frame[at]! << 8 | frame[at + 1]!;
    if (type !== 0x8100 && type !== 0x88a8) break;
    at += 4;
  }
  return at;
}

/** Finds the parts of a packet without extension headers. */
export function locate(frame: Uint8Array): Located | undefined {
  const at = typeAt(frame) + 2;
  if (frame.length < at + 20) return undefined;
  const view = viewOf(frame);
  const type = view.getUint16(at - 2);
  if (type === 0x0800) {
    const payloadAt = at + (view.getUint8(at) & 15) * 4;
    const end = at + view.getUint16(at + 2);
    if (end > frame.length || payloadAt > end) return undefined;
    const protocol = view.getUint8(at + 9);
    const [srcAt, dstAt] = [at + 12, at + 16];
    return { at, addressLen: 4, srcAt, dstAt, protocol, payloadAt, end };
  }
  if (type !== 0x86dd || frame.length < at + 40) return undefined;
  const payloadAt = at + 40;
  const end = payloadAt + view.getUint16(at + 4);
  if (end > frame.length) return undefined;
  const protocol = view.getUint8(at + 6);
  const [srcAt, dstAt] = [at + 8, at + 24];
  return { at, addressLen: 16, srcAt, dstAt, protocol, payloadAt, end };
}

/** Offset of the payload of a transport, if all of its header is there. */
export function messageAt(frame: Uint8Array, ip: Located): number | undefined {
  const { end, payloadAt, protocol } = ip;
  if (protocol === IPPROTO.udp) {
    return end - payloadAt < 8 ? undefined : payloadAt + 8;
  }
  if (protocol !== IPPROTO.tcp || end - payloadAt < 20) return undefined;
  const at = payloadAt + (frame[payloadAt + 12]! >> 4) * 4;
  return at < payloadAt + 20 || at > end ? undefined : at;
}

/** Offset of the checksum in the header of a transport. */
export function checksumAt(protocol: number): number | undefined {
  if (protocol === IPPROTO.tcp) return 16;
  if (protocol === IPPROTO.udp) return 6;
  const isIcmp = protocol === IPPROTO.icmp || protocol === IPPROTO.icmpv6;
  return isIcmp ? 2 : undefined;
}

/** Makes the checksums right, so that more than the first look is passed. */
export function repair(frame: Uint8Array): void {
  const ip = locate(frame);
  if (ip === undefined) return;
  const view = viewOf(frame);
  if (ip.addressLen === 4 && ip.payloadAt - ip.at >= 20) {
    view.setUint16(ip.at + 10, 0);
    view.setUint16(ip.at + 10, ~sum(frame, ip.at, ip.payloadAt, 0));
  }
  const at = checksumAt(ip.protocol);
  if (at === undefined || ip.end - ip.payloadAt < at + 2) return;
  view.setUint16(ip.payloadAt + at, 0);
  view.setUint16(ip.payloadAt + at, ~transportSum(frame, ip) || 0xffff);
}

/** Sum of a transport and, unless it is ICMP of IPv4, of its pseudo-header. */
export function transportSum(frame: Uint8Array, ip: Located): number {
  const { addressLen, dstAt, end, payloadAt, protocol, srcAt } = ip;
  if (protocol === IPPROTO.icmp) return sum(frame, payloadAt, end, 0);
  const pseudo = protocol + end - payloadAt;
  const seed = sum(frame, srcAt, dstAt + addressLen, pseudo);
  return sum(frame, payloadAt, end, seed);
}

/** One's complement sum of `[at, end)`, by the definition of RFC 1071 §1. */
export function sum(
  octets: Uint8Array,
  at: number,
  end: number,
  seed: number,
): number {
  let total = seed;
  for (; at < end; at += 2) {
    total += octets[at]! * 256 + (at + 1 < end ? octets[at + 1]! : 0);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}
