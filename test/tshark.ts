/**
 * What somebody else reads in our frames: Wireshark's decoder.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert/strict";

// Expert information of "warning" and worse, as in epan/proto.h.
const PI_WARN = 0x00600000;

// Packets the way the program sends them, checksums included.
const ARGS = [
  ...["-T", "json", "--enable-protocol", "communityid"],
  ...["-o", "ip.check_checksum:TRUE"],
  ...["-o", "tcp.check_checksum:TRUE"],
  ...["-o", "udp.check_checksum:TRUE"],
];

/** The fields that are read: add yours. */
const FIELDS = [
  "_ws.expert.message",
  "_ws.expert.severity",
  "_ws.malformed",
  "arp.dst.hw_mac",
  "arp.dst.proto_ipv4",
  "arp.opcode",
  "arp.src.hw_mac",
  "arp.src.proto_ipv4",
  "classicstun.type",
  "communityid",
  "data.data",
  "dns.flags.response",
  "eth.dst",
  "eth.src",
  "frame.len",
  "frame.time_epoch",
  "http.connection",
  "http.content_length_header",
  "http.date",
  "http.file_data",
  "http.request.method",
  "http.response.code",
  "http.www_authenticate",
  "icmp.checksum.status",
  "icmp.data_time",
  "icmp.ident",
  "icmp.seq",
  "icmp.type",
  "icmpv6.checksum.status",
  "icmpv6.echo.identifier",
  "icmpv6.echo.sequence_number",
  "icmpv6.nd.na.flag.o",
  "icmpv6.nd.na.flag.r",
  "icmpv6.nd.na.flag.s",
  "icmpv6.nd.na.target_address",
  "icmpv6.nd.ns.target_address",
  "icmpv6.opt.target_linkaddr",
  "icmpv6.type",
  "ip.checksum.status",
  "ip.dst",
  "ip.len",
  "ip.src",
  "ip.ttl",
  "ipv6.dst",
  "ipv6.hlim",
  "ipv6.plen",
  "ipv6.src",
  "rpc.msgtyp",
  "smb.flags.response",
  "smb2.flags.response",
  "ssh.kex.hassh",
  "ssh.message_code",
  "ssh.protocol",
  "stun.type.class",
  "tcp.ack_raw",
  "tcp.analysis.flags",
  "tcp.checksum.status",
  "tcp.dstport",
  "tcp.flags.fin",
  "tcp.flags.reset",
  "tcp.flags.syn",
  "tcp.len",
  "tcp.options.mss_val",
  "tcp.options.sack_perm",
  "tcp.options.timestamp.tsecr",
  "tcp.options.timestamp.tsval",
  "tcp.options.wscale.shift",
  "tcp.seq_raw",
  "tcp.srcport",
  "tcp.stream",
  "tls.alert_message.desc",
  "udp.checksum.status",
  "udp.dstport",
  "udp.srcport",
  "udp.stream",
  "vlan.id",
  "vlan.priority",
] as const;

/** A field, by the name that Wireshark has for it. */
export type Field = typeof FIELDS[number];

/** One decoded frame. */
export class Packet {
  readonly #layers: Readonly<Partial<Record<Field, readonly string[]>>>;

  constructor(layers: Packet["all"]) {
    this.#layers = layers;
  }

  /** Every field that the frame has, with every value of it. */
  get all(): Readonly<Partial<Record<Field, readonly string[]>>> {
    return this.#layers;
  }

  /** The first value of a field, if the frame has it. */
  get(field: Field): string | undefined {
    return this.#layers[field]?.[0];
  }

  /** The first values of some fields. */
  pick(...fields: readonly Field[]): (string | undefined)[] {
    return fields.map((field) => this.get(field));
  }

  /** The first value of a field that is a number and must be there. */
  number(field: Field): number {
    const value = this.get(field);
    if (value === undefined) throw new TypeError(`No ${field} in ${this}`);
    return Number(value);
  }

  /** What Wireshark would colour: it is malformed, or worth a warning. */
  get complaints(): readonly string[] {
    const severities = this.#layers["_ws.expert.severity"] ?? [];
    const messages = this.#layers["_ws.expert.message"] ?? [];
    return [
      ...messages.filter((_, i) => Number(severities[i]) >= PI_WARN),
      ...this.#layers["_ws.malformed"] ?? [],
    ];
  }

  /** Every field, for a failed test to show. */
  toString(): string {
    return JSON.stringify(this.#layers);
  }
}

/**
 * Registers a test that needs tshark. Without it the test is left out or, in
 * strict mode, fails.
 *
 * @param name What is claimed.
 * @param test The test.
 */
export function judged(name: string, test: () => Promise<void>): void {
  if (isInstalled("tshark")) {
    Deno.test(name, test);
    return;
  }
  const reason = "tshark is not installed";
  Deno.test({
    name: `${name} (left out: ${reason})`,
    ignore: !Deno.env.get("MASSCANNED_STRICT"),
    fn: () => Promise.reject(new Error(reason)),
  });
}

/**
 * Runs tshark over a capture.
 *
 * @param pcap Octets of a capture file.
 * @param args What it shall print.
 * @returns What it printed.
 */
export async function tshark(
  pcap: Uint8Array,
  ...args: readonly string[]
): Promise<string> {
  const process = new Deno.Command("tshark", {
    args: ["-n", "-r", "-", ...args],
    // Nobody's own settings.
    env: { LC_ALL: "C", TZ: "UTC", WIRESHARK_CONFIG_DIR: "/nonexistent" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  const [{ code, stdout, stderr }] = await Promise.all([
    process.output(),
    writer.write(pcap).then(() => writer.close()),
  ]);
  const text = new TextDecoder();
  deepStrictEqual(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

/**
 * Decodes a capture.
 *
 * @param pcap Octets of a capture file.
 * @returns Its frames, in order.
 */
export async function decode(pcap: Uint8Array): Promise<Packet[]> {
  const fields = FIELDS.flatMap((field) => ["-e", field]);
  const packets = JSON.parse(
    await tshark(pcap, ...ARGS, ...fields),
  ) as readonly {
    readonly _source: { readonly layers: Packet["all"] };
  }[];
  return packets.map(({ _source: { layers } }) => new Packet(layers));
}

function isInstalled(program: string): boolean {
  return Deno.env.get("PATH")!.split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
