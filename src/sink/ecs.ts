/**
 * What happened as events of the Elastic Common Schema (ECS): one JSON object
 * a line. What the schema has no name for is under `masscanned`.
 *
 * @see {@link https://www.elastic.co/docs/reference/ecs/ecs-field-reference | ECS fields}
 * @module
 */

import { createHash } from "node:crypto";
import { ipText } from "../address/text.ts";
import { communityIdOf } from "../event/community.ts";
import type {
  Conversation,
  Listener,
  Message,
  Values,
  Visit,
} from "../event/conversation.ts";
import { credentialsOf } from "../event/credentials.ts";
import { hasshOf } from "../event/hassh.ts";
import { netNtlmOf } from "../event/netntlm.ts";
import type { Recognition } from "../scanner/scanner.ts";
import { printable } from "../printable.ts";
import { jsonText } from "./json_text.ts";

/** Version of the schema that events are valid against. */
export const ECS_VERSION = "9.4.0";

const MODULE = "masscanned";
const NS_PER_MS = 1_000_000;
const TEXT_MAX = 256; // octets of a payload that are shown as text
const VLAN_BITS = 12;
const EXACT_BITS = 53; // of a number in JSON

/** Field sets of the schema that protocols note things of. */
const FIELD_SETS = ["dns", "http", "tls", "url", "user", "user_agent"];

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

/** A JSON object. */
type Fields = Record<string, unknown>;

/** Takes the line of an event. */
type Write = (line: string) => void;

/** Writes events. */
export class EcsEvents implements Listener {
  readonly #observer: Fields;
  readonly #write: Write;
  #sequence = 0;
  #dropped = 0;
  #droppedTotal = 0;
  #droppedAt = 0;

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
      vendor: MODULE,
      product: MODULE,
      type: "honeypot",
      version,
    };
  }

  /** Writes what happened on a connection, or of a datagram. */
  conversation(conversation: Conversation): void {
    const { dst, dstPort, end, protocol, src, srcMac, srcPort, start } =
      conversation;
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
          dataset: `${MODULE}.exchange`,
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
          community_id: communityIdOf(conversation),
          bytes: packetsInLen + packetsOutLen,
          packets: packetsIn + packetsOut,
          ...vlanOf(conversation.vlan),
        },
        user: logins.length > 0 ? { name: logins[0]!.user } : undefined,
        related: {
          ip: [ipText(src), ipText(dst)],
          user: users.length > 0 ? [...new Set(users)] : undefined,
          hash: hashes(hassh, payload),
        },
        threat: threatOf(conversation.scanners),
        masscanned: {
          ...conversation.history === ""
            ? {}
            : { history: conversation.history },
          payload_bytes: {
            source: conversation.payloadIn,
            destination: conversation.payloadOut,
          },
          answer_bytes: messages.reduce((sum, it) => sum + it.answerLen, 0),
          ssh: hassh === undefined ? undefined : { client: { hassh } },
          ntlm: ntlmOf(values),
          credentials: logins.length > 0 ? logins : undefined,
          payload,
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
        dataset: `${MODULE}.source`,
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

  /** Writes, at most once a second, how many records are missing. */
  dropped(time: number, count: number): void {
    this.#dropped += count;
    if (time - this.#droppedAt < 1000) return;
    this.#droppedAt = time;
    this.flush(time);
  }

  /**
   * Writes how many records are missing, if some are.
   *
   * @param time Time, in milliseconds since 1970.
   */
  flush(time: number): void {
    if (this.#dropped === 0) return;
    this.#droppedTotal += this.#dropped;
    this.#emit(time, time, {
      observer: this.#observer,
      message: `${this.#dropped} records were dropped for want of a buffer`,
      event: {
        kind: "pipeline_error",
        action: "records_dropped",
        dataset: `${MODULE}.loss`,
      },
      masscanned: {
        records_dropped: this.#dropped,
        records_dropped_total: this.#droppedTotal,
      },
    });
    this.#dropped = 0;
  }

  /** Who observed something on an interface, if on one. */
  #observerAt(iface: string | undefined): Fields {
    if (iface === undefined) return this.#observer;
    return { ...this.#observer, ingress: { interface: { name: iface } } };
  }

  #emit(start: number, end: number, fields: Fields): void {
    const { event, ...rest } = fields;
    this.#write(`${
      jsonText({
        "@timestamp": isoTime(start),
        ecs: { version: ECS_VERSION },
        event: {
          module: MODULE,
          provider: MODULE,
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

function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** A hardware address as ECS has it, RFC 7042 §2.1. */
function macOf(octets: Uint8Array): string {
  return octets.toHex().toUpperCase().replaceAll(/(..)(?!$)/g, "$1-");
}

/** VLANs of a conversation; the inner one apart, if there are two. */
function vlanOf(vlan: number): Fields {
  const id = (tag: number): Fields => ({ vlan: { id: `${tag}` } });
  const outer = vlan >>> VLAN_BITS;
  if (vlan === 0) return {};
  if (outer === 0) return id(vlan);
  const inner = vlan & (2 ** VLAN_BITS - 1);
  return { ...id(outer & (2 ** VLAN_BITS - 1)), inner: id(inner) };
}

/** What was noted of any message; of equal names, the first. */
function mergedValues(messages: readonly Message[]): Values {
  const all = new Map<string, string | number>();
  for (const { values } of messages) {
    for (const [name, value] of values) {
      if (!all.has(name)) all.set(name, value);
    }
  }
  return all;
}

function textsOf(all: readonly Values[], name: string): string[] {
  return all.map((values) => values.get(name))
    .filter((value) => value !== undefined).map(String);
}

/** Puts values where their names say. */
function nested(values: Values): Fields {
  const fields: Fields = {};
  for (const [name, value] of values) {
    const path = name.split(".");
    if (path[0] !== MODULE && !FIELD_SETS.includes(path[0]!)) {
      path.unshift(MODULE);
    }
    let at = fields;
    for (const part of path.slice(0, -1)) {
      at = (at[part] ??= {}) as Fields;
    }
    at[path.at(-1)!] = value;
  }
  return fields;
}

/** Puts two objects together, the second's values above the first's. */
function merge(one: Fields, other: Fields): Fields {
  const all = { ...one };
  for (const [key, value] of Object.entries(other)) {
    if (value === undefined) continue;
    all[key] = isObject(value) && isObject(all[key])
      ? merge(all[key], value)
      : value;
  }
  return all;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function messageOf(message: Message): Fields {
  const { answerLen, isAnswered, protocol, requestLen, time, values } = message;
  const { masscanned, ...standard } = nested(values);
  return merge({
    time: isoTime(time),
    protocol,
    bytes: requestLen,
    answered: isAnswered,
    answer_bytes: answerLen,
    credentials: credentialsOf(values),
    ...standard,
  }, (masscanned ?? {}) as Fields);
}

function ntlmOf(values: Values): Fields | undefined {
  const netntlm = netNtlmOf(values);
  return netntlm === undefined ? undefined : { netntlm };
}

/** The start of what nobody understood. */
function payloadOf(messages: readonly Message[]): Fields | undefined {
  const unknown = messages.filter(({ payload }) => payload.length > 0);
  if (unknown.length === 0) return undefined;
  const octets = new Uint8Array(
    unknown.flatMap(({ payload }) => [...payload]),
  );
  return {
    bytes: unknown.reduce((sum, { requestLen }) => sum + requestLen, 0),
    text: printable(octets.subarray(0, TEXT_MAX)),
    base64: octets.toBase64(),
    sha256: createHash("sha256").update(octets).digest("hex"),
  };
}

function hashes(
  hassh: string | undefined,
  payload: Fields | undefined,
): string[] | undefined {
  const all = [hassh, payload?.sha256 as string | undefined]
    .filter((hash) => hash !== undefined);
  return all.length > 0 ? all : undefined;
}

/** The surest of the scanners, where ECS has a place for it. */
function threatOf([surest]: readonly Recognition[]): Fields | undefined {
  if (surest === undefined) return undefined;
  return { software: { name: surest.name, type: surest.type } };
}

function scannersOf(scanners: readonly Recognition[]): Fields[] | undefined {
  if (scanners.length === 0) return undefined;
  return scanners.map(({ bits, confidence, evidence, name }) => ({
    name,
    confidence,
    evidence,
    odds: bits === 0 ? undefined : 2 ** Math.min(bits, EXACT_BITS),
  }));
}

function countedOf(
  { count, first, isMinimum }: Visit["addresses"] | Visit["tcpPorts"],
): Fields | undefined {
  if (count === 0) return undefined;
  return { count, at_least: isMinimum || undefined, first };
}
