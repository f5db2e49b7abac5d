/**
 * Parts of ECS events.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Counted, Message, Values } from "../event/conversation.ts";
import { credentialsOf } from "../event/credentials.ts";
import { netNtlmOf } from "../event/netntlm.ts";
import { printable } from "../printable.ts";
import type { Recognition } from "../scanner/scanner.ts";

/** What the schema has no name for is under this one. */
export const OWN = "masscanned";

const TEXT_MAX = 256; // octets of a payload that are shown as text
const VLAN_BITS = 12;
const EXACT_BITS = 53; // of a number in JSON

/** Field sets of the schema that protocols note things of. */
const FIELD_SETS = ["dns", "http", "tls", "url", "user", "user_agent"];

/** A JSON object. */
export type Fields = Record<string, unknown>;

/** Writes a time, in milliseconds since 1970, as RFC 3339 has it. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** A hardware address as ECS has it, RFC 7042 §2.1. */
export function macOf(octets: Uint8Array): string {
  return octets.toHex().toUpperCase().replaceAll(/(..)(?!$)/g, "$1-");
}

/** VLANs of a conversation; the inner one apart, if there are two. */
export function vlanOf(vlan: number): Fields {
  const id = (tag: number): Fields => ({ vlan: { id: `${tag}` } });
  const outer = vlan >>> VLAN_BITS;
  if (vlan === 0) return {};
  if (outer === 0) return id(vlan);
  const inner = vlan & (2 ** VLAN_BITS - 1);
  return { ...id(outer & (2 ** VLAN_BITS - 1)), inner: id(inner) };
}

/** What was noted of any message; of equal names, the first. */
export function mergedValues(messages: readonly Message[]): Values {
  const all = new Map<string, string | number>();
  for (const { values } of messages) {
    for (const [name, value] of values) {
      if (!all.has(name)) all.set(name, value);
    }
  }
  return all;
}

/** What was noted under a name, as text. */
export function textsOf(all: readonly Values[], name: string): string[] {
  return all.map((values) => values.get(name))
    .filter((value) => value !== undefined).map(String);
}

/** Puts values where their names say. */
export function nested(values: Values): Fields {
  const fields: Fields = {};
  for (const [name, value] of values) {
    const path = name.split(".");
    if (path[0] !== OWN && !FIELD_SETS.includes(path[0]!)) {
      path.unshift(OWN);
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
export function merge(one: Fields, other: Fields): Fields {
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

/** One message of several. */
export function messageOf(message: Message): Fields {
  const { answerLen, isAnswered, protocol, requestLen, time, values } = message;
  const { masscanned, ...standard } = nested(values);
  return merge({
    time: isoTime(time),
    protocol,
    bytes: requestLen,
    answered: isAnswered,
    answer_bytes: answerLen,
    answer: answerOf([message]),
    credentials: credentialsOf(values),
    ...standard,
  }, (masscanned ?? {}) as Fields);
}

/** A login over NTLM, for crackers. */
export function ntlmOf(values: Values): Fields | undefined {
  const netntlm = netNtlmOf(values);
  return netntlm === undefined ? undefined : { netntlm };
}

/** What a client of TLS offers, in vain; `ja3` if it could be computed. */
export function tlsOf(
  values: Values,
  ja3: string | undefined,
): Fields | undefined {
  if (!values.has("masscanned.tls.client.version")) return undefined;
  const ciphers = values.get("tls.client.supported_ciphers");
  return {
    established: false,
    client: {
      ja3,
      supported_ciphers: ciphers ? `${ciphers}`.split(",") : undefined,
    },
  };
}

/** The start of what nobody understood. */
export function payloadOf(messages: readonly Message[]): Fields | undefined {
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

/** The start of what was answered first. */
export function answerOf(messages: readonly Message[]): Fields | undefined {
  const first = messages.find(({ answer }) => answer.length > 0);
  return first && { base64: first.answer.toBase64() };
}

/** What one may look for elsewhere, of what there is. */
export function hashes(...known: readonly unknown[]): unknown[] | undefined {
  const all = known.filter((hash) => hash !== undefined);
  return all.length > 0 ? all : undefined;
}

/** The surest of the scanners, where ECS has a place for it. */
export function threatOf(
  [surest]: readonly Recognition[],
): Fields | undefined {
  if (surest === undefined) return undefined;
  return { software: { name: surest.name, type: surest.type } };
}

/** All scanners that a source was recognised as. */
export function scannersOf(
  scanners: readonly Recognition[],
): Fields[] | undefined {
  if (scanners.length === 0) return undefined;
  return scanners.map(({ bits, confidence, evidence, name }) => ({
    name,
    confidence,
    evidence,
    odds: bits === 0 ? undefined : 2 ** Math.min(bits, EXACT_BITS),
  }));
}

/** Different things of a sort, if there are any. */
export function countedOf(
  { count, first, isMinimum }: Counted<string> | Counted<number>,
): Fields | undefined {
  if (count === 0) return undefined;
  return { count, at_least: isMinimum || undefined, first };
}
