/**
 * What is counted, as Prometheus reads it: the text format, version 0.0.4.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/ | Exposition formats}
 * @module
 */

import { PROTOCOL_NAMES } from "../proto/mod.ts";
import {
  FIRST_DROPPED,
  FIRST_QUIET,
  FIRST_UNANSWERED,
  VERDICTS,
} from "../verdict.ts";
import type { Report } from "./messages.ts";

/** Everything that there is to tell. */
export interface Snapshot {
  /** Version of the program. */
  readonly version: string;
  /** When it started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Octets that the process and the control thread's JavaScript take. */
  readonly memory: Pick<Deno.MemoryUsage, "heapUsed" | "rss">;
  /** What the workers on each interface have counted. */
  readonly interfaces: readonly {
    readonly name: string;
    readonly report: Report;
  }[];
  /** What was written to. */
  readonly outputs: readonly OutputCounts[];
}

/** What is counted of an output. */
export interface OutputCounts {
  /** What the operator calls it. */
  readonly name: string;
  /** Octets that were written. */
  readonly written: number;
  /** What it is made of. */
  readonly units: string;
  /** How many of those were lost. */
  readonly lost: number;
  /** How often the system refused. */
  readonly errors: number;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];
type Family = readonly [
  name: string,
  type: "counter" | "gauge",
  help: string,
  samples: readonly Sample[],
];

/** Counters of each interface. */
const COUNTERS: readonly [
  name: string,
  help: string,
  pick: (report: Report) => number,
][] = [
  [
    "ring_drops_total",
    "Frames that found the kernel's ring full.",
    ({ ringDrops }) => ringDrops,
  ],
  [
    "send_refusals_total",
    "Frames that the kernel did not take from us.",
    ({ sendRefusals }) => sendRefusals,
  ],
  [
    "records_dropped_total",
    "Records that were dropped for want of a buffer.",
    ({ recordsDropped }) => recordsDropped,
  ],
  [
    "capture_dropped_total",
    "Packets left out of the capture for want of a buffer.",
    ({ captureDropped }) => captureDropped,
  ],
  [
    "greetings_total",
    "Clients that were greeted because they did not speak first.",
    ({ greetings }) => greetings,
  ],
  [
    "greetings_hastened_total",
    "Clients that were greeted at once because too many waited already.",
    ({ greetingsHastened }) => greetingsHastened,
  ],
  [
    "flows_evicted_total",
    "TCP flows that were forgotten early to make room.",
    ({ flowsEvicted }) => flowsEvicted,
  ],
  [
    "flows_reclaimed_total",
    "TCP flows that were forgotten because others needed their buffers.",
    ({ flowsReclaimed }) => flowsReclaimed,
  ],
  [
    "worker_deaths_total",
    "Packet workers that died; what they counted in their last ten seconds is lost.",
    ({ workerDeaths }) => workerDeaths,
  ],
];

/**
 * Writes everything that was counted.
 *
 * @param snapshot What there is to tell.
 * @returns The page that Prometheus asks for.
 */
export function metricsText(snapshot: Snapshot): string {
  const { interfaces, memory, outputs, startedAt, version } = snapshot;
  const ofEach = (pick: (report: Report) => readonly Sample[]): Sample[] =>
    interfaces.flatMap(({ name, report }) =>
      pick(report).map(([labels, value]): Sample => [
        { interface: name, ...labels },
        value,
      ])
    );
  const ofOutputs = (pick: (output: OutputCounts) => Sample): Sample[] =>
    outputs.map((output) => {
      const [labels, value] = pick(output);
      return [{ output: output.name, ...labels }, value];
    });
  const families: Family[] = [
    ["build_info", "gauge", "What program this is.", [[{ version }, 1]]],
    [
      "start_time_seconds",
      "gauge",
      "When the program started, in seconds since 1970.",
      [[{}, startedAt / 1000]],
    ],
    [
      "resident_memory_bytes",
      "gauge",
      "Memory that the process holds.",
      [[{}, memory.rss]],
    ],
    [
      "heap_used_bytes",
      "gauge",
      "JavaScript's objects, by the thread that has them.",
      [
        [{ thread: "control" }, memory.heapUsed],
        ...ofEach(({ heapUsed }) => [[{ thread: "workers" }, heapUsed]]),
      ],
    ],
    [
      "frames_total",
      "counter",
      "Frames that came in, by what became of them.",
      ofEach(({ verdicts }) =>
        VERDICTS.map((verdict, i) => [
          { outcome: outcomeOf(i), verdict },
          verdicts[i]!,
        ])
      ),
    ],
    [
      "answers_total",
      "counter",
      "Messages that were answered, by application protocol.",
      ofEach(({ answers }) =>
        PROTOCOL_NAMES.map((protocol, i) => [{ protocol }, answers[i]!])
      ),
    ],
    [
      "flows",
      "gauge",
      "TCP flows that are remembered now.",
      ofEach(({ flows }) => [[{}, flows]]),
    ],
    ...COUNTERS.map(([name, help, pick]): Family => [
      name,
      "counter",
      help,
      ofEach((report) => [[{}, pick(report)]]),
    ]),
    [
      "output_bytes_total",
      "counter",
      "Octets written to files, pipes and standard streams.",
      ofOutputs(({ written }) => [{}, written]),
    ],
    [
      "output_lost_total",
      "counter",
      "Lines or packets that could not be written.",
      ofOutputs(({ lost, units }) => [{ units }, lost]),
    ],
    [
      "output_errors_total",
      "counter",
      "How often the system refused to write or open an output.",
      ofOutputs(({ errors }) => [{}, errors]),
    ],
  ];
  return families.map(familyText).join("");
}

/** In which of four ways a verdict ends. */
function outcomeOf(verdict: number): string {
  if (verdict < FIRST_UNANSWERED) return "answered";
  if (verdict < FIRST_QUIET) return "malformed";
  return verdict < FIRST_DROPPED ? "quiet" : "dropped";
}

function familyText([name, type, help, samples]: Family): string {
  const full = `masscanned_${name}`;
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${type}`,
    ...samples.map(([labels, value]) => `${full}${labelText(labels)} ${value}`),
    "",
  ].join("\n");
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
    return `${name}="${escaped}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join()}}`;
}
