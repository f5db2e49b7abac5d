/**
 * Translated addresses as operators write them: `inner=outer`, with commas
 * between.
 *
 * @module
 */

import { OperatorError } from "../operator_error.ts";
import { quote } from "../printable.ts";
import { parseHost } from "./list.ts";
import type { AddressSet } from "./set.ts";
import { ipText } from "./text.ts";
import type { Translation } from "./translation.ts";

const EXPECTED = "one of our addresses, =, and the one that clients know it " +
  "by, such as 0.255.0.1=192.0.2.1";

/**
 * Loads all translations.
 *
 * @param lists What was given for `--public-ip`.
 * @param own Our addresses; absent: all of them.
 * @param others Addresses that are somebody else's for sure, listed or not.
 * @returns Each address that is translated, once.
 * @throws {OperatorError} If an item is wrong, or is not about one of ours.
 */
export function loadTranslations(
  lists: readonly string[],
  own: AddressSet | undefined,
  others: readonly Uint8Array[],
): Translation[] {
  const seen = new Map<string, string>();
  return lists.flatMap((list) => list.split(",")).flatMap((text) => {
    const item = text.trim();
    if (item === "") return [];
    const translation = parseItem(item);
    const { inner } = translation;
    const name = ipText(inner);
    if (others.some((one) => ipText(one) === name)) {
      throw wrong(item, `${name} is an address of the host, and not ours`);
    }
    if (own?.has(inner) === false) {
      const hint = "see --self-ip-list";
      throw wrong(item, `${name} is not among our addresses, ${hint}`);
    }
    const outer = ipText(translation.outer);
    const before = seen.get(name);
    seen.set(name, outer);
    if (before === undefined) return [translation];
    if (before === outer) return [];
    throw wrong(item, `${name} is ${before} already`);
  });
}

function parseItem(item: string): Translation {
  const parts = item.split("=").map((part) => part.trim());
  if (parts.length !== 2) throw wrong(item, `expected ${EXPECTED}`);
  const [inner, outer] = parts.map((part) => {
    const address = parseHost(part);
    if (typeof address !== "string") return address;
    throw wrong(item, `${quote(part, 60)} ${address}`);
  });
  if (inner!.length !== outer!.length) {
    throw wrong(item, "it mixes IPv4 and IPv6");
  }
  return { inner: inner!, outer: outer! };
}

function wrong(item: string, why: string): OperatorError {
  return new OperatorError(
    `Cannot use --public-ip ${quote(item, 100)}: ${why}`,
  );
}
