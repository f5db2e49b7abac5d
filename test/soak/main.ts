/**
 * Soaks masscanned in a hostile load, in the lab, and says how it fared:
 * `scripts/soak.sh`.
 *
 * @module
 */

import { FOR_OURS, HOST, Masscanned } from "../lab/lab.ts";
import { attack, LOADS } from "./loads.ts";
import { Prober } from "./prober.ts";
import { reportOf, sparksOf } from "./report.ts";
import { readMetrics, type Sample } from "./sample.ts";

const SAMPLE_MS = 10_000;
const RELOADS = 6; // samples between two SIGHUP
const SEED = 1;
const METRICS = `${HOST}:9100`;
const BAD_NEWS = / defect| died|^ERROR/;

const [minutes, folder] = [Number(Deno.args[0]), Deno.args[1]!];
const say = (text: string): void => {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
};
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(milliseconds, 0)));

const work = await Deno.makeTempDir();
await Deno.chmod(work, 0o777); // masscanned does not stay root
const samples: Sample[] = [];
const badNews = new Set<string>();
try {
  const over = new AbortController();
  await using masscanned = await Masscanned.start(
    `${FOR_OURS} --metrics ${METRICS} --events - ` +
      `--pcap ${work}/soak.pcapng --pcap-size 20M --pcap-files 2`,
  );
  const startedAt = performance.now();
  const attacking = attack(over.signal, SEED);
  const prober = new Prober(over.signal);
  for (let turn = 0; performance.now() - startedAt < minutes * 60_000; turn++) {
    await pause(startedAt + turn * SAMPLE_MS - performance.now());
    if (turn % RELOADS === RELOADS - 1) masscanned.signal("SIGHUP");
    for (const line of masscanned.lines.splice(0)) {
      if (BAD_NEWS.test(line)) badNews.add(line);
    }
    const page = await (await fetch(`http://${METRICS}/metrics`)).text();
    const sample = {
      seconds: (performance.now() - startedAt) / 1000,
      ...readMetrics(page),
      ...prober.take(),
    };
    samples.push(sample);
    const { exceptions, flows, pages, pagesMissed, rss, seconds } = sample;
    say(
      `${seconds.toFixed(0)} s: ${rss.toFixed(0)} MiB, ${flows} flows, ` +
        `${pages.length} pages, ${pagesMissed} missed, ` +
        `${exceptions} exceptions\n`,
    );
  }
  over.abort();
  await attacking;
} finally {
  await Deno.remove(work, { recursive: true });
}
const files = reportOf(samples, LOADS);
for (const [name, text] of Object.entries(files)) {
  await Deno.writeTextFile(`${folder}/${name}`, text);
}
say(`\n${files["table.md"]}\n${sparksOf(samples)}\n`);
for (const line of badNews) say(`${line}\n`);
say(`Samples, table and plot are in ${folder}\n`);
Deno.exit(samples.at(-1)!.exceptions + badNews.size === 0 ? 0 : 1);
