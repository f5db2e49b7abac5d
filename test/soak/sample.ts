/**
 * What is known of a running masscanned at one moment.
 *
 * @module
 */

const MEBIBYTE = 2 ** 20;

/** Counters that are no losses. */
const NOT_LOST = ["greetings_total"];

/** A moment of a soak. Counts are since the start of masscanned. */
export interface Sample {
  /** Seconds since the load began. */
  readonly seconds: number;
  /** Resident memory, in MiB. */
  readonly rss: number;
  /** JavaScript's heaps, of all threads, in MiB. */
  readonly heap: number;
  /** TCP flows that are remembered. */
  readonly flows: number;
  /** Frames that were received, whatever became of them. */
  readonly frames: number;
  /** Frames that were answered. */
  readonly answered: number;
  /** Frames that a defect dropped, and packet workers that died. */
  readonly exceptions: number;
  /** What was lost on our side, by what it is called. */
  readonly lost: Readonly<Record<string, number>>;
  /**
   * How long a page took, connection and all, in ms: in ascending order, since
   * the last sample.
   */
  readonly pages: readonly number[];
  /** Pages that did not come, since the last sample. */
  readonly pagesMissed: number;
}

/**
 * Reads the metrics that masscanned serves.
 *
 * @param text The page.
 * @returns What it says.
 */
export function readMetrics(
  text: string,
): Omit<Sample, "seconds" | "pages" | "pagesMissed"> {
  const all = [...text.matchAll(/^masscanned_(\w+)(?:\{(.*)\})? (\S+)$/gm)]
    .map(([, name, labels, value]) => ({ name, labels, value: Number(value) }));
  const sum = (name: string, label = ""): number =>
    all.filter((it) => it.name === name && (it.labels ?? "").includes(label))
      .reduce((sum, { value }) => sum + value, 0);
  const losses = all.filter(({ name, labels }) =>
    /interface=/.test(labels ?? "") && !NOT_LOST.includes(name!) &&
      /_total$/.test(name!) && !/^(frames|answers)_/.test(name!) ||
    name === "output_lost_total"
  );
  return {
    rss: sum("resident_memory_bytes") / MEBIBYTE,
    heap: sum("heap_used_bytes") / MEBIBYTE,
    flows: sum("flows"),
    frames: sum("frames_total"),
    answered: sum("frames_total", 'outcome="answered"'),
    exceptions: sum("frames_total", 'verdict="internal_error"') +
      sum("worker_deaths_total"),
    lost: Object.fromEntries(
      losses.filter(({ value }) => value > 0).map(({ name, labels, value }) => {
        const [, output] = /output="([^"]*)"/.exec(labels!) ?? [];
        return [output ? `written to ${output}` : name!, value];
      }),
    ),
  };
}

/**
 * Finds a quantile.
 *
 * @param sorted Numbers, in ascending order.
 * @param share Share of them that are below, in `[0, 1]`.
 * @returns The quantile by the nearest rank; `NaN` if there are no numbers.
 */
export function quantile(sorted: readonly number[], share: number): number {
  const rank = Math.max(Math.ceil(share * sorted.length), 1);
  return sorted[rank - 1] ?? NaN;
}
