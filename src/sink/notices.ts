/**
 * What the operator is told of, in the words of the original program.
 *
 * @module
 */

import { lineOf, nameOf } from "../note.ts";
import { PROTOCOLS } from "../proto/mod.ts";
import type {
  FrameRecord,
  MessageRecord,
  MoreRecord,
} from "../record/records.ts";
import type { Recognition } from "../scanner/scanner.ts";
import { VERDICT, type VerdictName, VERDICTS } from "../verdict.ts";
import { ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import { ipText, macText } from "../address/text.ts";

/** Records that the operator may be told of. */
export type News = FrameRecord | MessageRecord | MoreRecord;

/** A line for the operator. */
export interface Notice {
  /** How much it matters. */
  readonly level: "warning" | "info";
  /** The line. */
  readonly text: string;
}

const TRANSPORTS: Readonly<Record<number, string>> = {
  1: "ICMP",
  6: "TCP",
  17: "UDP",
  58: "ICMPv6",
};

const TITLES: ReadonlyMap<VerdictName, string> = new Map([
  ["arp_reply", "ARP-Reply"],
  ["icmpv4_echo_reply", "ICMP-Echo-Reply to ICMP-Echo-Request"],
  ["icmpv6_echo_reply", "ICMPv6-Echo-Reply to ICMPv6-Echo-Request"],
  ["neighbor_advertisement", "ND-NA to ND-NS"],
  ["tcp_syn_ack", "SYN-ACK to ACK"],
  ["tcp_ack", "ACK to PSH-ACK"],
  ["tcp_answer", "ACK to PSH-ACK"],
  ["tcp_fin_ack", "FIN-ACK to FIN-ACK"],
  ["tcp_reset_sent", "RST"],
  ["port_unreachable", "ICMP-Port-Unreachable to UDP"],
  ["arp_malformed", "error parsing ARP packet"],
  ["ip_malformed", "error parsing IP packet"],
  ["transport_malformed", "error parsing ICMP, TCP or UDP packet"],
]);

/**
 * Puts a record into words.
 *
 * @param record Record of a packet worker.
 * @returns What to tell the operator.
 */
export function noticeOf(record: News): Notice {
  if (record.kind === "frame") return ofFrame(record);
  if (record.kind === "more") return ofMore(record);
  const { fields, summary } = PROTOCOLS[record.application]!;
  const values = new Map(
    record.notes.map(([index, octets]) => {
      const field = fields[index]!;
      return [nameOf(field), lineOf(field, octets)];
    }),
  );
  return { level: "warning", text: summary(values) };
}

/**
 * Puts into words who scans.
 *
 * @param src Address of the source.
 * @param scanner What it has been recognised as.
 * @returns What to tell the operator.
 */
export function noticeOfScanner(
  src: Uint8Array,
  { confidence, evidence, name }: Recognition,
): Notice {
  const perhaps = confidence === "high" ? "" : "perhaps ";
  const text = `${perhaps}${name} at ${ipText(src)}: ${evidence}`;
  return { level: "warning", text };
}

function ofFrame(record: FrameRecord): Notice {
  const name = VERDICTS[record.verdict]!;
  const title = TITLES.get(name);
  if (title === undefined) {
    const from = record.src.length > 0
      ? ipText(record.src)
      : macText(record.srcMac);
    return { level: "info", text: `packet not handled: ${name} from ${from}` };
  }
  return { level: "warning", text: textOf(record, title) };
}

/** The line about an answered or malformed frame. */
function textOf(record: FrameRecord, title: string): string {
  switch (record.verdict) {
    case VERDICT.arp_reply:
      return `${title} to ${macText(record.srcMac)} for IP ${
        ipText(record.dst)
      }`;
    case VERDICT.neighbor_advertisement:
      return `${title} for ${ipText(record.target)}`;
    case VERDICT.tcp_syn_ack:
    case VERDICT.tcp_ack:
    case VERDICT.tcp_answer:
    case VERDICT.tcp_fin_ack:
    case VERDICT.tcp_reset_sent:
    case VERDICT.port_unreachable:
      return `${title} on port ${record.dstPort}`;
    case VERDICT.ip_malformed:
      return record.ethertype === ETHERTYPE_IPV4
        ? "error parsing IPv4 packet"
        : "error parsing IPv6 packet";
    case VERDICT.transport_malformed:
      return `error parsing ${TRANSPORTS[record.protocol]} packet`;
    default:
      return title;
  }
}

function ofMore({ count, sort }: MoreRecord): Notice {
  const name = VERDICTS[sort];
  const title = name === undefined
    ? `${PROTOCOLS[sort - VERDICTS.length]!.name} answer`
    : TITLES.get(name) ?? `packet not handled: ${name}`;
  const level = name === undefined || TITLES.has(name) ? "warning" : "info";
  return { level, text: `${title}: ${count} more in the same second` };
}
