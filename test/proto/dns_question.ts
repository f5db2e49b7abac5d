/**
 * Questions to DNS.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { dns } from "../../src/proto/dns.ts";
import { ask, type Question } from "./ask.ts";
/** Octets in hexadecimal; blanks are for people. */
export const octets = (hex: string): Uint8Array =>
  Uint8Array.fromHex(hex.replaceAll(" ", ""));
/** Who is asked. */
export const PROTOCOLS = [dns];
/** An address of ours. */
export const IPV4 = octets("c0000202");
/** Another. */
export const IPV6 = octets("20010db8000000000000000000000002");

/** What is answered to one datagram or stream; `null` for nothing. */
export function answerTo(
  message: Uint8Array,
  question: Omit<Question, "protocols"> = {},
): Buffer | null {
  const { answers } = ask({ protocols: PROTOCOLS, ...question }, message);
  return answers[0] === undefined ? null : Buffer.from(answers[0], "hex");
}

/** A query for the address of `a`. */
export const QUERY = "1234 0100 0001 0000 0000 0000 0161 00 0001 0001";
/** Twelve octets. */
export const ZEROS = "00".repeat(12);
/** The same, over TCP. */
export const FRAMED = `0013 ${QUERY}`;
