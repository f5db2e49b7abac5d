// deno-lint-ignore-file camelcase -- keys are spelled as the original has them

/**
 * The log of packets on standard output: for every frame, what each layer
 * received and what it sent or that it dropped it, as the original program
 * writes it.
 *
 * @module
 */

import { DEPTH_OF } from "../record/layout.ts";
import type { FrameRecord } from "../record/records.ts";
import { FIRST_UNANSWERED } from "../verdict.ts";
import { ipText, macText } from "../address/text.ts";

/** How a line is written. */
export type PacketLogFormat = "console" | "logfmt" | "json";

const ETHERTYPES: Readonly<Record<number, string>> = {
  0x0800: "Ipv4",
  0x0806: "Arp",
  0x8035: "Rarp",
  0x8100: "Vlan",
  0x86dd: "Ipv6",
  0x88a8: "PBridge",
  0x88cc: "Lldp",
};

const PROTOCOLS: Readonly<Record<number, string>> = {
  0: "Hopopt",
  1: "Icmp",
  2: "Igmp",
  6: "Tcp",
  17: "Udp",
  44: "Ipv6Frag",
  47: "Gre",
  58: "Icmpv6",
  132: "Sctp",
};

const UNKNOWN = "unknown";

/** What a layer did: keys of logfmt in order, and values. */
interface Line {
  readonly layer: string;
  readonly verb: "recv" | "send" | "drop";
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Keys that have a column of their own, in order; the rest follow. */
const COLUMNS = [
  "mac_src",
  "mac_dst",
  "ip_src",
  "ip_dst",
  "transport",
  "port_src",
  "port_dst",
];
/** Columns of ARP lines, where a sent packet's client still comes first. */
const ARP_COLUMNS = {
  recv: ["mac_src", "mac_dst", "ip_src", "ip_dst"],
  drop: ["mac_src", "mac_dst", "ip_src", "ip_dst"],
  send: ["mac_dst", "mac_src", "ip_dst", "ip_src"],
};

/**
 * Writes all lines about a frame.
 *
 * @param record Record of the frame.
 * @param format How to write them.
 * @returns Lines with their ends.
 */
export function packetLog(
  record: FrameRecord,
  format: PacketLogFormat,
): string {
  const write = WRITERS[format];
  const seconds = (record.time / 1000).toFixed(3);
  return linesOf(record).map((line) => `${write(seconds, line)}\n`).join("");
}

const WRITERS: Readonly<
  Record<PacketLogFormat, (time: string, line: Line) => string>
> = { console: writeConsole, logfmt: writeLogfmt, json: writeJson };

function writeConsole(time: string, { layer, verb, fields }: Line): string {
  const columns = layer === "arp" ? ARP_COLUMNS[verb] : COLUMNS;
  const rest = Object.keys(fields).filter((key) => !columns.includes(key));
  const values = [...columns, ...rest].map((key) => fields[key] ?? "");
  const isUdp = layer === "udp"; // whose lines end with an empty column
  return [time, layer, verb, ...values, ...(isUdp ? [""] : [])].join("\t");
}

function writeLogfmt(time: string, { layer, verb, fields }: Line): string {
  const all = { ts: time, proto: layer, verb, ...fields };
  return Object.entries(all)
    .map(([key, value]) => `${key}=${value}`).join(" ");
}

function writeJson(time: string, { layer, verb, fields }: Line): string {
  return JSON.stringify({ ts: Number(time), proto: layer, verb, ...fields });
}

/** What each layer did, from the link up and down again. */
function linesOf(record: FrameRecord): Line[] {
  const { depth } = record;
  const outcome = record.verdict < FIRST_UNANSWERED ? "send" : "drop";
  const layers: ((verb: Line["verb"]) => Line)[] = [
    (verb) => linkLine(record, verb),
  ];
  if (depth === DEPTH_OF.arp) layers.push((verb) => arpLine(record, verb));
  if (depth >= DEPTH_OF.ip) layers.push((verb) => ipLine(record, verb));
  if (depth === DEPTH_OF.transport && layerOf(record.protocol) !== "") {
    layers.push((verb) => transportLine(record, verb));
  }
  return [
    ...layers.map((line) => line("recv")),
    ...layers.reverse().map((line) => line(outcome)),
  ];
}

function macs(record: FrameRecord): Record<string, string> {
  const { dstMac, srcMac } = record;
  return { mac_src: macText(srcMac), mac_dst: macText(dstMac) };
}

/** Fields that a layer knows of those below and, on the way back, above it. */
function known(record: FrameRecord, depth: number): Line["fields"] {
  const fields: Record<string, string | number> = macs(record);
  if (depth >= DEPTH_OF.ip) {
    fields.ip_src = ipText(record.src);
    fields.ip_dst = ipText(record.dst);
  }
  if (depth === DEPTH_OF.transport) {
    fields.transport = PROTOCOLS[record.protocol] ?? UNKNOWN;
    if (record.protocol === 6 || record.protocol === 17) {
      fields.port_src = record.srcPort;
      fields.port_dst = record.dstPort;
    }
  }
  return fields;
}

/** What was known when a layer did `verb`. */
function depthAt(
  record: FrameRecord,
  verb: Line["verb"],
  depth: number,
): number {
  return verb === "recv" || record.depth === DEPTH_OF.arp
    ? depth
    : record.depth;
}

function linkLine(record: FrameRecord, verb: Line["verb"]): Line {
  const fields = {
    ...known(record, depthAt(record, verb, DEPTH_OF.link)),
    eth_type: ETHERTYPES[record.ethertype] ?? UNKNOWN,
  };
  return { layer: "eth", verb, fields };
}

function arpLine(record: FrameRecord, verb: Line["verb"]): Line {
  const { dst, src, typeCode } = record;
  const client = macText(record.srcMac);
  const other = macText(record.dstMac);
  const op = `ArpOperation(${verb === "send" ? 2 : typeCode})`;
  const fields = verb === "send"
    ? {
      mac_dst: client,
      mac_src: other,
      ip_dst: ipText(src),
      ip_src: ipText(dst),
      op,
    }
    : {
      mac_src: client,
      mac_dst: other,
      ip_src: ipText(src),
      ip_dst: ipText(dst),
      op,
    };
  return { layer: "arp", verb, fields };
}

function ipLine(record: FrameRecord, verb: Line["verb"]): Line {
  const fields = {
    ...known(record, depthAt(record, verb, DEPTH_OF.ip)),
    next_proto: PROTOCOLS[record.protocol] ?? UNKNOWN,
  };
  return { layer: record.src.length === 4 ? "ipv4" : "ipv6", verb, fields };
}

/** Name of a transport's layer; empty if it has no lines. */
function layerOf(protocol: number): string {
  return { 1: "icmpv4", 6: "tcp", 17: "udp", 58: "icmpv6" }[protocol] ?? "";
}

function transportLine(record: FrameRecord, verb: Line["verb"]): Line {
  const layer = layerOf(record.protocol);
  const fields = { ...known(record, DEPTH_OF.transport) };
  const isSent = verb === "send";
  if (layer === "tcp") {
    fields.flags = isSent ? record.sentFlags : record.typeCode;
    fields.seq = isSent ? record.sentSeq : record.seq;
    fields.ack = isSent ? record.sentAck : record.ack;
  } else if (layer !== "udp") {
    const prefix = layer === "icmpv4" ? "icmp" : "icmpv6";
    const name = layer === "icmpv4" ? "Icmp" : "Icmpv6";
    const type = isSent ? replyType(record) : record.typeCode >> 8;
    fields[`${prefix}_type`] = `${name}Type(${type})`;
    fields[`${prefix}_code`] = `${name}Code(${record.typeCode & 0xff})`;
  }
  return { layer, verb, fields };
}

/** ICMP type of the answer to an answered message. */
function replyType({ protocol, typeCode }: FrameRecord): number {
  if (protocol === 1) return 0;
  return (typeCode >> 8) + 1; // 128 → 129, 135 → 136
}
