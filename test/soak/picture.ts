/**
 * Series of numbers, as pictures: SVG for a browser, one line of text for a
 * terminal.
 *
 * @module
 */

/** Numbers over time. */
export interface Series {
  /** What it shows, with its unit. */
  readonly name: string;
  /** One number for each moment; `NaN`: there is none. */
  readonly values: readonly number[];
}

const BARS = "▁▂▃▄▅▆▇█";
const WIDTH = 900;
const PANEL = 150;
const LEFT = 60;
const COLOURS = ["#1f5fa8", "#c2410c", "#4d7c0f"];

/**
 * Draws a series in one line, from 0 on.
 *
 * @param values Numbers, none below 0.
 * @param width Characters, at most.
 */
export function sparkline(values: readonly number[], width: number): string {
  const step = Math.max(values.length / width, 1);
  const means = Array.from({ length: Math.floor(values.length / step) }, (
    _,
    i,
  ) => mean(values.slice(Math.floor(i * step), Math.floor((i + 1) * step))));
  const top = Math.max(...means.filter(Number.isFinite), 1e-9);
  return means.map((value) =>
    Number.isNaN(value)
      ? " "
      : BARS[Math.min(Math.floor(value / top * BARS.length), BARS.length - 1)]!
  ).join("");
}

/**
 * Draws panels below each other, over the same time.
 *
 * @param title What is shown.
 * @param minutes How long it took.
 * @param panels Series that share an axis.
 * @returns An SVG document.
 */
export function plot(
  title: string,
  minutes: number,
  panels: readonly (readonly Series[])[],
): string {
  const height = 40 + panels.length * PANEL + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${LEFT}" y="22" font-size="15">${escape(title)}</text>`,
    ...panels.map((series, i) => panelOf(series, 40 + i * PANEL)),
    `<text x="${LEFT}" y="${height - 6}">0</text>`,
    `<text x="${WIDTH - 20}" y="${height - 6}" text-anchor="end">` +
    `${minutes.toFixed(0)} min</text>`,
    `</svg>`,
    ``,
  ].join("\n");
}

function panelOf(all: readonly Series[], at: number): string {
  const [right, bottom] = [WIDTH - 20, at + PANEL - 25];
  const values = all.flatMap(({ values }) => values).filter(Number.isFinite);
  const top = niceAbove(Math.max(...values, 0));
  const lines = all.map(({ name, values }, i) => {
    const points = values.flatMap((value, k) => {
      if (!Number.isFinite(value)) return [];
      const x = LEFT + k / Math.max(values.length - 1, 1) * (right - LEFT);
      const y = bottom - value / top * (PANEL - 45);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    const colour = COLOURS[i % COLOURS.length];
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" ` +
      `points="${points.join(" ")}"/>` +
      `<text x="${LEFT + 8 + i * 230}" y="${at + 12}" fill="${colour}">` +
      `${escape(name)}</text>`;
  });
  return [
    `<path d="M${LEFT} ${
      at + 20
    }V${bottom}H${right}" fill="none" stroke="#666"/>`,
    `<text x="${LEFT - 6}" y="${at + 24}" text-anchor="end">${top}</text>`,
    `<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0</text>`,
    ...lines,
  ].join("\n");
}

/** The next number above that is easy to read. */
function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((k) => k * unit).find((nice) => nice >= value)!;
}

function mean(values: readonly number[]): number {
  const some = values.filter(Number.isFinite);
  return some.reduce((sum, value) => sum + value, 0) / some.length;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
