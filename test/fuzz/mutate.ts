/**
 * Makes messages that nobody would send in good faith out of some that somebody
 * did. It knows no protocol, but what all of them are made of: numbers that say
 * how long what follows is.
 *
 * @module
 */

import { type Dice, pick } from "./dice.ts";
import { IPPROTO, locate, messageAt, repair, viewOf } from "./packet.ts";

/** A number in a message that may be a length. */
interface LengthField {
  readonly at: number;
  readonly size: 1 | 2 | 3 | 4;
  readonly isLittle: boolean;
  /** Offset one past what it would be the length of. */
  readonly end: number;
}

/** Bits of a length; in a record mark of RPC, the topmost says something else. */
const MASKS = { 1: 0xff, 2: 0xffff, 3: 0xff_ffff, 4: 0x7fff_ffff } as const;
// Among them a name that is its own continuation, RFC 1035 §4.1.4.
const EXTREMES = [
  0,
  1,
  2,
  0x7f,
  0x80,
  0xff,
  0x7fff,
  0x8000,
  0xc00c,
  0xffff,
  -1,
  -2,
];
const PIECE_MAX = 64;
const MESSAGE_MAX = 1400;

/** Octets that are not quite what they were. */
export function mutate(
  message: Uint8Array,
  random: Dice,
  others: readonly Uint8Array[],
): Uint8Array {
  for (let times = 1 + random(3); times > 0; times--) {
    message = mutateOnce(message, random, others);
  }
  return message.length > MESSAGE_MAX
    ? message.subarray(0, MESSAGE_MAX)
    : message;
}

function mutateOnce(
  message: Uint8Array,
  random: Dice,
  others: readonly Uint8Array[],
): Uint8Array {
  if (message.length === 0) return Uint8Array.of(random(256));
  const at = random(message.length);
  const length = 1 + random(Math.min(PIECE_MAX, message.length - at));
  switch (random(9)) {
    case 0:
      return patched(message, at, 1, false, random(256));
    case 1:
      return patched(message, at, 1, false, message[at]! ^ 1 << random(8));
    case 2: {
      const size = pick([1, 2, 4] as const, random);
      return patched(
        message,
        at,
        size,
        random(2) === 0,
        pick(EXTREMES, random),
      );
    }
    case 3:
      return misled(message, random);
    case 4: // a piece twice: another label, attribute, option, command
      return resized(message, at, 0, message.subarray(at, at + length), random);
    case 5:
      return resized(message, at, length, new Uint8Array(), random);
    case 6: {
      const noise = Uint8Array.from({ length }, () => random(256));
      return resized(message, at, 0, noise, random);
    }
    case 7:
      return message.subarray(0, at);
    default: {
      const other = pick(others, random);
      return join(
        message.subarray(0, at),
        other.subarray(random(other.length)),
      );
    }
  }
}

/** A message, one of whose lengths says something else. */
function misled(message: Uint8Array, random: Dice): Uint8Array {
  const fields = lengthFields(message);
  if (fields.length === 0) return message;
  const { at, end, isLittle, size } = pick(fields, random);
  const length = end - at - size;
  const rest = message.length - at - size;
  const wrong = pick(
    [length - 1, length + 1, rest - 1, rest, rest + 1, 0, MASKS[size]],
    random,
  );
  return patched(message, at, size, isLittle, wrong);
}

/**
 * A message with something else in place of `length` octets, and lengths to
 * match: those of all that ends where the message does, and perhaps another.
 */
function resized(
  message: Uint8Array,
  at: number,
  length: number,
  piece: Uint8Array,
  random: Dice,
): Uint8Array {
  const around = lengthFields(message).filter((field) =>
    field.at + field.size <= at && at + length <= field.end
  );
  const inner = around.length > 0 ? pick(around, random) : undefined;
  let whole: Uint8Array = join(
    join(message.subarray(0, at), piece),
    message.subarray(at + length),
  );
  for (const field of around) {
    if (field.end !== message.length && field !== inner) continue;
    const before = field.end - field.at - field.size;
    const after = before + piece.length - length;
    whole = patched(whole, field.at, field.size, field.isLittle, after);
  }
  return whole;
}

/** Numbers that could be the length of what comes directly behind them. */
function lengthFields(message: Uint8Array): LengthField[] {
  const fields: LengthField[] = [];
  for (let at = 0; at < message.length; at++) {
    for (const size of [1, 2, 3, 4] as const) {
      for (const isLittle of size === 1 ? [false] : [false, true]) {
        const value = numberAt(message, at, size, isLittle) & MASKS[size];
        const end = at + size + value;
        if (value > 0 && end <= message.length) {
          fields.push({ at, size, isLittle, end });
        }
      }
    }
  }
  return fields;
}

function numberAt(
  message: Uint8Array,
  at: number,
  size: number,
  isLittle: boolean,
): number {
  let value = 0;
  for (let i = 0; i < size; i++) {
    value = value << 8 | (message[at + (isLittle ? size - 1 - i : i)] ?? 0xff);
  }
  return value;
}

/** A message with another number in it, as far as it reaches. */
function patched(
  message: Uint8Array,
  at: number,
  size: number,
  isLittle: boolean,
  value: number,
): Uint8Array {
  const whole = message.slice();
  for (let i = 0; i < size && at + i < whole.length; i++) {
    const shift = 8 * (isLittle ? i : size - 1 - i);
    whole[at + i] = value >> shift;
  }
  return whole;
}

/**
 * A frame whose message is mutated, or its headers, or both. Lengths and
 * checksums below are right more often than not.
 */
export function mutateFrame(
  frame: Uint8Array,
  random: Dice,
  others: readonly Uint8Array[],
): Uint8Array {
  const ip = locate(frame);
  let mutant = frame.slice();
  if (ip !== undefined && random(3) > 0) {
    const at = messageAt(frame, ip) ?? ip.payloadAt;
    mutant = join(
      frame.subarray(0, at),
      mutate(frame.subarray(at, ip.end), random, others),
    );
    if (random(16) > 0) fitLengths(mutant, ip);
  }
  if (random(2) === 0) {
    for (let flips = random(4); mutant.length > 0 && flips > 0; flips--) {
      mutant[random(mutant.length)] = random(256);
    }
  }
  if (random(8) === 0) mutant = withTag(mutant, random);
  if (random(8) > 0) repair(mutant);
  return random(16) ? mutant : mutant.subarray(0, random(mutant.length + 1));
}

/** Makes the lengths of IP and UDP say what there is. */
export function fitLengths(
  frame: Uint8Array,
  ip: NonNullable<ReturnType<typeof locate>>,
): void {
  const length = frame.length - ip.payloadAt;
  if (length < 0 || frame.length < ip.at + 6) return;
  const view = viewOf(frame);
  if (ip.addressLen === 4) view.setUint16(ip.at + 2, frame.length - ip.at);
  else view.setUint16(ip.at + 4, length);
  if (ip.protocol === IPPROTO.udp && length >= 6) {
    view.setUint16(ip.payloadAt + 4, length);
  }
}

/** A frame with one VLAN tag more, IEEE 802.1Q or 802.1ad. */
function withTag(frame: Uint8Array, random: Dice): Uint8Array<ArrayBuffer> {
  const type = pick([0x8100, 0x88a8], random);
  const tci = random(65_536);
  const tag = Uint8Array.of(type >> 8, type & 255, tci >> 8, tci & 255);
  return join(join(frame.subarray(0, 12), tag), frame.subarray(12));
}

/** Octets behind octets. */
export function join(
  first: Uint8Array,
  second: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
