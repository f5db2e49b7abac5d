/**
 * What happened as logs of Zeek: `conn.log`, and `reporter.log` for what is
 * missing in it.
 *
 * What differs from what Zeek would write of the same packets: there is a line
 * for each datagram and each ping with its answer, and not for a series of
 * them; octets that were sent again are counted again; a host that was talked to
 * belongs to us, of the other nothing is said.
 *
 * @see {@link https://docs.zeek.org/en/current/scripts/base/protocols/conn/main.zeek.html | Zeek, conn.log}
 * @module
 */

import { ipText } from "../address/text.ts";
import { communityIdOf, inPackets } from "../event/community.ts";
import type { Conversation, Listener } from "../event/conversation.ts";
import { connStateOf } from "../event/history.ts";
import type { OmittedCount } from "../event/omitted.ts";
import type { ZeekFields, ZeekValue } from "./zeek_log.ts";

/** Fields of `conn.log`: those of Zeek 8, and the Community ID's. */
export const CONN: ZeekFields = [
  ["ts", "time"],
  ["uid", "string"],
  ["id.orig_h", "addr"],
  ["id.orig_p", "port"],
  ["id.resp_h", "addr"],
  ["id.resp_p", "port"],
  ["proto", "enum"],
  ["service", "string"],
  ["duration", "interval"],
  ["orig_bytes", "count"],
  ["resp_bytes", "count"],
  ["conn_state", "string"],
  ["local_orig", "bool"],
  ["local_resp", "bool"],
  ["missed_bytes", "count"],
  ["history", "string"],
  ["orig_pkts", "count"],
  ["orig_ip_bytes", "count"],
  ["resp_pkts", "count"],
  ["resp_ip_bytes", "count"],
  ["tunnel_parents", "set[string]"],
  ["ip_proto", "count"],
  ["community_id", "string"], // policy/protocols/conn/community-id-logging
];

/** Fields of `reporter.log`. */
export const REPORTER: ZeekFields = [
  ["ts", "time"],
  ["level", "enum"],
  ["message", "string"],
  ["location", "string"],
];

const TCP = 6;
const UDP = 17;
const PROTOS: Readonly<Record<number, string>> = {
  1: "icmp",
  [TCP]: "tcp",
  [UDP]: "udp",
  58: "icmp",
};

/** What Zeek calls protocols that have another name in the schema of events. */
const SERVICES: Readonly<Record<string, string>> = {
  domain: "dns",
  "microsoft-ds": "smb",
  tls: "ssl",
};

/**
 * What Zeek has in place of an ICMP code: the type that answers the type, if
 * one does. RFC 792, RFC 4443 §4, RFC 4861 §4.
 */
const ICMP_ANSWERS: Readonly<Record<string, number>> = {
  "icmp 8": 0,
  "icmp 13": 14,
  "icmp6 128": 129,
  "icmp6 133": 134,
  "icmp6 135": 136,
};

/** Takes the values of a line. */
type Write = (values: readonly ZeekValue[]) => void;

/** Writes the logs. */
export class ZeekLogs implements Listener {
  readonly #writeConn: Write;
  readonly #writeReporter: Write;

  /**
   * Makes a writer.
   *
   * @param writeConn Takes what {@linkcode CONN} lists.
   * @param writeReporter Takes what {@linkcode REPORTER} lists.
   */
  constructor(writeConn: Write, writeReporter: Write) {
    this.#writeConn = writeConn;
    this.#writeReporter = writeReporter;
  }

  /** Writes a connection, or a datagram and its answer. */
  conversation(conversation: Conversation): void {
    this.#writeConn(connOf(conversation));
  }

  /** Writes what came to no conversation. */
  encounter(encounter: Conversation): void {
    this.#writeConn(connOf(encounter));
  }

  /** Says who did what is not in `conn.log`. */
  omitted({ count, src, time }: OmittedCount): void {
    const who = src === undefined ? "other sources" : ipText(src);
    this.#report(
      time,
      `too much in one second: ${count} exchanges with ${who} are missing in ` +
        "conn.log",
    );
  }

  /** Says how many records are missing. */
  dropped(time: number, count: number): void {
    this.#report(time, `${count} records were dropped for want of a buffer`);
  }

  #report(time: number, message: string): void {
    this.#writeReporter([time, "Reporter::WARNING", message, ""]);
  }
}

/** Values of {@linkcode CONN}. */
function connOf(conversation: Conversation): ZeekValue[] {
  const { dst, end, history, packetsIn, packetsOut, protocol, src, start } =
    conversation;
  const { payloadIn, payloadOut } = conversation;
  const isAlone = packetsIn + packetsOut === 1; // Zeek: it lasted no time
  const services = conversation.messages
    .map(({ protocol }) => protocol)
    .filter((name) => name !== undefined)
    .map((name) => SERVICES[name] ?? name);
  return [
    start,
    conversation.id,
    ipText(src),
    conversation.srcPort,
    ipText(dst),
    respPortOf(conversation),
    PROTOS[protocol],
    services.length > 0 ? [...new Set(services)].join(",") : undefined,
    isAlone ? undefined : Math.max(end - start, 0),
    isAlone ? undefined : payloadIn,
    isAlone ? undefined : payloadOut,
    stateOf(conversation),
    undefined,
    true,
    0,
    (protocol === UDP ? udpHistory(conversation) : history) || undefined,
    packetsIn,
    conversation.packetsInLen,
    packetsOut,
    conversation.packetsOutLen,
    undefined,
    protocol,
    communityIdOf(
      inPackets(conversation),
      conversation.srcPort << 8 | conversation.dstPort,
    ),
  ];
}

function respPortOf({ dstPort, protocol, src, srcPort }: Conversation): number {
  if (protocol === TCP || protocol === UDP) return dstPort;
  const name = src.length === 4 ? "icmp" : "icmp6";
  return ICMP_ANSWERS[`${name} ${srcPort}`] ?? dstPort;
}

function stateOf(conversation: Conversation): string {
  const { ending, history, payloadIn, payloadOut, protocol } = conversation;
  if (protocol === UDP) return ending === "answered" ? "SF" : "S0";
  if (protocol !== TCP) return "OTH";
  return connStateOf(history, payloadIn + payloadOut === 0);
}

function udpHistory({ ending }: Conversation): string {
  return ending === "answered" ? "Dd" : "D";
}
