import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { metricsText, type Snapshot } from "../../src/run/metrics.ts";
import { NOTHING } from "../../src/run/report.ts";
import { VERDICT, VERDICTS } from "../../src/verdict.ts";

const SNAPSHOT: Snapshot = {
  version: "1.2.3 (test)",
  startedAt: 1_700_000_000_500,
  memory: { heapUsed: 8_000_000, rss: 90_000_000 },
  interfaces: [
    {
      name: "eth0",
      report: {
        ...NOTHING,
        verdicts: NOTHING.verdicts.with(VERDICT.tcp_syn_ack, 7)
          .with(VERDICT.ip_malformed, 1e15),
        answers: NOTHING.answers.with(0, 3),
        flows: 5,
        heapUsed: 4_000_000,
        ringDrops: 11,
      },
    },
    { name: "eth1", report: { ...NOTHING, flowsEvicted: 2 } },
  ],
  outputs: [{
    name: '"/a\\b"',
    written: 100,
    units: "lines",
    lost: 4,
    errors: 1,
  }],
};
const LINES = metricsText(SNAPSHOT).split("\n");

// The text format: https://prometheus.io/docs/instrumenting/exposition_formats/
const SAMPLES: readonly string[] = [
  'masscanned_build_info{version="1.2.3 (test)"} 1',
  "masscanned_start_time_seconds 1700000000.5",
  'masscanned_frames_total{interface="eth0",outcome="answered",verdict="tcp_syn_ack"} 7',
  'masscanned_frames_total{interface="eth0",outcome="malformed",verdict="ip_malformed"} 1000000000000000',
  'masscanned_frames_total{interface="eth1",outcome="dropped",verdict="port_zero"} 0',
  'masscanned_frames_total{interface="eth1",outcome="quiet",verdict="tcp_reset"} 0',
  'masscanned_answers_total{interface="eth0",protocol="http"} 3',
  'masscanned_flows{interface="eth0"} 5',
  "masscanned_resident_memory_bytes 90000000",
  'masscanned_heap_used_bytes{thread="control"} 8000000',
  'masscanned_heap_used_bytes{interface="eth0",thread="workers"} 4000000',
  'masscanned_ring_drops_total{interface="eth0"} 11',
  'masscanned_flows_evicted_total{interface="eth1"} 2',
  'masscanned_output_bytes_total{output="\\"/a\\\\b\\""} 100',
  'masscanned_output_lost_total{output="\\"/a\\\\b\\"",units="lines"} 4',
  'masscanned_output_errors_total{output="\\"/a\\\\b\\""} 1',
];

for (const sample of SAMPLES) {
  Deno.test(`metricsText() writes ${sample}`, () => {
    strictEqual(LINES.filter((line) => line === sample).length, 1);
  });
}

Deno.test("metricsText() writes every verdict, and nothing twice", () => {
  const frames = LINES.filter((line) => /^masscanned_frames_total/.test(line));
  strictEqual(frames.length, 2 * VERDICTS.length);
  const names = LINES.map((line) => line.replace(/ [^ ]*$/, ""));
  const samples = names.filter((name) => name !== "" && !name.startsWith("#"));
  strictEqual(new Set(samples).size, samples.length);
});

Deno.test("metricsText() says what each metric is", () => {
  const described = LINES.filter((line) => line.startsWith("# TYPE "))
    .map((line) => line.split(" ")[2]!);
  const used = LINES.filter((line) => /^\w/.test(line))
    .map((line) => line.match(/^\w+/)![0]);
  deepStrictEqual([...new Set(used)], described);
  match(LINES.at(-2)!, /^masscanned_/);
  strictEqual(LINES.at(-1), "");
});
