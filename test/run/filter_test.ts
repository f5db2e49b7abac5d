import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { loadAddressSet } from "../../src/address/list.ts";
import type { AddressRange } from "../../src/address/set.ts";
import { compileFilter } from "../../src/run/filter.ts";
import { SELF_IPS, SELF_MAC } from "../harness.ts";

const PROGRAM_MAX = 4096; // BPF_MAXINSNS
const MAC = Uint8Array.fromHex(`ff${SELF_MAC.replaceAll(":", "")}`).subarray(1);
const OURS = loadAddressSet("--self-ip", [], [SELF_IPS])!.ranges;

/**
 * Runs a classic BPF program on a frame: the instructions that a socket filter
 * may be made of and ours is, Documentation/networking/filter.rst.
 */
function accepts(program: Uint8Array, frame: Uint8Array): boolean {
  const code = new DataView(program.buffer, program.byteOffset);
  const data = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let accumulator = 0;
  for (let at = 0; at < program.length;) {
    const operation = code.getUint16(at, true);
    const operand = code.getUint32(at + 4, true);
    const jump = (isTrue: boolean): number =>
      8 * code.getUint8(at + (isTrue ? 2 : 3));
    const width = { 0x20: 4, 0x28: 2, 0x30: 1 }[operation];
    if (width !== undefined) {
      if (operand + width > frame.length) return false; // as the kernel does
      if (width === 4) accumulator = data.getUint32(operand);
      else if (width === 2) accumulator = data.getUint16(operand);
      else accumulator = data.getUint8(operand);
    } else if (operation === 0x15) at += jump(accumulator === operand);
    else if (operation === 0x25) at += jump(accumulator > operand);
    else if (operation === 0x35) at += jump(accumulator >= operand);
    else if (operation === 0x45) at += jump((accumulator & operand) !== 0);
    else if (operation === 0x06) return operand > 0;
    else throw new SyntaxError(`Unknown instruction ${operation} at ${at}`);
    at += 8;
  }
  throw new RangeError("The program has no end");
}

/** Whether every path through a program ends: what the kernel checks. */
function isSound(program: Uint8Array): boolean {
  const code = new DataView(program.buffer, program.byteOffset);
  const count = program.length / 8;
  if (!Number.isInteger(count) || count > PROGRAM_MAX) return false;
  for (let i = 0; i < count; i++) {
    const operation = code.getUint16(8 * i, true);
    const isJump = (operation & 0x07) === 0x05;
    const reach = isJump
      ? 1 + Math.max(code.getUint8(8 * i + 2), code.getUint8(8 * i + 3))
      : operation === 0x06
      ? 0
      : 1;
    if (i + reach >= count) return false;
  }
  return true;
}

const { vectors }: {
  vectors: {
    name: string;
    list: boolean;
    vlan?: number;
    request: string;
    reply: string | null;
  }[];
} = JSON.parse(Deno.readTextFileSync(
  new URL("../vectors/vectors.json", import.meta.url),
));

for (const list of [true, false]) {
  const what = list ? "listed" : "all";
  Deno.test(`compileFilter() accepts every vector for ${what} addresses that is answered`, () => {
    const program = compileFilter(MAC, list ? OURS : undefined);
    ok(isSound(program));
    const rows = vectors.filter((row) =>
      row.list === list && row.vlan === undefined && row.reply !== null
    );
    ok(rows.length > 20);
    deepStrictEqual(
      rows.filter(({ request }) =>
        !accepts(program, Uint8Array.fromHex(request))
      ).map(({ name }) => name),
      [],
    );
  });
}

const PEER = "020000000002";
const SELF = "020000000001";
const IPV4 = `0800 45000014 00000000 40060000 c0000201`;
const IPV6 = `86dd 60000000 00003b40 20010db8000000000000000000000001`;
const ARP = `0806 0001080006040001 ${PEER} c0000201 000000000000`;

// [name, frame, whether it passes with a list, and without]
const FRAMES: readonly [
  name: string,
  frame: string,
  listed: boolean,
  all: boolean,
][] = [
  ["IPv4 to us", `${SELF} ${PEER} ${IPV4} c000020a`, true, true],
  ["IPv4 to our last address", `${SELF} ${PEER} ${IPV4} c000020b`, true, true],
  ["IPv4 below ours", `${SELF} ${PEER} ${IPV4} c0000209`, false, true],
  ["IPv4 above ours", `${SELF} ${PEER} ${IPV4} c000020c`, false, true],
  ["IPv4 far above ours", `${SELF} ${PEER} ${IPV4} ffffffff`, false, true],
  ["IPv4 to all stations", `ffffffffffff ${PEER} ${IPV4} c000020a`, true, true],
  [
    "IPv4 to another station",
    `020000000003 ${PEER} ${IPV4} c000020a`,
    false,
    false,
  ],
  [
    "IPv4 to a station with our low half",
    `040000000001 ${PEER} ${IPV4} c000020a`,
    false,
    false,
  ],
  ["IPv4 cut off", `${SELF} ${PEER} ${IPV4} c000`, false, false],
  [
    "IPv6 to us",
    `${SELF} ${PEER} ${IPV6} 20010db8000000000000000000000010`,
    true,
    true,
  ],
  [
    "IPv6 to somebody else",
    `${SELF} ${PEER} ${IPV6} 20010db8000000000000000000000011`,
    false,
    true,
  ],
  [
    "IPv6 to a group",
    `3333ff000010 ${PEER} ${IPV6} ff0200000000000000000001ff000010`,
    true,
    true,
  ],
  ["ARP for us", `ffffffffffff ${PEER} ${ARP} c000020a`, true, true],
  [
    "ARP for somebody else",
    `ffffffffffff ${PEER} ${ARP} c0000209`,
    false,
    true,
  ],
  ["ARP cut off", `ffffffffffff ${PEER} 0806 0001080006040001`, false, false],
  ["a VLAN inside", `${SELF} ${PEER} 8100 0005 ${IPV4} c000020a`, true, true],
  [
    "a service VLAN inside",
    `${SELF} ${PEER} 88a8 0005 ${IPV4} c000020a`,
    true,
    true,
  ],
  [
    "a VLAN for another station",
    `020000000003 ${PEER} 8100 0005 ${IPV4} c000020a`,
    false,
    false,
  ],
  ["LLDP", `0180c200000e ${PEER} 88cc 0207`, false, false],
  ["an IEEE 802.3 length", `${SELF} ${PEER} 0026 424203`, false, false],
  ["half an address", "0200", false, false],
  ["nothing", "", false, false],
];

for (const [name, hex, listed, all] of FRAMES) {
  const verb = (isAccepted: boolean): string =>
    isAccepted ? "accepts" : "rejects";
  Deno.test(`compileFilter() ${verb(listed)} ${name}; without a list ${verb(all)} it`, () => {
    const frame = Uint8Array.fromHex(hex.replaceAll(" ", ""));
    strictEqual(accepts(compileFilter(MAC, OURS), frame), listed);
    strictEqual(accepts(compileFilter(MAC, undefined), frame), all);
  });
}

/** Range of IPv4 addresses, by number. */
function range4(first: number, last: number): AddressRange {
  const octets = (number: number): Uint8Array => {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, number);
    return new Uint8Array(view.buffer);
  };
  return { first: octets(first), last: octets(last) };
}

/** Range of IPv6 addresses. */
function range6(first: string, last: string): AddressRange {
  return { first: Uint8Array.fromHex(first), last: Uint8Array.fromHex(last) };
}

/** A frame to an IPv4 address, by number. */
function frameTo(address: number): Uint8Array {
  const hex = address.toString(16).padStart(8, "0");
  return Uint8Array.fromHex(`${SELF}${PEER}${IPV4}${hex}`.replaceAll(" ", ""));
}

for (const count of [0, 1, 2, 32, 33, 1000]) {
  Deno.test(`compileFilter() tells ${count} scattered ranges from the rest`, () => {
    // Far apart, of growing length, from the lowest address to the highest.
    const step = 2 ** 32 / Math.max(count, 1);
    const ranges = Array.from({ length: count }, (_, i) => {
      const from = Math.floor(i * step);
      return range4(from, i === count - 1 ? 0xffffffff : from + i);
    });
    const program = compileFilter(MAC, ranges.toReversed());
    ok(isSound(program));
    const accepted = (address: number): boolean =>
      accepts(program, frameTo(address));
    for (const { first, last } of ranges) {
      const [from, to] = [first, last].map((octets) =>
        new DataView(octets.buffer).getUint32(0)
      );
      for (const address of [from!, to!]) strictEqual(accepted(address), true);
      // As many ranges as fit a program are told apart exactly.
      if (count > 32) continue;
      if (from! > 0) strictEqual(accepted(from! - 1), false);
      if (to! < 0xffffffff) strictEqual(accepted(to! + 1), false);
    }
    if (count === 0) strictEqual(accepted(0), false);
  });
}

Deno.test("compileFilter() gives up the narrowest gaps first", () => {
  // 40 neighbours with a gap of one between them, and one far away.
  const near = Array.from(
    { length: 40 },
    (_, i) => range4(1000 + 2 * i, 1000 + 2 * i),
  );
  const program = compileFilter(MAC, [...near, range4(0xf0000000, 0xf00000ff)]);
  ok(isSound(program));
  strictEqual(accepts(program, frameTo(0xf0000000)), true);
  strictEqual(accepts(program, frameTo(0xefffffff)), false);
  strictEqual(accepts(program, frameTo(0x10000000)), false);
  strictEqual(accepts(program, frameTo(999)), false);
});

Deno.test("compileFilter() joins ranges that overlap or hold one another", () => {
  const ranges = [
    range4(10, 100),
    range4(20, 30),
    range4(90, 110),
    range4(111, 120),
  ];
  const program = compileFilter(MAC, ranges);
  for (
    const [address, isOurs] of [
      [9, false],
      [10, true],
      [50, true],
      [105, true],
      [120, true],
      [121, false],
    ] as const
  ) {
    strictEqual(accepts(program, frameTo(address)), isOurs, String(address));
  }
});

Deno.test("compileFilter() takes the last 32 bits of IPv6 for the address", () => {
  const whole = [
    range6("20010db8".padEnd(32, "0"), "20010db8".padEnd(32, "f")),
  ];
  const few = [
    range6(
      `20010db8${"0".repeat(16)}00000010`,
      `20010db8${"0".repeat(16)}00000020`,
    ),
  ];
  const frame = (low: string): Uint8Array =>
    Uint8Array.fromHex(
      `${SELF} ${PEER} ${IPV6} 20010db8 ${"0".repeat(16)} ${low}`
        .replaceAll(" ", ""),
    );
  for (
    const [low, isWhole, isFew] of [
      ["00000000", true, false],
      ["00000010", true, true],
      ["00000020", true, true],
      ["00000021", true, false],
      ["ffffffff", true, false],
    ] as const
  ) {
    strictEqual(accepts(compileFilter(MAC, whole), frame(low)), isWhole, low);
    strictEqual(accepts(compileFilter(MAC, few), frame(low)), isFew, low);
  }
});
