/**
 * Reads the text of HTTP where it lies. All functions look at `[at, end)` of
 * some memory and at nothing else.
 *
 * @module
 */

/** Horizontal tab. */
export const TAB = 0x09;
/** Line feed. */
export const LF = 0x0a;
/** Carriage return. */
export const CR = 0x0d;
/** Space. */
export const SPACE = 0x20;

/** Whether an octet may stand in a token, RFC 9110 §5.6.2. */
export function isTokenChar(octet: number): boolean {
  return IS_TOKEN_CHAR[octet] === 1;
}

const IS_TOKEN_CHAR = Uint8Array.from(
  { length: 256 },
  (_, octet) =>
    /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(octet)) ? 1 : 0,
);

/** Whether an octet is a letter or a digit of ASCII. */
export function isLetterOrDigit(octet: number): boolean {
  const lower = octet | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (octet >= 0x30 && octet <= 0x39);
}

/** Whether an octet is a space or a tab. */
export function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB;
}

/** Offset of the line end, CR LF or LF, at or behind `at`. */
export function endOfLine(bytes: Uint8Array, at: number, end: number): number {
  let lf = at;
  while (lf < end && bytes[lf] !== LF) lf++;
  return lf > at && bytes[lf - 1] === CR ? lf - 1 : lf;
}

/** Offset behind the line end at `lineEnd`. */
export function nextLine(
  bytes: Uint8Array,
  lineEnd: number,
  end: number,
): number {
  return lineEnd < end && bytes[lineEnd] === CR ? lineEnd + 2 : lineEnd + 1;
}

/** Offset of the first space in `[at, end)`, or `end`. */
export function firstSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== SPACE) at++;
  return at;
}

/** Offset of the last space in `[at, end)`, or `at - 1`. */
export function lastSpace(bytes: Uint8Array, at: number, end: number): number {
  let last = end - 1;
  while (last >= at && bytes[last] !== SPACE) last--;
  return last;
}

/** Whether `[at, end)` is `lower`, in any case. */
export function equals(
  bytes: Uint8Array,
  at: number,
  end: number,
  lower: Uint8Array,
): boolean {
  return end - at === lower.length && startsWith(bytes, at, end, lower);
}

/** Whether `lower` is one of the tokens in `[at, end)`, in any case. */
export function lists(
  bytes: Uint8Array,
  at: number,
  end: number,
  lower: Uint8Array,
): boolean {
  while (at < end) {
    let tokenEnd = at;
    while (tokenEnd < end && isTokenChar(bytes[tokenEnd]!)) tokenEnd++;
    if (equals(bytes, at, tokenEnd, lower)) return true;
    at = tokenEnd + 1;
  }
  return false;
}

/** Whether `lower` is anywhere in `[at, end)`, in any case. */
export function contains(
  bytes: Uint8Array,
  at: number,
  end: number,
  lower: Uint8Array,
): boolean {
  for (; at < end; at++) {
    if (startsWith(bytes, at, end, lower)) return true;
  }
  return false;
}

/** Whether `[at, end)` begins with `lower`, in any case. */
export function startsWith(
  bytes: Uint8Array,
  at: number,
  end: number,
  lower: Uint8Array,
): boolean {
  if (end - at < lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    const octet = bytes[at + i]!;
    const isUpper = octet >= 0x41 && octet <= 0x5a;
    if ((isUpper ? octet | 0x20 : octet) !== lower[i]) return false;
  }
  return true;
}

// Lengths that have more digits than this are nobody's honest request.
const DIGITS_MAX = 9;

/** Reads `[at, end)` as a decimal number; −1 if it is none. */
export function decimal(bytes: Uint8Array, at: number, end: number): number {
  if (at === end || end - at > DIGITS_MAX) return -1;
  let number = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/**
 * Reads the hexadecimal number that `[at, end)` begins with, before any
 * extension; −1 if there is none or it has more than seven digits.
 */
export function hexadecimal(
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  let number = 0;
  let digits = 0;
  for (; at < end; at++, digits++) {
    const octet = bytes[at]! | 0x20;
    const digit = octet >= 0x61 && octet <= 0x66
      ? octet - 0x57
      : bytes[at]! - 0x30;
    if (digit < 0 || digit > 15 || (digit > 9 && octet < 0x61)) break;
    if (digits === 7) return -1;
    number = number << 4 | digit;
  }
  return digits === 0 ? -1 : number;
}
