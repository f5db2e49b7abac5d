import { strictEqual } from "node:assert/strict";
import { AddressSet } from "../../src/address/set.ts";
import { readPcap } from "../../src/pcap.ts";
import { guessMac } from "../../src/run/guess_mac.ts";

const SERVER = "020000000001"; // test/harness.ts: SELF_MAC
const CLIENT = "020000000002";

/** The set of one address. */
function only(...octets: number[]): AddressSet {
  const address = Uint8Array.from(octets);
  return AddressSet.of([{ first: address, last: address }]);
}

// Capture; our addresses; whose hardware address packets to them went to.
const CASES: readonly [
  name: string,
  own: AddressSet | undefined,
  mac: string | undefined,
][] = [
  ["http/curl_get", only(192, 0, 2, 10), SERVER],
  ["http/curl_get", undefined, SERVER], // it begins with ARP, both ways
  ["http/curl_get", only(192, 0, 2, 1), CLIENT], // the answers' direction
  ["http/curl_get", only(198, 51, 100, 1), SERVER],
  ["http/curl_get_ipv6", undefined, SERVER],
  ["vlan/ping", only(192, 0, 2, 10), SERVER],
  ["arp/arping_dad", undefined, undefined],
];

for (const [name, own, mac] of CASES) {
  const whose = own ? `our ${own.ranges[0]!.first.join(".")}` : "any address";
  Deno.test(`guessMac() of ${name} for ${whose} is ${mac}`, () => {
    const path = new URL(`../pcap/${name}.pcap`, import.meta.url);
    const frames = [...readPcap(Deno.readFileSync(path))];
    strictEqual(guessMac(frames, own)?.toHex(), mac);
  });
}

Deno.test("guessMac() reads no further than a frame that was cut", () => {
  const path = new URL("../pcap/http/curl_get.pcap", import.meta.url);
  for (const { octets } of readPcap(Deno.readFileSync(path))) {
    for (let length = 0; length < 34; length++) {
      const cut = { time: 0, octets: octets.subarray(0, length), isCut: true };
      strictEqual(guessMac([cut], undefined), undefined, `${length}`);
    }
  }
});
