import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Arena } from "../../src/arena.ts";
import { PROBE_LEN, Prober } from "../../src/stack/probe.ts";

const MAC = Uint8Array.fromHex("020000000001");
const IPV4 = "c000020a"; // 192.0.2.10
const IPV6 = "20010db8000000000000000000000010"; // 2001:db8::10
const ARENA_LEN = 1024;

// Octets by scapy; its expressions, without `Ether(src=…, dst=…)`, beside them.

const PROBES: readonly [address: string, frame: string][] = [
  // ARP(op=1, hwsrc=MAC, psrc="0.0.0.0", hwdst="00:…", pdst="192.0.2.10")
  [
    IPV4,
    "ffffffffffff0200000000010806000108000604000102000000000100000000000000" +
    "000000c000020a",
  ],
  // IPv6(src="::", dst="ff02::1:ff34:5678", hlim=255) /
  //   ICMPv6ND_NS(tgt="2001:db8::1234:5678")
  [
    "20010db8000000000000000012345678",
    "3333ff34567802000000000186dd6000000000183aff00000000000000000000000000" +
    "000000ff0200000000000000000001ff34567887008d960000000020010db800000000" +
    "0000000012345678",
  ],
];

for (const [address, frame] of PROBES) {
  Deno.test(`Prober.write() asks for ${address} as scapy does`, () => {
    const arena = new Arena(new ArrayBuffer(ARENA_LEN));
    arena.bytes.fill(0xa5);
    const octets = Uint8Array.fromHex(address);
    const end = new Prober(arena, MAC).write(100, octets);
    strictEqual(arena.bytes.subarray(100, end).toHex(), frame);
    strictEqual(end - 100 <= PROBE_LEN, true);
  });
}

const CLAIMS: readonly [what: string, frame: string, address: string | null][] =
  [
    // ARP(op=2, hwsrc=PEER, psrc="192.0.2.10", hwdst=MAC, pdst="0.0.0.0")
    [
      "an ARP reply",
      "02000000000102000000000208060001080006040002020000000002c000020a020000" +
      "00000100000000",
      IPV4,
    ],
    // ARP(op=1, hwsrc=PEER, psrc="192.0.2.10", hwdst="00:…", pdst="192.0.2.1")
    [
      "an ARP request of who has it",
      "ffffffffffff02000000000208060001080006040001020000000002c000020a000000" +
      "000000c0000201",
      IPV4,
    ],
    // ARP(op=1, hwsrc=PEER, psrc="0.0.0.0", hwdst="00:…", pdst="192.0.2.10")
    [
      "another's ARP probe",
      "ffffffffffff0200000000020806000108000604000102000000000200000000000000" +
      "000000c000020a",
      IPV4,
    ],
    // The same, from MAC.
    [
      "our own ARP probe",
      "ffffffffffff0200000000010806000108000604000102000000000100000000000000" +
      "000000c000020a",
      null,
    ],
    // IPv6(src="2001:db8::10", dst="ff02::1", hlim=255) /
    //   ICMPv6ND_NA(tgt="2001:db8::10", R=0, S=0, O=1) /
    //   ICMPv6NDOptDstLLAddr(lladdr=PEER)
    [
      "an advertisement",
      "33330000000102000000000286dd6000000000203aff20010db8000000000000000000" +
      "000010ff0200000000000000000000000000018800f90b2000000020010db800000000" +
      "00000000000000100201020000000002",
      IPV6,
    ],
    // IPv6(src="::", dst="ff02::1:ff00:10", hlim=255) /
    //   ICMPv6ND_NS(tgt="2001:db8::10")
    [
      "another's duplicate address detection",
      "3333ff00001002000000000286dd6000000000183aff00000000000000000000000000" +
      "000000ff0200000000000000000001ff00001087004ccf0000000020010db800000000" +
      "0000000000000010",
      IPV6,
    ],
    // IPv6(src="2001:db8::10", dst="ff02::1", hlim=254) / ICMPv6ND_NA(…)
    [
      "an advertisement from another link",
      "33330000000102000000000286dd6000000000183afe20010db8000000000000000000" +
      "000010ff02000000000000000000000000000188007d16a000000020010db800000000" +
      "0000000000000010",
      null,
    ],
    // The same with hlim=255 and cksum=1.
    [
      "an advertisement with a wrong checksum",
      "33330000000102000000000286dd6000000000183aff20010db8000000000000000000" +
      "000010ff02000000000000000000000000000188000001a000000020010db800000000" +
      "0000000000000010",
      null,
    ],
    // IPv6(src="fe80::2", dst="ff02::1:ff00:10", hlim=255) / ICMPv6ND_NS(…)
    [
      "a solicitation of who seeks it",
      "3333ff00001002000000000286dd6000000000183afffe800000000000000000000000" +
      "000002ff0200000000000000000001ff00001087004e4c0000000020010db800000000" +
      "0000000000000010",
      null,
    ],
    // IP(src="192.0.2.10", dst="192.0.2.1") / ICMP()
    [
      "a ping",
      "02000000000102000000000208004500001c000100004001f6d4c000020ac000020108" +
      "00f7ff00000000",
      null,
    ],
  ];

/** Reads the claim in a frame that lies at the very end of memory. */
function read(frame: Uint8Array): [address: string, mac: string] | null {
  const arena = new Arena(new ArrayBuffer(ARENA_LEN));
  const at = ARENA_LEN - frame.length;
  arena.bytes.set(frame, at);
  const claim = new Prober(arena, MAC).read(at, ARENA_LEN);
  return claim ? [claim.address.toHex(), claim.mac.toHex()] : null;
}

for (const [what, frame, address] of CLAIMS) {
  const verb = address === null ? "leaves alone" : "takes in";
  Deno.test(`Prober.read() ${verb} ${what}`, () => {
    const claim = address === null ? null : [address, "020000000002"];
    deepStrictEqual(read(Uint8Array.fromHex(frame)), claim);
  });
}

Deno.test("Prober.read() reads nothing outside of a frame, whatever it holds", () => {
  const frames = CLAIMS.map(([, frame]) => Uint8Array.fromHex(frame));
  fc.assert(
    fc.property(
      fc.constantFrom(...frames),
      fc.nat(100),
      fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 }),
      (frame, length, changes) => {
        const octets = frame.slice(0, length);
        for (const [at, octet] of changes) octets[at] = octet;
        read(octets);
      },
    ),
    { numRuns: 2000 },
  );
});
