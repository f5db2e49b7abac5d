/**
 * Server Message Block, versions 1 to 3, over the NetBIOS session service:
 * negotiates, asks for a login, takes it down, and refuses.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1002#section-4.3 | RFC 1002 §4.3}
 *
 * @module
 */

import {
  CLAIM,
  CLOSE,
  DECLINE,
  DONE,
  type Exchange,
  MORE,
  type Protocol,
  TCP,
  UDP,
} from "../protocol.ts";
import { replySmb1 } from "./smb1.ts";
import { SMB1_FLAGS, SMB1_RESPONSE } from "./smb1_message.ts";
import { replySmb2 } from "./smb2.ts";
import { SMB2_FLAGS, SMB2_RESPONSE } from "./smb2_header.ts";
import { replyClassic } from "./smb_classic.ts";
import { NETBIOS_LEN } from "./smb_message.ts";
import { FIELDS } from "./smb_notes.ts";

// Types of packets of the session service, RFC 1002 §4.3.1.
const MESSAGE = 0x00;
const REQUEST = 0x81;
const POSITIVE_RESPONSE = 0x82000000 | 0;
const NEGATIVE_RESPONSE = 0x83000001 | 0; // followed by one octet
const CALLED_NAME_NOT_PRESENT = 0x82;
const REQUEST_LEN = 72;
const NAME_LEN = 0x20; // of a name without a scope, RFC 1001 §14.1

const PACKET_MAX = 8192; // octets, header included
const SMB1_MAGIC = 0xff534d42 | 0;
const SMB2_MAGIC = 0xfe534d42 | 0;
const FLAGS_LEN = 21; // as far as the flags of either

/** Claims requests of SMB and of a session to speak it in. */
function check(exchange: Exchange): number {
  const { at, end, persona } = exchange;
  const { bytes, view } = exchange.arena;
  if (exchange.transport === UDP && !persona.smb.takesLowestDialect) {
    return DECLINE;
  }
  if (bytes[at] === REQUEST) {
    // A session request has no flags, but two names of known length.
    if (end - at < NETBIOS_LEN + 1) {
      return startsLike(bytes, at, end, REQUEST_LEN - NETBIOS_LEN);
    }
    return view.getUint32(at) % 0x20000 === REQUEST_LEN - NETBIOS_LEN &&
        bytes[at + NETBIOS_LEN] === NAME_LEN
      ? CLAIM
      : DECLINE;
  }
  if (bytes[at] !== MESSAGE) return DECLINE;
  const magicAt = at + NETBIOS_LEN;
  for (let i = 0; i < 4 && magicAt + i < end; i++) {
    const octet = bytes[magicAt + i];
    const isRight = i === 0
      ? octet === SMB1_MAGIC >>> 24 || octet === SMB2_MAGIC >>> 24
      : octet === (SMB1_MAGIC >>> 24 - 8 * i & 0xff);
    if (!isRight) return DECLINE;
  }
  if (end - at < FLAGS_LEN) return MORE;
  return isResponse(exchange, magicAt) ? DECLINE : CLAIM;
}

/** Whether less than a header looks like that of a session request. */
function startsLike(
  bytes: Uint8Array,
  at: number,
  end: number,
  length: number,
): number {
  for (let i = 1; at + i < end; i++) {
    if (bytes[at + i] !== (i === 3 ? length : 0)) return DECLINE;
  }
  return MORE;
}

/** Whether the message at `at` is an answer. */
function isResponse({ arena }: Exchange, at: number): boolean {
  const { bytes, view } = arena;
  return view.getInt32(at) === SMB1_MAGIC
    ? (bytes[at + SMB1_FLAGS]! & SMB1_RESPONSE) !== 0
    : (bytes[at + SMB2_FLAGS]! & SMB2_RESPONSE) !== 0;
}

/** Answers one packet of the session service. */
function reply(exchange: Exchange): number {
  const { at, end } = exchange;
  const { view } = exchange.arena;
  if (end - at < NETBIOS_LEN) return MORE;
  const type = view.getUint8(at);
  const length = view.getUint32(at) % 0x1000000;
  // A datagram is whole, whatever it says.
  const packetEnd = exchange.transport === UDP
    ? end
    : at + NETBIOS_LEN + length;
  if (packetEnd - at > PACKET_MAX) return DECLINE;
  if (packetEnd > end) return MORE;
  exchange.next = packetEnd;
  if (type === REQUEST) return replyRequest(exchange, packetEnd);
  if (type !== MESSAGE) return DONE; // a keep-alive, or nothing that matters
  return replyMessage(exchange, at + NETBIOS_LEN, packetEnd);
}

/** Answers a session message. */
function replyMessage(exchange: Exchange, at: number, end: number): number {
  if (end - at < 4) return CLOSE;
  const magic = exchange.arena.view.getInt32(at);
  if (magic !== SMB1_MAGIC && magic !== SMB2_MAGIC) return CLOSE;
  if (exchange.persona.smb.takesLowestDialect) {
    return replyClassic(exchange, at, end);
  }
  return magic === SMB1_MAGIC
    ? replySmb1(exchange, at, end)
    : replySmb2(exchange, at, end);
}

/** Answers a session request, RFC 1002 §4.3.2: we go by any name. */
function replyRequest({ answer, arena, at }: Exchange, end: number): number {
  const { bytes } = arena;
  const callingAt = at + NETBIOS_LEN + 2 + NAME_LEN;
  const isWhole = end - at >= REQUEST_LEN &&
    bytes[at + NETBIOS_LEN] === NAME_LEN && bytes[callingAt] === NAME_LEN;
  if (isWhole) {
    answer.putUint32(POSITIVE_RESPONSE);
    return DONE;
  }
  answer.putUint32(NEGATIVE_RESPONSE);
  answer.putUint8(CALLED_NAME_NOT_PRESENT);
  return CLOSE;
}

/** One line about what was answered, in the words of the original. */
function summary(values: ReadonlyMap<string, string>): string {
  const command = values.get("smb.command");
  if (command === undefined) return "NetBIOS Session-Reply";
  const dialect = values.get("smb.dialect");
  const path = values.get("smb.path");
  const user = values.get("user.name");
  const domain = values.get("user.domain");
  const workstation = values.get("ntlm.workstation");
  return `SMB${values.get("smb.version")} ${command}-Reply` +
    (dialect === undefined ? "" : ` (${dialect})`) +
    (path === undefined ? "" : ` for ${path}`) +
    (user === undefined
      ? ""
      : ` to ${domain === undefined ? "" : `${domain}/`}${user}`) +
    (workstation === undefined ? "" : ` from ${workstation}`);
}

/** SMB on any port. */
export const smb: Protocol = {
  name: "microsoft-ds",
  transports: TCP | UDP,
  patterns: [],
  check,
  reply,
  fields: FIELDS,
  summary,
};
