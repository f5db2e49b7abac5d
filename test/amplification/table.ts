/**
 * The table of the README: how much more comes out than went in, at worst.
 *
 * ```sh
 * deno task amplification [TRIES]
 * ```
 *
 * looks for worse questions than those in `worst.json`, puts what it finds
 * there, and prints the table.
 *
 * @module
 */

// deno-lint-ignore-file no-console
import { recordedFrames, vectorFrames } from "../fuzz/corpus.ts";
import {
  datagram,
  type Limit,
  LIMITS,
  OTHERS,
  OVER_UDP,
  questions,
  ratioOf,
  type Worst,
  worstOf,
  worstOfOthers,
} from "./measure.ts";

const KNOWN = new URL("worst.json", import.meta.url);
const LONGER_THAN_ANY_ERROR = new Uint8Array(600);

/** Frames that the search begins with, those that are known to be bad first. */
export function frames(): Uint8Array[] {
  const bad = [...OTHERS.keys()].flatMap((verdict) => known(verdict) ?? []);
  const long = datagram(LONGER_THAN_ANY_ERROR);
  return [...bad, ...vectorFrames(), ...recordedFrames(), long];
}

/** The worst question to a protocol, or frame with a verdict, that is known. */
export function known(name: string): Uint8Array | undefined {
  const hex = JSON.parse(Deno.readTextFileSync(KNOWN))[name];
  return hex === undefined ? undefined : Uint8Array.fromHex(hex);
}

/** How long the answers to what is known are, with no limit. */
export function worstKnown(): Map<string, Worst> {
  const worst = worstOfOthers(frames(), 0, 1, Infinity);
  for (const name of OVER_UDP) {
    const question = known(name);
    if (question !== undefined) {
      worst.set(name, worstOf(name, "off", [question], 0, 1));
    }
  }
  return worst;
}

/**
 * Says what the table promises.
 *
 * @param worst The worst answer that is known, with no limit.
 * @param limit The limit that holds.
 * @param isOverUdp Whether it is one that the limit is for.
 * @returns How many times as long as a question its answer may be.
 */
export function promise(
  worst: Worst | undefined,
  limit: Limit,
  isOverUdp: boolean,
): number {
  const ratio = worst === undefined ? 0 : ratioOf(worst);
  return isOverUdp ? Math.min(ratio, LIMITS[limit]) : ratio;
}

/** The rows of the table, their cells as in the README. */
export function rows(): string[][] {
  const worst = worstKnown();
  const row = (key: string, name: string, isOverUdp: boolean): string[] => {
    const one = worst.get(key);
    if (one === undefined) return [name, "silent", "", "", ""];
    const limits = (["off", "3", "1"] as const)
      .map((limit) => promise(one, limit, isOverUdp).toFixed(2));
    return [name, `${one.asked} → ${one.answered}`, ...limits];
  };
  return [
    ...OVER_UDP.map((name) => row(name, `\`${name}\` over UDP`, true)),
    ...[...OTHERS]
      .map(([verdict, name]) => row(verdict, name, name.startsWith("UDP"))),
  ];
}

if (import.meta.main) {
  const tries = Number(Deno.args[0] ?? 20_000);
  if (!(tries >= 1 && Number.isInteger(tries))) {
    console.error("Usage: deno task amplification [TRIES], a whole number");
    Deno.exit(2);
  }
  const seed = Date.now() | 0;
  const all: Record<string, string> = {};
  for (const name of OVER_UDP) {
    const begin = [...questions(), ...[known(name) ?? []].flat()];
    const worst = worstOf(name, "off", begin, tries, seed);
    if (worst.answered > 0) all[name] = worst.question.toHex();
  }
  const others = worstOfOthers(frames(), tries, seed, Infinity);
  for (const [verdict, { question }] of others) all[verdict] = question.toHex();
  const before = Deno.readTextFileSync(KNOWN);
  const after = JSON.stringify(all, null, 2) + "\n";
  Deno.writeTextFileSync(KNOWN, after);
  const became = after === before
    ? "is as it was"
    : "has changed: see git diff";
  console.error(`test/amplification/worst.json ${became}`);
  for (const row of rows()) console.log(`| ${row.join(" | ")} |`);
}
