/**
 * What a port mapper that knows nobody but itself has on its map. RFC 1833.
 *
 * ```text
 *  version 2     | 1 | program | version | IP protocol | port | … | 0 |
 *  versions 3, 4 | 1 | program | version | netid | address | owner | … | 0 |
 * ```
 *
 * @module
 */

import { encode } from "../octets.ts";
import { type Exchange, TCP } from "../protocol.ts";

/** Protocol number of TCP, RFC 790. */
export const IPPROTO_TCP = 6;
/** Protocol number of UDP, RFC 790. */
export const IPPROTO_UDP = 17;

type Writer = Exchange["answer"];

const PROGRAM = 100_000;
const ENTRY_FOLLOWS = 1;
const LIST_ENDS = 0;

const OWNER = encode("superuser");
const TCP4 = encode("tcp");
const TCP6 = encode("tcp6");
const UDP4 = encode("udp");
const UDP6 = encode("udp6");
const LOCAL = encode("local");
const LOCAL_ADDRESS = encode("/run/rpcbind.sock");
const ANY4 = encode("0.0.0.0");
const ANY6 = encode("::");

const DOT = 0x2e;
const COLON = 0x3a;

// A string in the making: the longest is an IPv6 address and a port.
const text = new Uint8Array(64);
let textLen = 0;

/**
 * Appends the whole map in the form of version 2, as rpcbind keeps it. Both
 * it and the question being what they are, that is less than three times as
 * long as the question, even over UDP.
 *
 * @param exchange Whose answer to append to.
 */
export function putPortMap({ answer, selfPort }: Exchange): void {
  for (let version = 4; version >= 2; version--) {
    putPortEntry(answer, version, IPPROTO_TCP, selfPort);
  }
  for (let version = 4; version >= 2; version--) {
    putPortEntry(answer, version, IPPROTO_UDP, selfPort);
  }
  answer.putUint32(LIST_ENDS);
}

/**
 * Appends the map in the form of versions 3 and 4: over TCP the whole, as
 * rpcbind keeps it; over UDP no more than what is short enough for a question
 * that may be forged, two entries for the transport that it came by.
 *
 * @param exchange Whose answer to append to.
 */
export function putServiceMap(exchange: Exchange): void {
  const { addressLen, answer, selfPort, transport } = exchange;
  if (transport === TCP) {
    putServices(answer, TCP6, ANY6, 3, selfPort);
    putServices(answer, UDP6, ANY6, 3, selfPort);
    putServices(answer, TCP4, ANY4, 2, selfPort);
    putServices(answer, UDP4, ANY4, 2, selfPort);
    for (let version = 4; version >= 3; version--) {
      putServiceStart(answer, version, LOCAL);
      putString(answer, LOCAL_ADDRESS, LOCAL_ADDRESS.length);
      putString(answer, OWNER, OWNER.length);
    }
  } else if (addressLen === 4) putServices(answer, UDP4, ANY4, 3, selfPort);
  else putServices(answer, UDP6, ANY6, 3, selfPort);
  answer.putUint32(LIST_ENDS);
}

/**
 * Appends the map as the original program has it: one entry a version.
 *
 * @param exchange Whose answer to append to.
 * @param isByAddress Whether in the form of versions 3 and 4.
 */
export function putOwnMap(exchange: Exchange, isByAddress: boolean): void {
  const { addressLen, answer, selfPort } = exchange;
  for (let version = 2; version <= 4; version++) {
    if (isByAddress) {
      putServiceStart(answer, version, addressLen === 4 ? TCP4 : TCP6);
      putOwnAddress(exchange);
      putString(answer, OWNER, OWNER.length);
    } else putPortEntry(answer, version, IPPROTO_TCP, selfPort);
  }
  answer.putUint32(LIST_ENDS);
}

/**
 * Appends the universal address of where the call was sent, RFC 5665 §5.2.3.
 *
 * @param exchange Whose answer to append to.
 */
export function putOwnAddress(exchange: Exchange): void {
  textLen = 0;
  if (exchange.addressLen === 4) addIpv4(exchange);
  else addIpv6(exchange);
  addPort(exchange.selfPort);
  putString(exchange.answer, text, textLen);
}

function putPortEntry(
  answer: Writer,
  version: number,
  ipProtocol: number,
  port: number,
): void {
  answer.putUint32(ENTRY_FOLLOWS);
  answer.putUint32(PROGRAM);
  answer.putUint32(version);
  answer.putUint32(ipProtocol);
  answer.putUint32(port);
}

/** Appends the entries of a netid from version 4 down to `lowest`. */
function putServices(
  answer: Writer,
  netid: Uint8Array,
  address: Uint8Array,
  lowest: number,
  port: number,
): void {
  textLen = 0;
  for (let i = 0; i < address.length; i++) add(address[i]!);
  addPort(port);
  for (let version = 4; version >= lowest; version--) {
    putServiceStart(answer, version, netid);
    putString(answer, text, textLen);
    putString(answer, OWNER, OWNER.length);
  }
}

function putServiceStart(
  answer: Writer,
  version: number,
  netid: Uint8Array,
): void {
  answer.putUint32(ENTRY_FOLLOWS);
  answer.putUint32(PROGRAM);
  answer.putUint32(version);
  putString(answer, netid, netid.length);
}

/** Appends a string, padded to whole words, RFC 4506 §4.11. */
function putString(answer: Writer, octets: Uint8Array, length: number): void {
  answer.putUint32(length);
  for (let i = 0; i < length; i++) answer.putUint8(octets[i]!);
  for (let i = length; i % 4 !== 0; i++) answer.putUint8(0);
}

function add(octet: number): void {
  text[textLen++] = octet;
}

function addIpv4({ arena: { bytes }, selfAt }: Exchange): void {
  for (let i = 0; i < 4; i++) {
    if (i > 0) add(DOT);
    addNumber(bytes[selfAt + i]!, 10);
  }
}

/** Adds an IPv6 address in the form of RFC 5952 §4. */
function addIpv6({ arena: { view }, selfAt }: Exchange): void {
  let zerosAt = -1; // first of the longest run of zeros
  let zerosLen = 1; // a single one is written out
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (
      at + length < 8 && view.getUint16(selfAt + 2 * (at + length)) === 0
    ) {
      length++;
    }
    if (length > zerosLen) {
      zerosAt = at;
      zerosLen = length;
    }
  }
  for (let at = 0; at < 8; at++) {
    if (at === zerosAt) {
      add(COLON);
      add(COLON);
      at += zerosLen - 1;
      continue;
    }
    if (at > 0 && at !== zerosAt + zerosLen) add(COLON);
    addNumber(view.getUint16(selfAt + 2 * at), 16);
  }
}

/** Adds the two octets of a port. */
function addPort(port: number): void {
  add(DOT);
  addNumber(port >>> 8, 10);
  add(DOT);
  addNumber(port & 0xff, 10);
}

/** Adds a number below 65,536 without leading zeros. */
function addNumber(number: number, base: number): void {
  let unit = 1;
  while (Math.floor(number / unit) >= base) unit *= base;
  for (; unit >= 1; unit = Math.floor(unit / base)) {
    const digit = Math.floor(number / unit) % base;
    add(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}
