/**
 * How addresses are written for people.
 *
 * @module
 */

/**
 * Writes a hardware address.
 *
 * @param octets Its 6 octets.
 * @returns Colon-separated hexadecimal octets, in lower case.
 */
export function macText(octets: Uint8Array): string {
  return octets.toHex().replaceAll(/(..)(?!$)/g, "$1:");
}

/**
 * Writes an IP address.
 *
 * @param octets Its 4 or 16 octets.
 * @returns Dotted quad, or the form of RFC 5952.
 */
export function ipText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const groups = Array.from(
    { length: 8 },
    (_, i) => view.getUint16(2 * i).toString(16),
  );
  // The longest run of zeros becomes "::", the first of equals, §4.2.
  const runs = groups.join(":").match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce(
    (best, run) => run.length > best.length ? run : best,
    "",
  );
  if (longest === "") return groups.join(":");
  const [before, after] = splitOnce(groups.join(":"), longest);
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}`;
}

/** Text before and behind the first whole-group occurrence of `run`. */
function splitOnce(text: string, run: string): [string, string] {
  const at = text.search(new RegExp(`\\b${run}\\b`));
  return [text.slice(0, at), text.slice(at + run.length)];
}
