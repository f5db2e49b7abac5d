/**
 * masscan: its own stack, whose IP identification is computed from where the
 * packet goes.
 *
 * @see {@link https://github.com/robertdavidgraham/masscan | the source},
 * `src/templ-pkt.c`
 *
 * @module
 */

import { pattern } from "../protocol.ts";
import { type Packet, SYN } from "./packet.ts";
import { type PacketSign, type Scanner, word } from "./scanner.ts";

const MSS_1460 = pattern("020405b4"); // since 2023; nothing before
const WINDOW = 1024;
const ECHO_REQUEST = 8 << 8;
const PING = Array.from({ length: 48 }, (_, i) => 8 + i); // as in BSD's ping

const SNMP_PORT = 161;
const SNMP_REQUEST_ID = 19; // low half of it, in masscan's own request

/** Its identification alone, whoever sends it: telling only if it repeats. */
const ID_ALONE: PacketSign = {
  evidence: "IP ID is destination address xor port xor sequence number",
  bits: 16,
  isShape: false,
  matches: (packet) => packet.isIpv4 && idIsMade(packet, packet.seq),
};

/** The descriptor. */
export const masscan: Scanner = {
  name: "masscan",
  type: "Tool",
  syn: [
    {
      evidence: "IP ID is destination address xor port xor sequence number; " +
        "window 1024, no options but MSS 1460, initial TTL 255",
      bits: 16,
      isShape: true,
      matches: (packet) =>
        isShaped(packet) && packet.isIpv4 && idIsMade(packet, packet.seq),
    },
    {
      evidence: "window 1024, no options, initial hop limit 255",
      bits: 0,
      isShape: true,
      matches: (packet) =>
        isShaped(packet) && !packet.isIpv4 && packet.optionsLen === 0,
    },
    ID_ALONE,
  ],
  datagram: [{
    evidence: "IP ID is destination address xor port xor the request's own " +
      "ID; initial TTL 255",
    bits: 16,
    isShape: true,
    matches: (packet) =>
      packet.isIpv4 && packet.mayFragment && packet.ttl > 64 &&
      idIsMade(
        packet,
        packet.payload16(packet.dstPort === SNMP_PORT ? SNMP_REQUEST_ID : 0),
      ),
  }],
  icmp: [{
    evidence: "echo request with the 48 octets 08 to 37, initial TTL 255",
    bits: 0,
    isShape: true,
    matches: (packet) =>
      packet.typeCode === ECHO_REQUEST && packet.ttl > 64 &&
      packet.mayFragment && packet.says(PING),
  }],
  pair: [{
    evidence: "IP ID is destination address xor port xor sequence number, " +
      "twice in a row",
    bits: 32,
    isShape: false,
    matches: (first, second) =>
      first.sign === ID_ALONE && second.sign === ID_ALONE,
  }],
  words: [word("user_agent.original", "masscan/")],
};

/** Whether a SYN looks like one of masscan, its identification aside. */
function isShaped(packet: Packet): boolean {
  return packet.flags === SYN && packet.ack === 0 &&
    packet.window === WINDOW && packet.ttl > 64 &&
    packet.mayFragment === packet.isIpv4 &&
    (packet.optionsLen === 0 || packet.hasOptions(MSS_1460));
}

/** Whether the identification is made from where a packet goes and `cookie`. */
function idIsMade(packet: Packet, cookie: number): boolean {
  return packet.id === ((packet.dst ^ packet.dstPort ^ cookie) & 0xffff);
}
