/**
 * The filter that runs in the kernel, so that other people's traffic never
 * enters the ring: classic BPF, Documentation/networking/filter.rst of Linux.
 *
 * It is coarse on purpose. What it lets through is looked at again by the
 * stack; what it keeps out, the stack would have dropped.
 *
 * @module
 */

import type { AddressRange } from "../address/set.ts";
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_QINQ,
  ETHERTYPE_VLAN,
} from "../wire/ethernet.ts";

// Instruction codes, include/uapi/linux/bpf_common.h.
const LOAD_32 = 0x20;
const LOAD_16 = 0x28;
const LOAD_8 = 0x30;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_SET = 0x45;
const RETURN = 0x06;

const REJECT = 0;
const ACCEPT = 0x7fffffff; // octets to keep: all

// Offsets in a frame without tags, in octets.
const DST_MAC = 0;
const DST_MAC_LOW = 2;
const ETHERTYPE = 12;
const ARP_TARGET = 38;
const IPV4_DST = 30;
const IPV6_DST = 38;
const IPV6_DST_LOW = 50;

// A jump skips 255 instructions at most; this many ranges make a tree in which
// none needs to.
const RANGES_MAX = 32;

/** One instruction; jumps are relative to the next one. */
type Instruction = readonly [
  code: number,
  ifTrue: number,
  ifFalse: number,
  operand: number,
];

/** From and to, both inclusive, in `[0, 2^32)`. */
type Span = readonly [from: number, to: number];

/**
 * Compiles a filter.
 *
 * @param mac Our hardware address, 6 octets.
 * @param ranges Addresses that are ours; absent: all.
 * @returns Program, 8 octets an instruction (`struct sock_filter`).
 */
export function compileFilter(
  mac: Uint8Array,
  ranges: readonly AddressRange[] | undefined,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(mac.buffer, mac.byteOffset, mac.length);
  const isOurs4 = inSpans(spans4(ranges));
  const program: Instruction[] = [
    // To a group, or to us.
    [LOAD_8, 0, 0, DST_MAC],
    [JUMP_SET, 5, 0, 1],
    [LOAD_16, 0, 0, DST_MAC],
    [JUMP_EQUAL, 0, 2, view.getUint16(0)],
    [LOAD_32, 0, 0, DST_MAC_LOW],
    [JUMP_EQUAL, 1, 0, view.getUint32(2)],
    [RETURN, 0, 0, REJECT],
    [LOAD_16, 0, 0, ETHERTYPE],
    ...ifType(ETHERTYPE_ARP, [
      [LOAD_32, 0, 0, ARP_TARGET],
      ...isOurs4,
    ]),
    ...ifType(ETHERTYPE_IPV4, [
      [LOAD_32, 0, 0, IPV4_DST],
      ...isOurs4,
    ]),
    ...ifType(ETHERTYPE_IPV6, [
      [LOAD_8, 0, 0, IPV6_DST],
      [JUMP_EQUAL, 0, 1, 0xff], // multicast: neighbour discovery
      [RETURN, 0, 0, ACCEPT],
      [LOAD_32, 0, 0, IPV6_DST_LOW],
      ...inSpans(spans6(ranges)),
    ]),
    // A tag inside another, which the kernel leaves where it is.
    [JUMP_EQUAL, 1, 0, ETHERTYPE_VLAN],
    [JUMP_EQUAL, 0, 1, ETHERTYPE_QINQ],
    [RETURN, 0, 0, ACCEPT],
    [RETURN, 0, 0, REJECT],
  ];

  const octets = new DataView(new ArrayBuffer(program.length * 8));
  for (const [i, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    octets.setUint16(i * 8, code, true);
    octets.setUint8(i * 8 + 2, ifTrue);
    octets.setUint8(i * 8 + 3, ifFalse);
    octets.setUint32(i * 8 + 4, operand, true);
  }
  return new Uint8Array(octets.buffer);
}

/** Runs `body`, which returns, if the EtherType is `type`. */
function ifType(type: number, body: readonly Instruction[]): Instruction[] {
  return [[JUMP_EQUAL, 0, body.length, type], ...body];
}

/** Accepts if the loaded word is in one of some ascending spans. */
function inSpans(spans: readonly Span[]): Instruction[] {
  const middle = spans.length >> 1;
  if (middle > 0) {
    const low = inSpans(spans.slice(0, middle));
    const high = inSpans(spans.slice(middle));
    const from = spans[middle]![0];
    return [[JUMP_GREATER_EQUAL, low.length, 0, from], ...low, ...high];
  }
  if (spans.length === 0) return [[RETURN, 0, 0, REJECT]];
  const [from, to] = spans[0]!;
  return [
    [JUMP_GREATER_EQUAL, 0, 2, from],
    [JUMP_GREATER, 1, 0, to],
    [RETURN, 0, 0, ACCEPT],
    [RETURN, 0, 0, REJECT],
  ];
}

const ALL: readonly Span[] = [[0, 0xffffffff]];

/** Spans of the IPv4 addresses in some ranges. */
function spans4(ranges: readonly AddressRange[] | undefined): readonly Span[] {
  if (ranges === undefined) return ALL;
  return merge(
    ranges.filter(({ first }) => first.length === 4)
      .map(({ first, last }) => [lastWord(first), lastWord(last)]),
  );
}

/** Spans of the last 32 bits of the IPv6 addresses in some ranges. */
function spans6(ranges: readonly AddressRange[] | undefined): readonly Span[] {
  if (ranges === undefined) return ALL;
  return merge(
    ranges.filter(({ first }) => first.length === 16)
      .map(({ first, last }) =>
        first.subarray(0, 12).toHex() === last.subarray(0, 12).toHex()
          ? [lastWord(first), lastWord(last)]
          : ALL[0]!
      ),
  );
}

function lastWord(octets: Uint8Array): number {
  const { buffer, byteOffset, length } = octets;
  return new DataView(buffer, byteOffset, length).getUint32(length - 4);
}

/** Sorts spans and closes the narrowest gaps until there are few. */
function merge(spans: readonly Span[]): Span[] {
  const disjoint: Span[] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const before = disjoint.at(-1);
    if (before === undefined || from > before[1] + 1) disjoint.push([from, to]);
    else disjoint.splice(-1, 1, [before[0], Math.max(before[1], to)]);
  }
  const gap = (i: number): number => disjoint[i]![0] - disjoint[i - 1]![1];
  const borders = [...disjoint.keys()].slice(1)
    .sort((a, b) => gap(b) - gap(a))
    .slice(0, RANGES_MAX - 1)
    .sort((a, b) => a - b);
  if (disjoint.length === 0) return [];
  return [0, ...borders].map((start, i) => {
    const end = (borders[i] ?? disjoint.length) - 1;
    return [disjoint[start]![0], disjoint[end]![1]];
  });
}
