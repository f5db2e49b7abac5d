/**
 * What happened as records of IVRE's passive reconnaissance, as its Zeek
 * scripts write them about addresses that are honeypots, for
 * `ivre passiverecon2db`.
 *
 * Only what was noted can be told: the octets of a request are there if nobody
 * understood it; the others appear as what they asked.
 *
 * @see {@link https://doc.ivre.rocks/en/latest/usage/passive.html | IVRE, passive}
 * @module
 */

import { ipText } from "../address/text.ts";
import type {
  Conversation,
  Listener,
  Message,
  Values,
} from "../event/conversation.ts";
import type { OmittedCount } from "../event/omitted.ts";
import { hasshTextOf } from "../event/hassh.ts";
import { ja3TextOf } from "../event/tls_fingerprint.ts";
import type { ZeekFields, ZeekValue } from "./zeek_log.ts";

/** Fields of `passive_recon.log`. */
export const PASSIVE_RECON: ZeekFields = [
  ["ts", "time"],
  ["uid", "string"],
  ["host", "addr"],
  ["srvport", "port"],
  ["recon_type", "enum"],
  ["source", "string"],
  ["value", "string"],
  ["targetval", "string"],
];

const TCP = 6;
const SAID_MS = 10_000; // between two lines about what is missing
const HASSH_SOURCE = "hassh-v1.1";

/** Headers of HTTP that are noted, and what IVRE calls them. */
const HEADERS: readonly (readonly [note: string, header: string])[] = [
  ["user_agent.original", "USER-AGENT"],
  ["masscanned.http.authorization", "AUTHORIZATION"],
];

/** What a client of SSH offers, and what IVRE calls that. */
const ALGORITHMS: readonly (readonly [note: string, name: string])[] = [
  ["ssh.client.kex_algorithms", "kex_algorithms"],
  ["ssh.client.host_key_algorithms", "server_host_key_algorithms"],
  ["ssh.client.encryption_algorithms", "encryption_algorithms"],
  ["ssh.client.mac_algorithms", "mac_algorithms"],
  ["ssh.client.compression_algorithms", "compression_algorithms"],
];

/** What a login over NTLM says, and what IVRE calls that. */
const LOGIN: readonly (readonly [note: string, name: string])[] = [
  ["user.domain", "NetBIOS_Domain_Name"],
  ["user.name", "User_Name"],
  ["ntlm.workstation", "Workstation"],
];

/** Classes of DNS as Zeek names them, `DNS::classes`. */
const CLASSES: Readonly<Record<string, string>> = {
  IN: "C_INTERNET",
  CH: "C_CHAOS",
  HS: "C_HESOD",
  NONE: "C_NONE",
  ANY: "C_ANY",
};

/** One thing that was learnt. */
type Finding = readonly [
  type: string,
  source: string | undefined,
  value: string | Uint8Array,
];

/** Takes the values of a line. */
type Write = (values: readonly ZeekValue[]) => void;

/** Writes records. */
export class IvreRecords implements Listener {
  readonly #write: Write;
  readonly #say: (text: string) => void;
  #missing = 0;
  #saidAt = -Infinity;

  /**
   * Makes a writer.
   *
   * @param write Takes what {@linkcode PASSIVE_RECON} lists.
   * @param say Tells the operator what is missing.
   */
  constructor(write: Write, say: (text: string) => void) {
    this.#write = write;
    this.#say = say;
  }

  /** Writes what a conversation tells of who began it. */
  conversation(conversation: Conversation): void {
    const { messages, protocol } = conversation;
    if (protocol === TCP) this.#tell(conversation, hitOf(conversation, ""));
    const [first] = messages;
    if (first !== undefined && first.payload.length > 0) {
      this.#tell(conversation, hitOf(conversation, first.payload));
    }
    for (const message of messages) {
      for (const finding of findingsOf(message, conversation)) {
        this.#tell(conversation, finding);
      }
    }
  }

  /** Writes who tried to connect. Zeek takes no notice of what was refused. */
  encounter(encounter: Conversation): void {
    const { ending, history, protocol } = encounter;
    if (protocol !== TCP || !history.startsWith("S")) return;
    if (ending !== "refused") this.#tell(encounter, hitOf(encounter, ""));
  }

  /** Says how much is missing, seldom. */
  omitted({ count, time }: OmittedCount): void {
    this.#miss(count, time);
  }

  /** Says how much is missing, seldom. */
  dropped(time: number, count: number): void {
    this.#miss(count, time);
  }

  #miss(count: number, time: number): void {
    this.#missing += count;
    if (time - this.#saidAt < SAID_MS) return;
    this.#saidAt = time;
    this.end();
  }

  /** Says what is missing and was not said yet, if something is. */
  end(): void {
    if (this.#missing === 0) return;
    this.#say(
      `${this.#missing} exchanges are missing in the records for IVRE: too ` +
        "much in one second",
    );
    this.#missing = 0;
  }

  #tell(
    { id, src, start }: Conversation,
    [type, source, value]: Finding,
  ): void {
    const name = `PassiveRecon::${type}`;
    const host = ipText(src);
    this.#write([start, id, host, undefined, name, source, value, undefined]);
  }
}

/** A visit of a port, with the first octets that were sent to it. */
function hitOf(
  { dstPort, protocol }: Conversation,
  value: string | Uint8Array,
): Finding {
  return protocol === TCP
    ? ["TCP_HONEYPOT_HIT", `tcp/${dstPort}`, value]
    : ["UDP_HONEYPOT_HIT", `udp/${dstPort}`, value];
}

function* findingsOf(
  { values }: Message,
  { dstPort, protocol }: Conversation,
): Generator<Finding> {
  const port = `${protocol === TCP ? "tcp" : "udp"}/${dstPort}`;
  const url = values.get("url.original");
  if (url !== undefined) {
    const method = values.get("http.request.method");
    const version = values.get("http.version");
    yield ["HTTP_HONEYPOT_REQUEST", `${method}-${version}-${port}`, `${url}`];
  }
  for (const [note, header] of HEADERS) {
    const value = values.get(note);
    if (value !== undefined) yield ["HTTP_CLIENT_HEADER", header, `${value}`];
  }
  const question = values.get("dns.question.name");
  if (question !== undefined) {
    yield [
      "DNS_HONEYPOT_QUERY",
      `${port}-${queryTypeOf(values)}-${queryClassOf(values)}`,
      `${question}`.toLowerCase(),
    ];
  }
  const software = values.get("ssh.client.software");
  if (software !== undefined) {
    const version = values.get("ssh.client.version");
    const comment = values.get("ssh.client.comment");
    const rest = comment === undefined ? "" : ` ${comment}`;
    yield ["SSH_CLIENT", undefined, `SSH-${version}-${software}${rest}`];
  }
  for (const [note, name] of ALGORITHMS) {
    const value = values.get(note);
    if (value === undefined) continue;
    yield ["SSH_CLIENT_ALGOS", name, `${value}`.replaceAll(",", " ")];
  }
  const hassh = hasshTextOf(values);
  if (hassh !== undefined) yield ["SSH_CLIENT_HASSH", HASSH_SOURCE, hassh];
  const ja3 = ja3TextOf(values);
  if (ja3 !== undefined) yield ["SSL_CLIENT", "ja3", ja3];
  if (values.has("ntlm.response")) {
    const known = LOGIN.filter(([note]) => values.has(note));
    yield [
      "NTLM_AUTHENTICATE",
      "tcp-SMB",
      known.map(([note, name]) => `${name}:${base64(`${values.get(note)}`)}`)
        .join(","),
    ];
  }
}

/** A type of DNS as Zeek names it, `DNS::query_types`. */
function queryTypeOf(values: Values): string {
  const type = `${values.get("dns.question.type")}`;
  return type === "ANY" ? "*" : type.replace(/^TYPE(?=\d)/, "query-");
}

function queryClassOf(values: Values): string {
  const name = `${values.get("dns.question.class")}`;
  return CLASSES[name] ?? name.replace(/^CLASS(?=\d)/, "qclass-");
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
