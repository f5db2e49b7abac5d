/**
 * Every recorded conversation: what the tests, the fuzzer and the benches feed
 * on. `scripts/record.sh` records them; the two lists go together.
 *
 * Frames from {@linkcode SELF_MAC} are what the program answered on the day. No
 * test takes them for right: they show what the client was reacting to.
 *
 * @module
 */

import { type CapturedFrame, readPcap } from "../src/pcap.ts";
import { KEY_LEN } from "../src/siphash.ts";
import { SELF_MAC } from "./harness.ts";

/**
 * Key that the program had when it was recorded. A stack with the same one,
 * told the times of the frames, takes the clients' acknowledgments for its own.
 */
export const RECORDING_KEY: Uint8Array = new Uint8Array(KEY_LEN);

/** Kinds of answers that there is one of for each request. */
export type AnswerKind = "arp" | "advertisement" | "echo" | "synAck" | "page";

/** One recorded conversation. */
export interface Capture {
  /** Path under `test/pcap/`, without extension. */
  readonly name: string;
  /** What it shows, and where the specification asks for it. */
  readonly shows: string;
  /** How many answers of each kind the client is due. */
  readonly answers: Readonly<Partial<Record<AnswerKind, number>>>;
  /** Name of the persona that it was recorded with. */
  readonly persona: string;
  /** Where it is. */
  readonly path: URL;
  /** Everybody's frames, in order. */
  readonly frames: readonly CapturedFrame[];
  /** Those that were not sent by us. */
  readonly requests: readonly CapturedFrame[];
}

const TABLE: readonly [
  name: string,
  shows: string,
  answers: Capture["answers"],
][] = [
  ["arp/arping", "tells where an address is, RFC 826", { arp: 2 }],
  ["arp/arping_dad", "defends an address, RFC 5227 §2.1.1", { arp: 1 }],
  ["icmpv4/ping", "echoes data of any length, RFC 792", { arp: 1, echo: 4 }],
  ["icmpv6/ping", "echoes data of any length, RFC 4443 §4.2", {
    advertisement: 1,
    echo: 4,
  }],
  ["nd/ndisc6", "tells where an address is, RFC 4861 §7.2.4", {
    advertisement: 1,
  }],
  ["nd/dad", "defends an address, RFC 4862 §5.4.3", { advertisement: 1 }],
  ["tcp/syn_scan", "has every port open, RFC 9293 §3.5", { arp: 2, synAck: 4 }],
  ["tcp/connect_scan", "shakes hands, RFC 9293 §3.5", { arp: 1, synAck: 4 }],
  ["tcp/syn_scan_classic", "offers no options", { arp: 2, synAck: 4 }],
  ["http/curl_get", "asks for a password, RFC 9110 §11.6.1", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/curl_get_ipv6", "asks for a password, RFC 9110 §11.6.1", {
    advertisement: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/curl_get_classic", "ends lines with LF", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/curl_head", "answers HEAD with a head, RFC 9110 §9.3.2", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/curl_post", "takes a form, RFC 9110 §9.3.3", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/curl_post_large", "acknowledges 64 KiB of body, RFC 9112 §6.2", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/curl_methods", "answers any method, RFC 9110 §9.1", {
    arp: 1,
    synAck: 8,
    page: 8,
  }],
  ["http/curl_keepalive", "stays for a second request, RFC 9112 §9.3", {
    arp: 1,
    synAck: 1,
    page: 2,
  }],
  ["http/curl_keepalive_classic", "stays for a second request", {
    arp: 1,
    synAck: 1,
    page: 2,
  }],
  ["http/expect_continue", "need not say 100, RFC 9110 §10.1.1", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/chunked", "takes a body in chunks, RFC 9112 §7.1", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["http/nmap_version", "speaks HTTP/1.0 and hangs up, RFC 9112 §9.3", {
    arp: 2,
    synAck: 2,
    page: 1,
  }],
  ["http/pipelined", "answers three requests in a segment, RFC 9112 §9.3.2", {
    arp: 1,
    synAck: 1,
    page: 3,
  }],
  ["http/dribbled", "puts a request together, RFC 9293 §3.8.6", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["vlan/ping", "answers in the same VLAN, IEEE 802.1Q", {
    arp: 1,
    advertisement: 1,
    echo: 8,
  }],
  ["misc/not_ours", "leaves others' addresses alone", {}],
];

/** All captures, loaded once. */
export const CAPTURES: readonly Capture[] = TABLE.map(
  ([name, shows, answers]) => {
    const path = new URL(`pcap/${name}.pcap`, import.meta.url);
    const frames = [...readPcap(Deno.readFileSync(path))];
    const requests = frames.filter(({ octets }) => sender(octets) !== SELF_MAC);
    const persona = name.endsWith("_classic") ? "classic" : "linux";
    return { name, shows, answers, persona, path, frames, requests };
  },
);

/**
 * Reads the source address of an Ethernet frame.
 *
 * @param frame Frame of at least 12 octets.
 * @returns Colon-separated hexadecimal octets, in lower case.
 */
export function sender(frame: Uint8Array): string {
  return frame.subarray(6, 12).toHex().replaceAll(/(..)(?!$)/g, "$1:");
}
