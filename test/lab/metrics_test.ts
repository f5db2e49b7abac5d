import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  FOR_OURS,
  lab,
  Masscanned,
  ON_SENSOR,
  OURS,
  run,
  runMasscanned,
  succeed,
} from "./lab.ts";

const WHERE = "127.0.0.1:9100";
const CURL = `${ON_SENSOR} curl -sS --max-time 60 http://${WHERE}/metrics`;

/** What a metric is at, by its name and labels. */
function valueOf(page: string, sample: string): number {
  const line = page.split("\n").find((line) => line.startsWith(`${sample} `));
  ok(line !== undefined, `${sample} is not in ${page}`);
  return Number(line.slice(sample.length));
}

lab("promtool finds no fault with the metrics", [
  "curl",
  "promtool",
], async () => {
  await using _ = await Masscanned.start(`${FOR_OURS} --metrics ${WHERE}`);
  await succeed(`curl -sS --max-time 60 http://${OURS}/`);
  const page = await succeed(CURL);
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, page);
  const { code, stderr, stdout } = await run(
    "sh",
    "-c",
    `promtool check metrics <${file}`,
  );
  await Deno.remove(file);
  deepStrictEqual({ code, stderr, stdout }, {
    code: 0,
    stderr: "",
    stdout: "",
  });
  const of = (sample: string): number => valueOf(page, sample);
  strictEqual(
    of('masscanned_answers_total{interface="sensor0",protocol="http"}'),
    1,
  );
  strictEqual(of('masscanned_flows{interface="sensor0"}') <= 1, true);
  ok(of('masscanned_output_bytes_total{output="standard error"}') > 0);
});

lab("metrics can be had while a flood runs, and count all of it", [
  "curl",
  "ping",
], async () => {
  await using _ = await Masscanned.start(`${FOR_OURS} --metrics ${WHERE}`);
  const sample = 'masscanned_frames_total{interface="sensor0",' +
    'outcome="answered",verdict="icmpv4_echo_reply"}';
  const flood = run(`ping -q -f -c 5000 ${OURS}`);
  const values: number[] = [];
  let isOver = false;
  flood.finally(() => isOver = true);
  while (!isOver) values.push(valueOf(await succeed(CURL), sample));
  match((await flood).stdout, / 0% packet loss/);
  strictEqual(valueOf(await succeed(CURL), sample), 5000);
  ok(values.length >= 2, `${values}`);
  deepStrictEqual(values, values.toSorted((a, b) => a - b));
});

lab("a port that is taken is one line and status 1", [], async () => {
  await using _ = await Masscanned.start(`${FOR_OURS} --metrics ${WHERE}`);
  const { code, stderr } = await runMasscanned(
    `${FOR_OURS} --metrics ${WHERE}`,
  );
  strictEqual(
    stderr,
    `ERROR - Cannot serve metrics on ${WHERE}: ` +
      "another program listens there; choose another port\n",
  );
  strictEqual(code, 1);
});
