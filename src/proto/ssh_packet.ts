/**
 * The packets of SSH that do not depend on the client. RFC 4253 §6, RFC 4250.
 *
 * ```text
 *  | length (4) | padding length (1) | payload | padding |
 * ```
 *
 * @module
 */

import { encode } from "../octets.ts";

/** Ends the connection. */
export const SSH_MSG_DISCONNECT = 1;
/** Means nothing. */
export const SSH_MSG_IGNORE = 2;
/** Names a packet that was not understood. */
export const SSH_MSG_UNIMPLEMENTED = 3;
/** For the log. */
export const SSH_MSG_DEBUG = 4;
/** Offers algorithms. */
export const SSH_MSG_KEXINIT = 20;
/** Begins a key exchange, as does SSH_MSG_KEXDH_INIT of the same number. */
export const SSH_MSG_KEX_ECDH_INIT = 30;
/** Begins a key exchange in a group to be chosen, RFC 4419 §3. */
export const SSH_MSG_KEX_DH_GEX_REQUEST = 34;
/** Last number of the transport layer and of key exchange. */
export const TRANSPORT_LAST = 49;
/** Last number that is not for private use. */
export const MSG_LAST = 191;

// Reasons to disconnect, RFC 4250 §4.2.2.
const PROTOCOL_ERROR = 2;
const KEY_EXCHANGE_FAILED = 3;

/** Octets of the cookie of a KEXINIT. */
export const COOKIE_LEN = 16;
/** What a packet's length is a multiple of, before there are keys. */
export const BLOCK_LEN = 8;
/** Fewest octets of padding. */
export const PADDING_MIN = 4;

// What OpenSSH 9.2p1 offers on Debian 12 with a host key of each kind, in the
// order of RFC 4253 §7.1; read from a capture of it.
const CIPHERS = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr," +
  "aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com";
const MACS = "umac-64-etm@openssh.com,umac-128-etm@openssh.com," +
  "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com," +
  "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com," +
  "hmac-sha2-256,hmac-sha2-512,hmac-sha1";
const COMPRESSIONS = "none,zlib@openssh.com";
const OFFER = [
  "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com," +
  "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256," +
  "ecdh-sha2-nistp384,ecdh-sha2-nistp521," +
  "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512," +
  "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256," +
  "kex-strict-s-v00@openssh.com",
  "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
  ...[CIPHERS, CIPHERS, MACS, MACS, COMPRESSIONS, COMPRESSIONS],
  ...["", ""], // languages
];

/** A packet, padded with zeros as OpenSSH does before there are keys. */
function packet(...payload: number[]): Uint8Array {
  const paddingLen = BLOCK_LEN - (5 + payload.length) % BLOCK_LEN;
  const padding = new Array<number>(
    paddingLen < PADDING_MIN ? paddingLen + BLOCK_LEN : paddingLen,
  ).fill(0);
  return Uint8Array.from([
    ...word(1 + payload.length + padding.length),
    padding.length,
    ...payload,
    ...padding,
  ]);
}

function disconnect(reason: number, description: string): Uint8Array {
  return packet(
    SSH_MSG_DISCONNECT,
    ...word(reason),
    ...text(description),
    ...text(""),
  );
}

function word(number: number): number[] {
  return [24, 16, 8, 0].map((shift) => number >>> shift & 0xff);
}

function text(ascii: string): number[] {
  return [...word(ascii.length), ...encode(ascii)];
}

const OFFER_PACKET = packet(
  SSH_MSG_KEXINIT,
  ...new Array<number>(COOKIE_LEN).fill(0),
  ...OFFER.flatMap(text),
  ...[0, 0, 0, 0, 0],
);
/** Our KEXINIT up to its cookie. */
export const OFFER_HEAD: Uint8Array = OFFER_PACKET.slice(0, 6);
/** Our KEXINIT behind its cookie. */
export const OFFER_TAIL: Uint8Array = OFFER_PACKET.slice(6 + COOKIE_LEN);
const UNIMPLEMENTED = packet(SSH_MSG_UNIMPLEMENTED, 0, 0, 0, 0);
/** An UNIMPLEMENTED up to the number of the packet. */
export const UNIMPLEMENTED_HEAD: Uint8Array = UNIMPLEMENTED.slice(0, 6);
/** An UNIMPLEMENTED behind the number of the packet. */
export const UNIMPLEMENTED_TAIL: Uint8Array = UNIMPLEMENTED.slice(10);
/** Says that there will be no keys. */
export const FAILED: Uint8Array = disconnect(
  KEY_EXCHANGE_FAILED,
  "key exchange failed",
);
/** Says that a packet has too little padding, by how much it has. */
export const CORRUPTED: readonly Uint8Array[] = [0, 1, 2, 3].map((paddingLen) =>
  disconnect(PROTOCOL_ERROR, `Corrupted padlen ${paddingLen} on input.`)
);
/** Says that a packet has a number that none has, by that number. */
export const INVALID_TYPE: readonly Uint8Array[] = Array.from(
  { length: 256 },
  (_, type) => disconnect(PROTOCOL_ERROR, `Invalid ssh2 packet type: ${type}`),
);
