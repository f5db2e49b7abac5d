/**
 * What the signs of scanners are worth: nobody else is named more often than
 * they say.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert/strict";
import { SCANNERS } from "../../src/scanner/mod.ts";
import { Packet } from "../../src/scanner/packet.ts";
import { Recogniser } from "../../src/scanner/recogniser.ts";
import { confidenceOf, type PacketSign } from "../../src/scanner/scanner.ts";
import { Dice, sightingsIn, synOf } from "./packets.ts";

const SYNS = 1_000_000;
const NOW = Date.UTC(2026, 0, 1);

// Initial TTL, Don't Fragment, window and options: those of systems' own SYNs,
// and the shapes of ZMap and masscan, granted to somebody else.
const ORDINARY = [
  // Linux, BSD, macOS, Windows 11 and 7, as Wireshark shows them
  [64, true, 64_240, "020405b40402080a00000000000000000103030a"],
  [64, true, 65_535, "020405b4010303060402080a0000000000000000"],
  [64, true, 65_535, "020405b4010303060101080a000000000000000004020000"],
  [128, true, 64_240, "020405b40103030801010402"],
  [128, true, 8192, "020405b40103030201010402"],
  // small devices: lwIP, uIP, and what a proxy without options may send
  [255, false, 2144, "02040218"],
  [64, false, 1240, "020404d8"],
  [255, false, 4128, "02040218"],
  [64, false, 5840, "020405b4"],
  [64, false, 65_535, "020405b4"],
  [64, false, 8192, ""],
  [255, false, 65_535, ""],
  [255, false, 1024, ""],
] as const;

Deno.test(`Recogniser.see() names as few of ${SYNS} others' SYNs as it says`, () => {
  const dice = new Dice();
  const recogniser = new Recogniser(SCANNERS);
  const stacks = ORDINARY.map(([ttl, df, window, hex]) => {
    const options = Uint8Array.fromHex(hex);
    const stampAt = hex.indexOf("080a") / 2 + 2;
    return { ttl, df, window, options, stampAt };
  });
  const src = new Uint8Array(4);
  let named = 0;
  for (let i = 0; i < SYNS; i++) {
    const { options, stampAt, ...stack } = stacks[dice.below(stacks.length)]!;
    if (stampAt > 2) {
      new DataView(options.buffer).setInt32(stampAt, dice.word());
    }
    const syn = synOf({
      ...stack,
      ttl: stack.ttl - dice.below(30),
      options,
      id: dice.below(0x10000),
      src: 0,
      dst: 0xc0000200 | dice.below(256),
      srcPort: dice.below(0x10000),
      dstPort: dice.below(0x10000),
      seq: dice.word(),
    });
    src[3] = dice.below(200); // so that each source sends many
    if (recogniser.see(src, syn, NOW) !== undefined) named++;
  }
  // Three of the shapes are those of ZMap and masscan, whose identifications
  // one in 65,536 of them has by chance.
  const due = SYNS * 3 / stacks.length / 0x10000;
  ok(named > 0 && named <= due + 4 * Math.sqrt(due), `${named}, not ${due}`);
});

// Genuine packets in which the field that a sign's odds are about is left to
// chance, and nothing else.
const CHANCE: readonly (readonly [capture: string, at: number, len: number])[] =
  [
    ["masscan_1.3.2_syn", 4, 2], // identification
    ["masscan_1.3.2_udp", 4, 2],
    ["zmap_2.1.1_syn", 4, 2],
    ["zmap_2.1.1_ping", 4, 2],
    ["zmap_2.1.1_udp", 4, 2],
    ["zmap_4.3.4_syn_linux", 48, 4], // timestamp
    ["zmap_4.3.4_syn_bsd", 52, 4],
    ["zmap_4.3.4_ping_time", 36, 4], // address in the payload
    ["nmap_7.93_ack", 24, 4], // sequence number
    ["scapy_2.5.0", 24, 4],
  ];

for (const [capture, at, len] of CHANCE) {
  Deno.test(`${capture} passes as seldom as it says with a field at random`, () => {
    const path = new URL(`../pcap/scanner/${capture}.pcap`, import.meta.url);
    const { octets, time, sign } = genuineIn(path);
    const view = new DataView(octets.buffer, octets.byteOffset);
    const packet = new Packet();
    const dice = new Dice();
    let passed = 0;
    for (let i = 0; i < SYNS; i++) {
      if (len === 2) view.setUint16(at, dice.below(0x10000));
      else view.setInt32(at, dice.word());
      if (packet.open(octets, time) && sign.matches(packet)) passed++;
    }
    const due = SYNS / 2 ** sign.bits;
    ok(passed <= due + 4 * Math.sqrt(due) + 1, `${passed}, not ${due}`);
    ok(due < 4 || passed > 0, "the sign asks for more than it says");
  });
}

/** The first packet in a capture that shows its sender, and what it shows. */
function genuineIn(path: URL): {
  octets: Uint8Array<ArrayBuffer>;
  time: number;
  sign: PacketSign;
} {
  const packet = new Packet();
  for (const { octets, time } of sightingsIn(path)) {
    if (!packet.open(octets, time)) continue;
    for (const scanner of SCANNERS) {
      const signs = scanner[packet.kind] ?? [];
      const sign = signs.find((sign) => sign.matches(packet));
      if (sign !== undefined) return { octets, time, sign };
    }
  }
  throw new Error(`Nobody shows in ${path}`);
}

Deno.test("a sign without 32 bits, or a shape and 16, is never sure", () => {
  for (const { datagram, icmp, pair, segment, syn } of SCANNERS) {
    for (const list of [datagram, icmp, pair, segment, syn]) {
      for (const sign of list ?? []) {
        const sure = sign.bits >= 32 || (sign.isShape && sign.bits >= 16);
        strictEqual(confidenceOf(sign) === "high", sure, sign.evidence);
      }
    }
  }
});
