/**
 * Codes of DNS and what people write for them. RFC 1035 §5.1, RFC 6895 §3.
 *
 * @module
 */

import { number } from "../note.ts";
import { printable } from "../printable.ts";

/** Types of records. Those from 128 to 255 ask for something to be done. */
export const RR_TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  CAA: 257,
} as const;

/** Response codes, RFC 6895 §2.3. */
export const RESPONSE_CODE = {
  NOERROR: 0,
  FORMERR: 1,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** Classes of records. */
export const RR_CLASS = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

/**
 * Writes a name the way `dig` does.
 *
 * @param octets Name, in the form it has on the wire.
 * @returns Such as `www.example.com`; safe to print.
 */
export function nameText(octets: Uint8Array): string {
  const labels: string[] = [];
  for (let at = 0; at < octets.length;) {
    const length = octets[at]!;
    if (length === 0) break;
    if (length >= 0x40) { // a pointer
      labels.push("...");
      break;
    }
    const label = octets.subarray(at + 1, at + 1 + length);
    labels.push(printable(label).replaceAll(".", "\\."));
    at += 1 + length;
  }
  return labels.join(".") || ".";
}

/**
 * Writes a type of records.
 *
 * @param octets Its two octets.
 * @returns Such as `AAAA`, or `TYPE4711`.
 */
export function typeText(octets: Uint8Array): string {
  return codeText(RR_TYPE, "TYPE", number(octets));
}

/**
 * Writes a response code.
 *
 * @param octets Its two octets, RFC 6895 §2.3.
 * @returns Such as `NOERROR`, or `RCODE4711`.
 */
export function rcodeText(octets: Uint8Array): string {
  return codeText(RESPONSE_CODE, "RCODE", number(octets));
}

/**
 * Writes a class of records.
 *
 * @param octets Its two octets.
 * @returns Such as `IN`, or `CLASS4711`.
 */
export function classText(octets: Uint8Array): string {
  return codeText(RR_CLASS, "CLASS", number(octets));
}

/** Name of a code or, RFC 3597 §5, one made of its number. */
function codeText(
  codes: Readonly<Record<string, number>>,
  unknown: string,
  code: number,
): string {
  const known = Object.entries(codes).find(([, value]) => value === code);
  return known?.[0] ?? `${unknown}${code}`;
}
