/**
 * Text that came from somebody else, made safe to show on a terminal.
 *
 * @module
 */

/** [octet] → how it is written. */
const WRITTEN = Array.from({ length: 256 }, (_, octet) => {
  if (octet === 0x5c) return "\\\\";
  if (octet >= 0x20 && octet <= 0x7e) return String.fromCharCode(octet);
  return `\\x${octet.toString(16).padStart(2, "0")}`;
});

/**
 * Writes octets so that no terminal, pager or log reader acts on them.
 *
 * @param octets Octets of any origin.
 * @returns Printable ASCII as it is, a backslash doubled, any other octet as
 * `\xNN`.
 */
export function printable(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += WRITTEN[octet];
  return text;
}

/**
 * Quotes text, on one line and of bounded length.
 *
 * @param text Text of any origin.
 * @param limit Octets to show at most.
 * @returns It in double quotes, escaped by {@linkcode printable}; `...` stands
 * for what was left out.
 */
export function quote(text: string, limit = 200): string {
  const octets = new TextEncoder().encode(text);
  const rest = octets.length > limit ? "..." : "";
  return `"${printable(octets.subarray(0, limit))}${rest}"`;
}
