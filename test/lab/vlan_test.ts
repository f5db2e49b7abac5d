import { match } from "node:assert/strict";
import { lab, MAC, Masscanned, OURS_TAGGED, succeed } from "./lab.ts";

const CLIENT = "198.51.100.1";

// Asks with scapy, since a kernel's own tags need a module that not every
// machine has. Prints the answer as scapy would write it.
const ASK = `
import logging, sys
logging.disable()
from scapy.all import *
mine, tags, packet = get_if_hwaddr("client0"), sys.argv[1], sys.argv[2]
answer = srp1(Ether(src=mine, dst="${MAC}") / eval(tags) / eval(packet),
              iface="client0", timeout=60, verbose=0)
assert answer and answer.src == "${MAC}" and answer.dst == mine, answer
print(answer.payload.command())
`;

// Tags, and how scapy writes those of the answer.
const TAGS: Record<string, RegExp> = {
  "Dot1Q(vlan=7,prio=3)": /^Dot1Q\(prio=3, .*vlan=7, [^/]*\/(IP|ARP)\(/,
  "Dot1Q(vlan=7)/Dot1Q(vlan=9)":
    /^Dot1Q\([^/]*vlan=7[^/]*\/Dot1Q\([^/]*vlan=9[^/]*\/(IP|ARP)\(/,
  "Dot1AD(vlan=7)/Dot1Q(vlan=9)":
    /^Dot1AD\([^/]*vlan=7[^/]*\/Dot1Q\([^/]*vlan=9[^/]*\/(IP|ARP)\(/,
};

const IP = `IP(src="${CLIENT}",dst="${OURS_TAGGED}")`;
// Packets, and what their answers hold.
const PACKETS: Record<string, RegExp> = {
  [`ARP(hwsrc=mine,psrc="${CLIENT}",pdst="${OURS_TAGGED}")`]: /op=2,/,
  [`${IP}/ICMP()/b"octets"`]: /ICMP\(type=0, .*b'octets'/,
  [`${IP}/TCP(sport=1025,dport=80)`]: /TCP\(.*flags=.*18/,
};

for (const [tags, tagged] of Object.entries(TAGS)) {
  lab(`an answer carries the tags ${tags}`, ["scapy"], async () => {
    await using _masscanned = await Masscanned.start();
    for (const [packet, answer] of Object.entries(PACKETS)) {
      const said = await succeed("/usr/bin/python3 -c", ASK, tags, packet);
      match(said, tagged);
      match(said, answer);
    }
  });
}
