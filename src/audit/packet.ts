/**
 * Packets of a client, octet by octet, and what it reads in the answers. Clear
 * rather than fast: nothing here is on the packet path.
 *
 * @module
 */

import { Arena } from "../arena.ts";
import { sum16 } from "../wire/checksum.ts";
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
} from "../wire/ethernet.ts";
import {
  IPV4_DONT_FRAGMENT,
  IPV4_HEADER_LEN,
  Ipv4Header,
  sealIpv4,
} from "../wire/ipv4.ts";
import { sealTcp, TCP_HEADER_LEN, TcpHeader } from "../wire/tcp.ts";
import { UDP_HEADER_LEN } from "../wire/udp.ts";

/** IANA protocol numbers. */
export const IPPROTO = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Hardware address of the client. */
export const CLIENT_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 2);

const CLIENT_TTL = 64;
const WINDOW = 64_240;

/** Names of TCP options by kind, as p0f has them. */
const OPTION_NAMES: Readonly<Record<number, string>> = {
  0: "eol",
  1: "nop",
  2: "mss",
  3: "ws",
  4: "sok",
  5: "sack",
  8: "ts",
};

/** Between whom a packet passes: IPv4 addresses as 32-bit numbers. */
export interface Ends {
  /** The client. */
  readonly src: number;
  /** The suspect. */
  readonly dst: number;
  /** Port of the client. */
  readonly srcPort: number;
  /** Port of the suspect. */
  readonly dstPort: number;
}

/** What matters of a segment to send. */
export interface Outgoing {
  /** Flags of TCP. */
  readonly flags: number;
  /** Sequence number, as an int32. */
  readonly seq: number;
  /** Acknowledgment number, as an int32. */
  readonly ack: number;
  /** Options, padding included. */
  readonly options?: Uint8Array;
  /** Octets of the stream. */
  readonly payload?: Uint8Array;
}

/** An IPv4 packet that was received. */
export interface Packet {
  /** IANA protocol number. */
  readonly protocol: number;
  /** Time to live. */
  readonly ttl: number;
  /** Identification. */
  readonly id: number;
  /** Whether it must not be fragmented. */
  readonly dontFragment: boolean;
  /** Transport header and payload. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** Segment in it, if there is one. */
  readonly segment: Segment | undefined;
}

/** A TCP segment that was received. */
export interface Segment {
  /** Flags of TCP. */
  readonly flags: number;
  /** Sequence number, as an int32. */
  readonly seq: number;
  /** Acknowledgment number, as an int32. */
  readonly ack: number;
  /** Window, not scaled. */
  readonly window: number;
  /** Names of the options in order, with commas, as p0f has them. */
  readonly options: string;
  /** Maximum segment size; 536 if there is no such option. */
  readonly mss: number;
  /** Shift count of the window; −1: there is no such option. */
  readonly windowScale: number;
  /** Timestamp, as a 32-bit number; absent: there is no such option. */
  readonly timestamp: number | undefined;
  /** Octets of the stream. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Builds a frame with a segment. */
export function tcpFrame(
  mac: Uint8Array,
  ends: Ends,
  { ack, flags, options = new Uint8Array(), payload, seq }: Outgoing,
): Uint8Array {
  const headerLen = TCP_HEADER_LEN + options.length;
  const frame = ipv4Frame(
    mac,
    ends,
    IPPROTO.tcp,
    headerLen + (payload?.length ?? 0),
  );
  const view = new DataView(frame.buffer);
  const at = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN;
  view.setUint16(at, ends.srcPort);
  view.setUint16(at + 2, ends.dstPort);
  view.setInt32(at + 4, seq);
  view.setInt32(at + 8, ack);
  view.setUint8(at + 12, headerLen << 2);
  view.setUint8(at + 13, flags);
  view.setUint16(at + 14, WINDOW);
  frame.set(options, at + TCP_HEADER_LEN);
  if (payload !== undefined) frame.set(payload, at + headerLen);
  const seed = new Ipv4Header(new Arena(frame.buffer));
  seed.open(ETHERNET_HEADER_LEN, frame.length);
  sealTcp(view, at, frame.length, seed.pseudoSum(frame.length - at));
  return frame;
}

/** Builds a frame with a datagram, without a checksum (RFC 768 allows that). */
export function udpFrame(
  mac: Uint8Array,
  ends: Ends,
  payload: Uint8Array,
): Uint8Array {
  const length = UDP_HEADER_LEN + payload.length;
  const frame = ipv4Frame(mac, ends, IPPROTO.udp, length);
  const view = new DataView(frame.buffer);
  const at = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN;
  view.setUint16(at, ends.srcPort);
  view.setUint16(at + 2, ends.dstPort);
  view.setUint16(at + 4, length);
  frame.set(payload, at + UDP_HEADER_LEN);
  return frame;
}

/** Builds a frame with an echo request, RFC 792. */
export function pingFrame(mac: Uint8Array, ends: Ends): Uint8Array {
  const frame = ipv4Frame(mac, ends, IPPROTO.icmp, 64);
  const view = new DataView(frame.buffer);
  const at = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN;
  view.setUint8(at, 8);
  view.setUint16(at + 2, ~sum16(view, at, frame.length));
  return frame;
}

/** Builds a frame that asks who has an address, RFC 826. */
export function arpFrame({ dst, src }: Ends): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_LEN + 28);
  const view = new DataView(frame.buffer);
  frame.fill(0xff, 0, 6);
  frame.set(CLIENT_MAC, 6);
  view.setUint16(12, ETHERTYPE_ARP);
  frame.set([0, 1, 8, 0, 6, 4, 0, 1, ...CLIENT_MAC], ETHERNET_HEADER_LEN);
  view.setInt32(ETHERNET_HEADER_LEN + 14, src);
  view.setInt32(ETHERNET_HEADER_LEN + 24, dst);
  return frame;
}

/** Begins a frame; its IP payload is left 0. */
function ipv4Frame(
  mac: Uint8Array,
  { dst, src }: Ends,
  protocol: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const at = ETHERNET_HEADER_LEN;
  const frame = new Uint8Array(at + IPV4_HEADER_LEN + length);
  const view = new DataView(frame.buffer);
  frame.set(mac);
  frame.set(CLIENT_MAC, 6);
  view.setUint16(12, ETHERTYPE_IPV4);
  view.setUint16(at, 0x4500);
  view.setUint16(at + 2, IPV4_HEADER_LEN + length);
  view.setUint16(at + 6, IPV4_DONT_FRAGMENT);
  view.setUint8(at + 8, CLIENT_TTL);
  view.setUint8(at + 9, protocol);
  view.setInt32(at + 12, src);
  view.setInt32(at + 16, dst);
  sealIpv4(view, at);
  return frame;
}

/** Reads a frame; `undefined` if there is no IPv4 packet in it. */
export function readPacket(frame: Uint8Array): Packet | undefined {
  const octets = frame.slice();
  const arena = new Arena(octets.buffer);
  const ip = new Ipv4Header(arena);
  const isIpv4 = arena.view.getUint16(12) === ETHERTYPE_IPV4 &&
    ip.open(ETHERNET_HEADER_LEN, octets.length);
  if (!isIpv4) return undefined;
  const isTcp = ip.protocol === IPPROTO.tcp;
  return {
    protocol: ip.protocol,
    ttl: arena.view.getUint8(ip.at + 8),
    id: arena.view.getUint16(ip.at + 4),
    dontFragment: (arena.view.getUint16(ip.at + 6) & IPV4_DONT_FRAGMENT) !== 0,
    content: octets.slice(ip.payloadAt, ip.payloadEnd),
    segment: isTcp ? readSegment(arena, ip) : undefined,
  };
}

function readSegment(arena: Arena, ip: Ipv4Header): Segment | undefined {
  const tcp = new TcpHeader(arena);
  if (!tcp.open(ip.payloadAt, ip.payloadEnd)) return undefined;
  tcp.readOptions();
  return {
    flags: tcp.flags,
    seq: tcp.seq,
    ack: tcp.ack,
    window: tcp.window,
    options: namesOf(
      arena.bytes.subarray(tcp.at + TCP_HEADER_LEN, tcp.payloadAt),
    ).join(),
    mss: tcp.mss,
    windowScale: tcp.windowScale,
    timestamp: tcp.hasTimestamps ? tcp.timestamp : undefined,
    payload: arena.bytes.slice(tcp.payloadAt, tcp.payloadEnd),
  };
}

function namesOf(options: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at < options.length;) {
    const kind = options[at]!;
    names.push(OPTION_NAMES[kind] ?? `?${kind}`);
    at += kind < 2 ? 1 : Math.max(options[at + 1] ?? 2, 2);
  }
  return names;
}
