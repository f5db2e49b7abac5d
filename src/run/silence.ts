/**
 * Says why a capture was not answered.
 *
 * @module
 */

import { FIRST_UNANSWERED, type VerdictName, VERDICTS } from "../verdict.ts";

const NAMED = 3; // verdicts

/** What the operator may have overlooked. */
const HINTS: ReadonlyMap<VerdictName, string> = new Map([
  ["frame_not_for_us", "they went to another hardware address: see -m"],
  ["ip_denied", "the senders are denied: see --remote-ip-deny-list"],
  [
    "ip_from_us",
    "the senders are among our own addresses: see --self-ip-list",
  ],
  ["ip_not_for_us", "they went to other addresses: see --self-ip-list"],
  ["port_closed", "the ports are closed: see --ports"],
  [
    "tcp_cookie_wrong",
    "they acknowledge what somebody else sent, or another key: see --cookie-key",
  ],
]);

/**
 * Finds out why nothing was answered.
 *
 * @param counts Frames that came to each verdict, by number.
 * @returns The most frequent verdicts and what to do about the first, for the
 * operator; `undefined` if something was answered, or there was nothing.
 */
export function reasonForSilence(
  counts: Iterable<number>,
): string | undefined {
  const seen = Array.from(counts, (count, i) => ({ count, name: VERDICTS[i]! }))
    .filter(({ count }) => count > 0);
  const isAnswered = seen.some(({ name }) =>
    VERDICTS.indexOf(name) < FIRST_UNANSWERED
  );
  if (isAnswered || seen.length === 0) return undefined;
  const ranking = seen.toSorted((a, b) => b.count - a.count).slice(0, NAMED);
  const hint = ranking.flatMap(({ name }) => HINTS.get(name) ?? [])[0];
  const named = ranking.map(({ count, name }) => `${name} ${count}`).join(", ");
  return `not answered: ${named}${hint === undefined ? "" : `; ${hint}`}`;
}
