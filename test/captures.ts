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
import type { Field } from "./tshark.ts";

/**
 * Key that the program had when it was recorded. A stack with the same one,
 * told the times of the frames, takes the clients' acknowledgments for its own.
 */
export const RECORDING_KEY: Uint8Array = new Uint8Array(KEY_LEN);

/** What tells a service's answer: its kind, a field, and values of it. */
export const SERVICE_ANSWERS = [
  ["page", "http.response.code", /./],
  ["ssh", "ssh.protocol", /./],
  ["ssh", "ssh.message_code", /./],
  ["stun", "stun.type.class", /^0x001[01]$/],
  ["stun", "classicstun.type", /^0x01[01]1$/],
  ["rpc", "rpc.msgtyp", /^1$/],
  ["dns", "dns.flags.response", /^(1|True)$/],
  ["smb", "smb.flags.response", /^(1|True)$/],
  ["smb", "smb2.flags.response", /^(1|True)$/],
  ["gh0st", "data.data", /^4768307374/],
  ["tls", "tls.alert_message.desc", /^40$/],
] as const satisfies readonly [kind: string, field: Field, meant: RegExp][];

/** Kinds of answers: to neighbours, on the way to a service, and a service's. */
export type AnswerKind =
  | ("arp" | "advertisement" | "echo" | "synAck")
  | typeof SERVICE_ANSWERS[number][0];

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
  ["http/chromium", "asks a browser's user for a password", {
    arp: 1,
    synAck: 2,
    page: 1,
  }],
  ["http/proxy", "is no way to anywhere, RFC 9110 §9.3.6", {
    arp: 1,
    synAck: 1,
    page: 1,
  }],
  ["ssh/openssh", "begins a key exchange, RFC 4253 §7", {
    arp: 1,
    synAck: 1,
    ssh: 3,
  }],
  ["ssh/openssh_ipv6", "begins a key exchange, RFC 4253 §7", {
    advertisement: 1,
    synAck: 1,
    ssh: 3,
  }],
  ["ssh/plink", "begins a key exchange, RFC 4253 §7", {
    arp: 1,
    synAck: 1,
    ssh: 3,
  }],
  ["ssh/nmap_algorithms", "offers algorithms, RFC 4253 §7.1", {
    arp: 2,
    synAck: 2,
    ssh: 2,
  }],
  ["ssh/openssh_classic", "says who it is", { arp: 1, synAck: 1, ssh: 1 }],
  ["stun/rfc3489", "tells the client its address, RFC 3489 §8.1", {
    arp: 1,
    stun: 1,
  }],
  ["stun/rfc3489_classic", "tells the client its address", {
    arp: 1,
    stun: 1,
  }],
  ["stun/coturn", "tells the client its address, RFC 8489 §6.3.1", {
    arp: 1,
    stun: 1,
  }],
  ["stun/coturn_ipv6", "tells the client its address, RFC 8489 §6.3.1", {
    advertisement: 1,
    stun: 1,
  }],
  ["stun/coturn_ipv6_classic", "tells the client its address", {
    advertisement: 1,
    stun: 1,
  }],
  ["stun/tcp", "answers each of several requests, RFC 8489 §6.2.2", {
    arp: 1,
    synAck: 1,
    stun: 2,
  }],
  ["rpc/rpcinfo", "has itself on its map, RFC 1833 §2.2", {
    arp: 1,
    synAck: 3,
    rpc: 3,
  }],
  ["rpc/rpcinfo_ipv6", "has itself on its map, RFC 1833 §2.2", {
    advertisement: 1,
    synAck: 3,
    rpc: 3,
  }],
  ["rpc/rpcinfo_tcp", "answers a call of each version, RFC 5531 §9", {
    arp: 1,
    synAck: 3,
    rpc: 6,
  }],
  ["rpc/rpcinfo_udp", "answers a call of each version, RFC 5531 §9", {
    arp: 1,
    rpc: 6,
  }],
  ["rpc/rpcinfo_udp_classic", "answers a call of each version", {
    arp: 1,
    rpc: 5,
  }],
  ["rpc/showmount", "does not know where to mount from, RFC 1833 §2.2", {
    arp: 1,
    synAck: 1,
    rpc: 2,
  }],
  ["rpc/nmap_version", "says which versions there are, RFC 5531 §9", {
    arp: 2,
    synAck: 7,
    rpc: 10,
  }],
  ["dns/dig", "answers or refuses, RFC 1035 §4.1.1, RFC 6891 §7", {
    arp: 1,
    synAck: 3,
    dns: 9,
  }],
  ["dns/dig_ipv6", "answers or refuses, RFC 1035 §4.1.1, RFC 6891 §7", {
    advertisement: 1,
    synAck: 3,
    dns: 9,
  }],
  ["dns/dig_classic", "answers with its own address", { arp: 1, dns: 1 }],
  ["dns/host_any", "refuses to tell everything, RFC 8482 §4", {
    arp: 1,
    synAck: 1,
    dns: 1,
  }],
  ["smb/smbclient", "refuses a user, and a stranger a share, MS-SMB2 §3.3.5", {
    arp: 1,
    synAck: 2,
    smb: 8,
  }],
  ["smb/smbclient_smb1", "refuses a user, and a stranger a share, MS-CIFS", {
    arp: 1,
    synAck: 2,
    smb: 7,
  }],
  ["smb/smbclient_upgrade", "goes from SMB1 to SMB2, MS-SMB2 §3.3.5.3", {
    arp: 1,
    synAck: 2,
    smb: 10,
  }],
  ["smb/nmap_scripts", "agrees on each dialect, MS-SMB2 §3.3.5.4", {
    arp: 2,
    synAck: 10,
    smb: 15,
  }],
  ["smb/smbclient_classic", "takes the lowest dialect", {
    arp: 1,
    synAck: 1,
    smb: 2,
  }],
  ["smb/smbclient_smb1_classic", "takes NT LM 0.12", {
    arp: 1,
    synAck: 1,
    smb: 2,
  }],
  ["gh0st/two_messages", "agrees to everything", {
    arp: 1,
    synAck: 1,
    gh0st: 2,
  }],
  ["gh0st/two_messages_classic", "agrees to everything", {
    arp: 1,
    synAck: 1,
    gh0st: 2,
  }],
  ["tls/curl", "refuses a client, RFC 8446 §4.1.1", {
    arp: 1,
    synAck: 1,
    tls: 1,
  }],
  ["tls/curl_ipv6", "refuses a client, RFC 8446 §4.1.1", {
    advertisement: 1,
    synAck: 1,
    tls: 1,
  }],
  ["tls/openssl", "refuses a client, RFC 8446 §4.1.1", {
    arp: 1,
    synAck: 1,
    tls: 1,
  }],
  ["tls/openssl_tls1_2", "refuses a client, RFC 5246 §7.4.1.3", {
    arp: 1,
    synAck: 1,
    tls: 1,
  }],
  ["tls/openssl_records", "puts two records together, RFC 8446 §5.1", {
    arp: 1,
    synAck: 1,
    tls: 1,
  }],
  ["tls/gnutls", "refuses a client, RFC 8446 §4.1.1", {
    arp: 1,
    synAck: 1,
    tls: 1,
  }],
  ["tls/chromium", "puts two segments together, RFC 8446 §5.1", {
    arp: 1,
    synAck: 4,
    tls: 4,
  }],
  ["tls/nmap_ciphers", "has no cipher of any version, RFC 5246 §7.4.1.3", {
    arp: 2,
    synAck: 30,
    tls: 29,
  }],
  ["tls/nmap_version", "refuses a client, RFC 5246 §7.4.1.3", {
    arp: 2,
    synAck: 3,
    tls: 2,
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
