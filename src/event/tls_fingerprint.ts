/**
 * JA3 and JA4: what a TLS client offers, as a text that is the same for all
 * clients of a kind. Neither counts values that are there to be ignored
 * (GREASE, RFC 8701).
 *
 * @see {@link https://github.com/salesforce/ja3 | JA3}
 * @see {@link https://github.com/FoxIO-LLC/ja4 | JA4}
 * @module
 */

import { createHash } from "node:crypto";
import type { Values } from "./conversation.ts";

const CIPHERS = "tls.client.supported_ciphers";
const OWN = "masscanned.tls.client";
const EXTENSIONS = `${OWN}.extensions`;

const SERVER_NAME = "0000";
const ALPN = "0010";
const GREASE = /^([0-9a-f]a)\1$/;

const HASH_LEN = 12; // hexadecimal digits of a hash in a JA4
const NO_HASH = "0".repeat(HASH_LEN);
const COUNT_MAX = 99;

/** How a JA4 names versions. */
const VERSIONS: Readonly<Record<string, string>> = {
  "0304": "13",
  "0303": "12",
  "0302": "11",
  "0301": "10",
  "0300": "s3",
};

/**
 * Writes what the JA3 of a client is computed from.
 *
 * @param values What was noted of its conversation.
 * @returns Numbers, or `undefined` if it did not say all that it offers, or too
 * much for us to keep.
 */
export function ja3TextOf(values: Values): string | undefined {
  if (!isNoted(values)) return undefined;
  const lists = [
    `${OWN}.version`,
    CIPHERS,
    EXTENSIONS,
    `${OWN}.supported_groups`,
    `${OWN}.ec_point_formats`,
  ];
  return lists.map((name) =>
    listOf(values, name).map((value) => parseInt(value, 16)).join("-")
  ).join(",");
}

/**
 * Computes the JA3 of a client.
 *
 * @param values What was noted of its conversation.
 * @returns 32 hexadecimal digits, or `undefined` as of {@linkcode ja3TextOf}.
 */
export function ja3Of(values: Values): string | undefined {
  const text = ja3TextOf(values);
  if (text === undefined) return undefined;
  return createHash("md5").update(text).digest("hex");
}

/**
 * Computes the JA4 of a client over TCP.
 *
 * @param values What was noted of its conversation.
 * @returns Three parts, or `undefined` as of {@linkcode ja3TextOf}.
 */
export function ja4Of(values: Values): string | undefined {
  if (!isNoted(values)) return undefined;
  const ciphers = listOf(values, CIPHERS);
  const extensions = listOf(values, EXTENSIONS);
  const signatures = listOf(values, `${OWN}.signature_algorithms`);
  const hashed = extensions.filter((it) => it !== SERVER_NAME && it !== ALPN);
  return [
    "t" + versionOf(values) + (extensions.includes(SERVER_NAME) ? "d" : "i") +
    countOf(ciphers) + countOf(extensions) + endsOfProtocol(values),
    hashOf([ciphers.toSorted()]),
    hashOf([
      hashed.toSorted(),
      ...signatures.length > 0 ? [signatures] : [],
    ]),
  ].join("_");
}

/** Whether all that goes in was noted. */
function isNoted(values: Values): boolean {
  return values.has(`${OWN}.version`) && !values.has(`${OWN}.omitted_bytes`);
}

/** Values of a list, but for those that are to be ignored. */
function listOf(values: Values, name: string): string[] {
  return `${values.get(name) ?? ""}`.split(",")
    .filter((value) => value !== "" && !GREASE.test(value));
}

/** The latest version that a client offers. */
function versionOf(values: Values): string {
  const latest = listOf(values, `${OWN}.supported_versions`).toSorted().at(-1);
  return VERSIONS[latest ?? `${values.get(`${OWN}.version`)}`] ?? "00";
}

function countOf(list: readonly string[]): string {
  return `${Math.min(list.length, COUNT_MAX)}`.padStart(2, "0");
}

/** First and last character of the first protocol that a client asks for. */
function endsOfProtocol(values: Values): string {
  const [name] = `${values.get(`${OWN}.alpn`) ?? ""}`.split(",");
  const octets = Array.from(
    name!.matchAll(/\\x(..)|\\?(.)/g),
    ([, hex, text]) => hex ? parseInt(hex, 16) : text!.charCodeAt(0),
  );
  if (octets.length === 0) return "00";
  const ends = [octets[0]!, octets.at(-1)!];
  const text = String.fromCharCode(...ends);
  if (/^[0-9A-Za-z]{2}$/.test(text)) return text;
  const [first, last] = ends.map((it) => it.toString(16).padStart(2, "0"));
  return first![0]! + last![1]!;
}

function hashOf([list, ...rest]: readonly string[][]): string {
  if (list!.length === 0) return NO_HASH;
  const text = [list!, ...rest].map((it) => it.join(",")).join("_");
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LEN);
}
