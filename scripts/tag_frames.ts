/**
 * Moves what one station sent in a capture into a VLAN, IEEE 802.1Q §9.6; for
 * `scripts/record.sh`, since not every kernel can have a VLAN of its own.
 *
 * Usage: `deno run -P scripts/tag_frames.ts IN.pcap OUT.pcap MAC VLAN PRIORITY`
 *
 * @module
 */

import { pcapHeader, pcapRecord, readPcap } from "../src/pcap.ts";

const SRC_AT = 6; // in octets
const TYPE_AT = 12;
const TPID = 0x8100;

const [input, output, mac, vlan, priority] = Deno.args;
const tci = Number(priority) << 13 | Number(vlan);
const tag = Uint8Array.of(TPID >> 8, TPID & 0xff, tci >> 8, tci & 0xff);
const pieces: Uint8Array<ArrayBuffer>[] = [pcapHeader()];
for (const { octets, time } of readPcap(Deno.readFileSync(input!))) {
  const src = octets.subarray(SRC_AT, TYPE_AT).toHex();
  if (src !== mac!.replaceAll(":", "")) continue;
  const tagged = new Uint8Array(octets.length + tag.length);
  tagged.set(octets.subarray(0, TYPE_AT));
  tagged.set(tag, TYPE_AT);
  tagged.set(octets.subarray(TYPE_AT), TYPE_AT + tag.length);
  pieces.push(pcapRecord(time, tagged));
}
Deno.writeFileSync(output!, await new Blob(pieces).bytes());
