import { deepStrictEqual } from "node:assert/strict";

import { exchange } from "./harness.ts";

/** One row of `vectors/vectors.json`; `vectors/make.py` says what they mean. */
interface Vector {
  name: string;
  shows: string;
  persona: "classic" | "linux" | "any";
  list: boolean;
  deny?: string[];
  vlan?: number;
  request: string;
  reply: string | null;
  ignore?: [from: number, to: number][];
}

const FAILURES_SHOWN = 5;
const PROTOCOL_AT_IPV4 = 9;
const NEXT_HEADER_AT_IPV6 = 6;
const ICMP = 1;
const ALL_ONES = 0xffff;

const url = new URL("vectors/vectors.json", import.meta.url);
const { vectors }: { vectors: Vector[] } = JSON.parse(
  Deno.readTextFileSync(url),
);

for (const [group, rows] of Map.groupBy(vectors, groupOf)) {
  Deno.test(`Responder.answer() agrees with scapy about ${group}`, () => {
    const failures = rows.flatMap(failuresOf);
    const more = failures.length - FAILURES_SHOWN;
    deepStrictEqual(
      failures.length,
      0,
      [
        `${failures.length} of the replies to ${rows.length} rows differ`,
        ...failures.slice(0, FAILURES_SHOWN),
        ...(more > 0 ? [`and ${more} more`] : []),
      ].join("\n\n"),
    );
  });
}

/** Name of a row up to its colon. */
function groupOf({ name }: Vector): string {
  return name.slice(0, name.indexOf(":"));
}

/** What is wrong with the answers to a row, of each persona it is about. */
function failuresOf(vector: Vector): string[] {
  const { persona, list, deny, vlan, request } = vector;
  const personas = persona === "any"
    ? ["classic", "linux"] as const
    : [persona];
  return personas.flatMap((persona) => {
    const got = exchange(request, {
      persona,
      list,
      ...(deny !== undefined && { deny }),
      ...(vlan !== undefined && { vlan }),
    });
    const complaint = complaintAbout(got, vector);
    if (complaint === undefined) return [];
    return [[
      `${vector.name} (${persona}, ${
        list ? "list" : "wildcard"
      }): ${complaint}`,
      vector.shows,
      ...(deny === undefined ? [] : [`deny ${deny.join(", ")}`]),
      ...(vlan === undefined ? [] : [`vlan ${vlan.toString(16)}`]),
      `request\n${dump(request)}`,
      `want\n${dump(vector.reply)}`,
      `got\n${dump(got)}`,
    ].join("\n")];
  });
}

/** Why `got` is not the reply of a row, or `undefined` if it is. */
function complaintAbout(
  got: string | null,
  { reply, ignore = [] }: Vector,
): string | undefined {
  if (got === reply) return undefined;
  if (reply === null) return "answered";
  if (got === null) return "not answered";
  if (got.length !== reply.length) {
    return `${got.length / 2} octets, not ${reply.length / 2}`;
  }
  for (let at = 0; at < reply.length / 2; at++) {
    if (ignore.some(([from, to]) => from <= at && at < to)) continue;
    if (octetOf(got, at) !== octetOf(reply, at)) return `octet ${at} differs`;
  }
  // What is ignored may be anything but must be sealed like the rest.
  return sealed(got) ? undefined : "a checksum is wrong";
}

/** Octet of a hexadecimal string, as it is written. */
function octetOf(hex: string, at: number): string {
  return hex.slice(2 * at, 2 * at + 2);
}

/** Lines of 16 octets. */
function dump(hex: string | null): string {
  if (hex === null) return "  silence";
  return (hex.match(/.{1,32}/g) ?? []).map((line, row) => {
    const at = (16 * row).toString(16).padStart(4, "0");
    return `  ${at}  ${line.replace(/(..)(?!$)/g, "$1 ")}`;
  }).join("\n");
}

/**
 * Whether the checksums of an IPv4 header, ICMP message and TCP segment hold,
 * RFC 1071 §1; IPv6 without extension headers, as replies are.
 */
function sealed(hex: string): boolean {
  const frame = Uint8Array.fromHex(hex);
  const view = new DataView(frame.buffer);
  let at = 12;
  while ([0x8100, 0x88a8].includes(view.getUint16(at))) at += 4;
  const isIpv4 = view.getUint16(at) === 0x0800;
  at += 2;
  const upper = at + (isIpv4 ? 20 : 40);
  if (isIpv4 && sum(frame.subarray(at, upper)) !== ALL_ONES) {
    return false;
  }
  const protocol = frame[
    at + (isIpv4 ? PROTOCOL_AT_IPV4 : NEXT_HEADER_AT_IPV6)
  ]!;
  const segment = frame.subarray(upper);
  const pseudo = isIpv4 && protocol === ICMP
    ? []
    : [...frame.subarray(upper - (isIpv4 ? 8 : 32), upper), 0, protocol];
  if (pseudo.length > 0) pseudo.push(segment.length >> 8, segment.length & 255);
  return sum([...pseudo, ...segment]) === ALL_ONES;
}

/** Ones' complement sum of 16-bit words, RFC 1071 §1. */
function sum(octets: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < octets.length; at++) {
    total += at % 2 === 0 ? octets[at]! << 8 : octets[at]!;
  }
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}
