/**
 * What happened as events of the Elastic Common Schema (ECS): one JSON object
 * a line. What the schema has no name for is under `masscanned`.
 *
 * @see {@link https://www.elastic.co/docs/reference/ecs/ecs-field-reference | ECS fields}
 * @module
 */

import { ipText } from "../address/text.ts";
import { communityIdOf, inPackets } from "../event/community.ts";
import type { Conversation, Listener, Visit } from "../event/conversation.ts";
import { credentialsOf } from "../event/credentials.ts";
import { hasshOf } from "../event/hassh.ts";
import { ja3Of, ja4Of } from "../event/tls_fingerprint.ts";
import {
  answerOf,
  countedOf,
  type Fields,
  hashes,
  isoTime,
  macOf,
  merge,
  mergedValues,
  messageOf,
  nested,
  ntlmOf,
  OWN,
  payloadOf,
  scannersOf,
  textsOf,
  threatOf,
  tlsOf,
  vlanOf,
} from "./ecs_fields.ts";
import { jsonText } from "./json_text.ts";

/** Version of the schema that events are valid against. */
export const ECS_VERSION = "9.4.0";

const NS_PER_MS = 1_000_000;
const SAID_MS = 1000; // between two events about what is missing

const TRANSPORTS: Readonly<Record<number, string>> = {
  1: "icmp",
  6: "tcp",
  17: "udp",
  58: "ipv6-icmp",
};

/** Who observes. */
export interface Observer {
  /** Name of the machine. */
  readonly name: string;
  /** Version of the program. */
  readonly version: string;
}

/** Takes the line of an event. */
type Write = (line: string) => void;

/** Writes events. */
export class EcsEvents implements Listener {
  readonly #observer: Fields;
  readonly #write: Write;
  #sequence = 0;
  #missing = { records: 0, sources: 0, packets: 0 };
  #recordsDropped = 0;
  #saidAt = 0;
  #now = 0; // end of the latest event

  /**
   * Makes a writer.
   *
   * @param observer Who observes.
   * @param write Takes whole lines.
   */
  constructor({ name, version }: Observer, write: Write) {
    this.#write = write;
    this.#observer = {
      name,
      vendor: OWN,
      product: OWN,
      type: "honeypot",
      version,
    };
  }

  /** Writes what happened on a connection, or of a datagram. */
  conversation(conversation: Conversation): void {
    const { dst, dstPort, end, inner, protocol } = conversation;
    const { src, srcMac, srcPort, start } = conversation;
    const { messages, packetsIn, packetsInLen, packetsOut, packetsOutLen } =
      conversation;
    const values = mergedValues(messages);
    const logins = messages.map(({ values }) => credentialsOf(values))
      .filter((login) => login !== undefined);
    const asksIn = logins.length > 0 || values.has("user.name");
    const transport = TRANSPORTS[protocol]!;
    const application = messages.find((it) => it.protocol)?.protocol;
    const payload = payloadOf(messages);
    const hassh = hasshOf(values);
    const ja3 = ja3Of(values);
    const users = [
      ...logins.map(({ user }) => user),
      ...textsOf([values], "user.name"),
    ];
    const event = nested(values);
    this.#emit(
      start,
      end,
      merge(event, {
        observer: this.#observerAt(conversation.iface),
        message: messages.find(({ summary }) => summary !== "")?.summary,
        event: {
          kind: "event",
          category: asksIn ? ["network", "authentication"] : ["network"],
          type: [
            ...protocol === 6 ? ["connection"] : [],
            ...application === undefined ? [] : ["protocol"],
            ...asksIn ? ["start"] : [],
            ...protocol === 17 && application === undefined ? ["info"] : [],
          ],
          action: protocol === 6 ? "tcp_connection" : "udp_exchange",
          ...asksIn ? { outcome: "failure" } : {},
          dataset: `${OWN}.exchange`,
          id: conversation.id,
          reason: conversation.ending,
        },
        source: {
          ip: ipText(src),
          port: srcPort,
          mac: macOf(srcMac),
          bytes: packetsInLen,
          packets: packetsIn,
        },
        destination: {
          ip: ipText(dst),
          nat: inner && { ip: ipText(inner) },
          port: dstPort,
          bytes: packetsOutLen,
          packets: packetsOut,
        },
        network: {
          transport,
          iana_number: `${protocol}`,
          type: src.length === 4 ? "ipv4" : "ipv6",
          protocol: application,
          direction: "inbound",
          community_id: communityIdOf(inPackets(conversation)),
          bytes: packetsInLen + packetsOutLen,
          packets: packetsIn + packetsOut,
          ...vlanOf(conversation.vlan),
        },
        user: logins.length > 0 ? { name: logins[0]!.user } : undefined,
        related: {
          ip: [src, dst, ...inner ? [inner] : []].map(ipText),
          user: users.length > 0 ? [...new Set(users)] : undefined,
          hash: hashes(hassh, ja3, payload?.sha256),
        },
        threat: threatOf(conversation.scanners),
        tls: tlsOf(values, ja3),
        masscanned: {
          ...conversation.history === ""
            ? {}
            : { history: conversation.history },
          payload_bytes: {
            source: conversation.payloadIn,
            destination: conversation.payloadOut,
          },
          answer_bytes: messages.reduce((sum, it) => sum + it.answerLen, 0),
          answer: answerOf(messages),
          ssh: hassh === undefined ? undefined : { client: { hassh } },
          tls: ja3 === undefined
            ? undefined
            : { client: { ja4: ja4Of(values) } },
          ntlm: ntlmOf(values),
          credentials: logins.length > 0 ? logins : undefined,
          payload,
          public: inner && { community_id: communityIdOf(conversation) },
          scanners: scannersOf(conversation.scanners),
          messages: messages.length > 1 ? messages.map(messageOf) : undefined,
          messages_omitted: conversation.messagesOmitted || undefined,
        },
      }),
    );
  }

  /** Writes what was counted of a source. */
  visit(visit: Visit): void {
    const { addresses, end, src, start, tcpPorts, udpPorts } = visit;
    this.#emit(start, end, {
      observer: this.#observerAt(visit.iface),
      message: `${ipText(src)} sent ${visit.packetsIn} packets to ` +
        `${addresses.count} of our addresses, ${tcpPorts.count} TCP and ` +
        `${udpPorts.count} UDP ports`,
      event: {
        kind: "event",
        category: ["network"],
        type: ["info"],
        action: "source_summary",
        dataset: `${OWN}.source`,
      },
      source: {
        ip: ipText(src),
        mac: macOf(visit.srcMac),
        bytes: visit.packetsInLen,
        packets: visit.packetsIn,
      },
      destination: {
        bytes: visit.packetsOutLen,
        packets: visit.packetsOut,
      },
      network: {
        type: src.length === 4 ? "ipv4" : "ipv6",
        direction: "inbound",
        bytes: visit.packetsInLen + visit.packetsOutLen,
        packets: visit.packetsIn + visit.packetsOut,
      },
      related: { ip: [ipText(src)] },
      threat: threatOf(visit.scanners),
      masscanned: {
        scanners: scannersOf(visit.scanners),
        source: {
          addresses: countedOf(addresses),
          tcp_ports: countedOf(tcpPorts),
          udp_ports: countedOf(udpPorts),
          frames: Object.fromEntries(visit.verdicts),
          protocols: Object.fromEntries(visit.protocols),
          conversations: visit.conversations,
          conversations_omitted: visit.omitted || undefined,
        },
      },
    });
  }

  /** Counts records that are missing, and says so at most once a second. */
  dropped(time: number, count: number): void {
    this.#missing.records += count;
    if (time - this.#saidAt >= SAID_MS) this.flush(time);
  }

  /** Counts a source that is not told of, and says so in the same way. */
  overflow(time: number, packets: number): void {
    this.#missing.sources++;
    this.#missing.packets += packets;
    if (time - this.#saidAt >= SAID_MS) this.flush(time);
  }

  /**
   * Says what is missing, if something is.
   *
   * @param time Time, in milliseconds since 1970; absent: of the event before.
   */
  flush(time: number = this.#now): void {
    const { packets, records, sources } = this.#missing;
    if (records + sources === 0) return;
    this.#missing = { records: 0, sources: 0, packets: 0 };
    this.#recordsDropped += records;
    this.#saidAt = time;
    this.#emit(time, time, {
      observer: this.#observer,
      message: `${records} records were dropped for want of a buffer, and ` +
        `${sources} sources for want of room`,
      event: {
        kind: "pipeline_error",
        action: "records_dropped",
        dataset: `${OWN}.loss`,
      },
      masscanned: {
        records_dropped: records,
        records_dropped_total: this.#recordsDropped,
        sources_dropped: sources,
        sources_dropped_packets: packets,
      },
    });
  }

  /** Who observed something on an interface, if on one. */
  #observerAt(iface: string | undefined): Fields {
    if (iface === undefined) return this.#observer;
    return { ...this.#observer, ingress: { interface: { name: iface } } };
  }

  #emit(start: number, end: number, fields: Fields): void {
    this.#now = Math.max(this.#now, end);
    const { event, ...rest } = fields;
    this.#write(`${
      jsonText({
        "@timestamp": isoTime(start),
        ecs: { version: ECS_VERSION },
        event: {
          module: OWN,
          provider: OWN,
          sequence: this.#sequence++,
          ...event as Fields,
          start: isoTime(start),
          end: isoTime(end),
          duration: Math.round(end - start) * NS_PER_MS,
        },
        ...rest,
      })
    }\n`);
  }
}
