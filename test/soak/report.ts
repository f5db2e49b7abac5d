/**
 * What came of a soak: a table, a plot, and the samples for other programs.
 *
 * @module
 */

import { plot, type Series, sparkline } from "./picture.ts";
import { quantile, type Sample } from "./sample.ts";

const SPARKS = 60;
const WARM_SECONDS = 60; // by then, everything has been loaded and compiled

/** Files of a report, by name. */
export function reportOf(
  samples: readonly Sample[],
  loads: readonly string[],
): Record<string, string> {
  const seconds = samples.at(-1)!.seconds;
  const title = `masscanned under a mixed hostile load`;
  return {
    "samples.csv": csvOf(samples),
    "samples.json": JSON.stringify({ loads, samples }, undefined, 1) + "\n",
    "table.md": tableOf(samples),
    "plot.svg": plot(title, seconds / 60, panelsOf(samples)),
  };
}

/** The plot in lines of text. */
export function sparksOf(samples: readonly Sample[]): string {
  return panelsOf(samples).flat().map(({ name, values }) => {
    const finite = values.filter(Number.isFinite);
    const range = `${round(Math.min(...finite))} to ${
      round(Math.max(...finite))
    }`;
    return `${name.padEnd(28)} ${sparkline(values, SPARKS)} ${range}\n`;
  }).join("");
}

function panelsOf(samples: readonly Sample[]): Series[][] {
  const rate = (pick: (sample: Sample) => number): number[] =>
    samples.map((sample, i) => {
      const before = samples[i - 1];
      if (before === undefined) return NaN;
      return (pick(sample) - pick(before)) / (sample.seconds - before.seconds);
    });
  const each = (pick: (sample: Sample) => number): number[] =>
    samples.map(pick);
  return [
    [
      { name: "resident memory, MiB", values: each(({ rss }) => rss) },
      { name: "JavaScript heaps, MiB", values: each(({ heap }) => heap) },
    ],
    [
      {
        name: "frames received a second",
        values: rate(({ frames }) => frames),
      },
      {
        name: "frames answered a second",
        values: rate(({ answered }) => answered),
      },
    ],
    [
      {
        name: "page, 99th percentile, ms",
        values: each(({ pages }) => quantile(pages, 0.99)),
      },
      {
        name: "page, median, ms",
        values: each(({ pages }) => quantile(pages, 0.5)),
      },
    ],
    [{ name: "TCP flows remembered", values: each(({ flows }) => flows) }],
  ];
}

function tableOf(samples: readonly Sample[]): string {
  const warm = samples.find(({ seconds }) => seconds >= WARM_SECONDS) ??
    samples[0]!;
  const first = samples[0]!;
  const last = samples.at(-1)!;
  const seconds = last.seconds - first.seconds;
  const most = (pick: (sample: Sample) => number): number =>
    Math.max(...samples.map(pick));
  const pages = samples.flatMap(({ pages }) => pages).sort((a, b) => a - b);
  const missed = samples.reduce((sum, { pagesMissed }) => sum + pagesMissed, 0);
  const course = (pick: (sample: Sample) => number): string =>
    `${round(pick(warm))}, ${round(pick(last))}, ${round(most(pick))}`;
  const lost = Object.entries(last.lost)
    .map(([name, count]) => `${name} ${count}`).join(", ");
  const rows: [string, string][] = [
    ["how long", `${round(seconds / 60)} min`],
    [
      "frames received",
      `${last.frames}, ${round(last.frames / seconds)} a second`,
    ],
    [
      "frames answered",
      `${last.answered}, ${round(last.answered / seconds)} a second`,
    ],
    [
      "resident memory after 1 min, at the end, at most",
      `${course(({ rss }) => rss)} MiB`,
    ],
    [
      "JavaScript heaps after 1 min, at the end, at most",
      `${course(({ heap }) => heap)} MiB`,
    ],
    [
      "TCP flows after 1 min, at the end, at most",
      course(({ flows }) => flows),
    ],
    [
      "a page: median, 90, 99, 99.9 %, worst",
      [0.5, 0.9, 0.99, 0.999, 1]
        .map((share) => round(quantile(pages, share))).join(", ") + " ms",
    ],
    ["pages that came, that did not", `${pages.length}, ${missed}`],
    ["lost on our side", lost || "nothing"],
    ["exceptions", `${last.exceptions}`],
  ];
  return ["| what | figure |", "| --- | --- |"]
    .concat(rows.map(([what, figure]) => `| ${what} | ${figure} |`))
    .map((line) => `${line}\n`).join("");
}

function csvOf(samples: readonly Sample[]): string {
  const names = [
    ...new Set(samples.flatMap(({ lost }) => Object.keys(lost))),
  ];
  const head = [
    ...["seconds", "rss_mib", "heap_mib", "flows", "frames", "answered"],
    ...["exceptions", "page_p50_ms", "page_p99_ms", "page_max_ms"],
    ...["pages", "pages_missed", ...names.map((name) => `lost ${name}`)],
  ];
  const rows = samples.map((it) =>
    [
      ...[it.seconds, it.rss, it.heap, it.flows, it.frames, it.answered],
      it.exceptions,
      ...[0.5, 0.99, 1].map((share) => quantile(it.pages, share)),
      ...[it.pages.length, it.pagesMissed],
      ...names.map((name) => it.lost[name] ?? 0),
    ].map(round)
  );
  return [head, ...rows].map((row) => `${row.join()}\n`).join("");
}

function round(value: number): string {
  if (Number.isNaN(value)) return "";
  return value >= 100 ? value.toFixed(0) : String(Number(value.toFixed(2)));
}
