/**
 * SSH: says which server it is and what algorithms it has, hears the same of
 * the client, and gives up when keys are to be exchanged. RFC 4253.
 *
 * ```text
 *  identification  | "SSH-" version "-" software [" " comment] CR LF |
 *  packet          | length (4) | padding length (1) | payload | padding |
 * ```
 *
 * @module
 */

import {
  CLOSE,
  DECLINE,
  DONE,
  type Exchange,
  MORE,
  pattern,
  type Protocol,
  TCP,
  UDP,
} from "../protocol.ts";
import {
  CLIENT_FIELDS,
  greet,
  NAMED,
  PHASE,
  replyToAnyLine,
  replyToLine,
} from "./ssh_identification.ts";
import {
  BLOCK_LEN,
  COOKIE_LEN,
  CORRUPTED,
  FAILED,
  INVALID_TYPE,
  MSG_LAST,
  PADDING_MIN,
  SSH_MSG_DEBUG,
  SSH_MSG_DISCONNECT,
  SSH_MSG_IGNORE,
  SSH_MSG_KEX_DH_GEX_REQUEST,
  SSH_MSG_KEX_ECDH_INIT,
  SSH_MSG_KEXINIT,
  SSH_MSG_UNIMPLEMENTED,
  TRANSPORT_LAST,
  UNIMPLEMENTED_HEAD,
  UNIMPLEMENTED_TAIL,
} from "./ssh_packet.ts";

// Fields of the notes. HASSH is the MD5 of KEX ";" CIPHER ";" MAC ";"
// COMPRESSION, each as the client offers it for what it sends.
const FIELDS = [
  ...CLIENT_FIELDS,
  "ssh.client.kex_algorithms",
  "ssh.client.host_key_algorithms",
  "ssh.client.encryption_algorithms",
  "ssh.client.mac_algorithms",
  "ssh.client.compression_algorithms",
];
const KEX = 3;
const HOST_KEY = 4;
const CIPHER = 5;
const MAC = 6;
const COMPRESSION = 7;
// Field of each name-list of a KEXINIT; −1: not noted.
const FIELD_OF_LIST = [KEX, HOST_KEY, CIPHER, -1, MAC, -1, COMPRESSION];
const LISTS = 10;

const OFFERED = 3; // phase: the client has said what it offers
const PACKET = 4; // of the state: one of those that the client has sent

const PACKET_MAX = 8188; // longest packet, without its length

/**
 * Answers an identification or a packet.
 *
 * @param exchange Request; its state says what has come before.
 * @returns `MORE`, `DONE`, `CLOSE` or `DECLINE`.
 */
function reply(exchange: Exchange): number {
  if (!exchange.persona.ssh.exchangesKeys) return replyToAnyLine(exchange);
  if (exchange.transport === UDP) return DECLINE;
  const phase = exchange.state & PHASE;
  return phase < NAMED ? replyToLine(exchange) : replyToPacket(exchange);
}

/** Answers a packet, RFC 4253 §6, in the way of a server that has no keys. */
function replyToPacket(exchange: Exchange): number {
  const { answer, arena: { bytes, view }, at, end } = exchange;
  if (end - at < 5) return MORE;
  const length = view.getInt32(at);
  if (length < 5 || length > PACKET_MAX) return CLOSE;
  if ((4 + length) % BLOCK_LEN !== 0) return CLOSE;
  if (end - at < 4 + length) return MORE;
  exchange.next = at + 4 + length;
  const number = exchange.state >>> 2;
  exchange.state += PACKET;

  const paddingLen = bytes[at + 4]!;
  if (paddingLen < PADDING_MIN) {
    answer.put(CORRUPTED[paddingLen]!);
    return CLOSE;
  }
  const payloadAt = at + 5;
  const payloadEnd = exchange.next - paddingLen;
  if (payloadEnd <= payloadAt) return CLOSE;
  const type = bytes[payloadAt]!;
  const hasOffered = (exchange.state & PHASE) === OFFERED;
  switch (type) {
    case SSH_MSG_IGNORE:
    case SSH_MSG_UNIMPLEMENTED:
    case SSH_MSG_DEBUG:
      return DONE;
    case SSH_MSG_DISCONNECT:
      return CLOSE;
    case SSH_MSG_KEXINIT:
      if (hasOffered) break;
      if (!noteOffer(exchange, payloadAt + 1, payloadEnd)) return CLOSE;
      exchange.state |= OFFERED;
      return DONE;
    case SSH_MSG_KEX_ECDH_INIT:
    case SSH_MSG_KEX_DH_GEX_REQUEST:
      if (!hasOffered) break;
      answer.put(FAILED); // the key exchange will be here
      return CLOSE;
  }
  if (type === 0 || type > MSG_LAST) {
    answer.put(INVALID_TYPE[type]!);
    return CLOSE;
  }
  if (type > TRANSPORT_LAST) return CLOSE;
  answer.put(UNIMPLEMENTED_HEAD);
  answer.putUint32(number);
  answer.put(UNIMPLEMENTED_TAIL);
  return DONE;
}

/** Notes the name-lists of a KEXINIT; false if it is malformed. */
function noteOffer(exchange: Exchange, at: number, end: number): boolean {
  const { arena: { view } } = exchange;
  at += COOKIE_LEN;
  for (let i = 0; i < LISTS; i++) {
    if (end - at < 4) return false;
    const length = view.getInt32(at);
    at += 4;
    if (length < 0 || length > end - at) return false;
    const field = i < FIELD_OF_LIST.length ? FIELD_OF_LIST[i]! : -1;
    if (field >= 0) exchange.note(field, at, at + length);
    at += length;
  }
  return end - at === 5; // first_kex_packet_follows and a reserved word
}

/** SSH-2, and a refusal for SSH-1. */
export const ssh: Protocol = {
  name: "ssh",
  transports: TCP | UDP,
  patterns: [pattern('"SSH-"')],
  reply,
  greeting: { ports: [22, 2222], greet },
  fields: FIELDS,
  summary: (values) => {
    const software = values.get("ssh.client.software");
    return software === undefined
      ? `SSH key exchange, offered ${values.get("ssh.client.kex_algorithms")}`
      : `SSH server banner to ${software}`;
  },
};
