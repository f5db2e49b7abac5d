/**
 * Who answers what, and what it took.
 *
 * @module
 */

import { median } from "../rounds.ts";
import type { Load } from "./load.ts";
import type { LoadPort } from "./load_port.ts";
import type { Responder } from "./responder.ts";
import { run } from "./run.ts";

/** One load, put once on one rival. */
export interface Sample {
  /** Answers or frames a second. */
  readonly rate: number;
  /** How much of what was to be answered was. */
  readonly share: number;
  /** Microseconds that the processor spent on one, in the program. */
  readonly user: number;
  /** And in the kernel for it. */
  readonly system: number;
  /** Frames that should not have come, or not like that. */
  readonly wrong: number;
  /** Median round trip of a ping meanwhile, in microseconds. */
  readonly roundTrip: number;
  /** The round trip that one in a hundred exceeds. */
  readonly roundTrip99: number;
}

/** What became of a rival under a load. */
export interface Standing extends Sample {
  /** Who it is. */
  readonly rival: string;
  /** What it was asked. */
  readonly load: string;
  /** Median of the ratios of its rate to the first rival's. */
  readonly ratio: number;
  /** The same of the time that the processor spent on one. */
  readonly costRatio: number;
}

/**
 * Puts a load on a rival.
 *
 * @param port Where frames leave and come.
 * @param responder Whoever answers; absent: the kernel.
 * @param load The load; absent: only pings now and then.
 * @param milliseconds How long.
 */
export function sample(
  port: LoadPort,
  responder: Responder | undefined,
  load: Load | undefined,
  milliseconds: number,
): Sample {
  const before = responder?.spent;
  const outcome = run(port, load, milliseconds);
  const after = responder?.spent;
  const { answered, asked, roundTrips, sent, wrong } = outcome;
  const count = load?.countsFrames ?? true ? sent : answered;
  const per = (from = NaN, to = NaN): number => (to - from) / count;
  return {
    rate: count / outcome.milliseconds * 1000,
    share: load?.countsFrames ?? true ? NaN : answered / asked,
    user: per(before?.user, after?.user),
    system: per(before?.system, after?.system),
    wrong,
    roundTrip: percentile(roundTrips, 0.5),
    roundTrip99: percentile(roundTrips, 0.99),
  };
}

/** Samples of all rivals and loads, round by round. */
export class Scores {
  // Load → rival → one sample a round.
  readonly #samples = new Map<string, Map<string, Sample[]>>();

  /** Adds a sample. */
  add(rival: string, load: string, sample: Sample): void {
    const rivals = this.#samples.get(load) ?? new Map<string, Sample[]>();
    const samples = rivals.get(rival) ?? [];
    this.#samples.set(load, rivals.set(rival, [...samples, sample]));
  }

  /** Medians, load by load; the first rival of each is compared with. */
  get standings(): Standing[] {
    return [...this.#samples].flatMap(([load, rivals]) => {
      const [first] = rivals.values();
      return [...rivals].map(([rival, samples]) => {
        const middle = (key: keyof Sample): number =>
          median(samples.map((sample) => sample[key]));
        return {
          rival,
          load,
          rate: middle("rate"),
          ratio: median(samples.map(({ rate }, i) => rate / first![i]!.rate)),
          costRatio: median(
            samples.map((sample, i) => costOf(sample) / costOf(first![i]!)),
          ),
          share: middle("share"),
          user: middle("user"),
          system: middle("system"),
          wrong: samples.reduce((sum, { wrong }) => sum + wrong, 0),
          roundTrip: middle("roundTrip"),
          roundTrip99: middle("roundTrip99"),
        };
      });
    });
  }
}

function costOf({ system, user }: Sample): number {
  return user + system;
}

function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.floor(share * ascending.length)] ?? NaN;
}
