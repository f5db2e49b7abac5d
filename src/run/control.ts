/**
 * The control thread: starts a responder on each interface, passes on what the
 * packet workers tell, and does what signals ask for.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import { monotonicNow } from "../../ffi/clock.ts";
import { allowReturn, giveWay } from "../../ffi/priority.ts";
import type { RunCommand } from "../cli/command.ts";
import { VERSION } from "../cli/version.ts";
import { openDiagnostics } from "../diagnostics.ts";
import type { BusySource } from "../event/visits.ts";
import { OperatorError } from "../operator_error.ts";
import { KEY_LEN } from "../siphash.ts";
import { LINES } from "../sink/framing.ts";
import { Output } from "../sink/output.ts";
import { Outputs } from "../sink/outputs.ts";
import { Sinks } from "../sink/sinks.ts";
import { hostAddresses } from "./host.ts";
import { behaviourOf, type Report } from "./messages.ts";
import { metricsText } from "./metrics.ts";
import { MetricsServer } from "./metrics_server.ts";
import { openCapture } from "./open_capture.ts";
import { giveUpNetwork } from "./permissions.ts";
import { loadLists } from "./policy.ts";
import { chooseUser, giveUpPrivileges } from "./privileges.ts";
import { Reloader, type Reread } from "./reload.ts";
import { sumOf } from "./report.ts";
import { Responder, type Settings } from "./responder.ts";
import { obeySignals } from "./signals.ts";
import { summaryOf } from "./summary.ts";
import { STANDARD_ERROR, targetOf } from "./targets.ts";

const TICK_MS = 1000;
const BUSIEST = 10; // sources in a summary
// Where there are too few processors, to answer comes before to tell of it: a
// tenth of a packet worker's share.
const NICE = 10;
const WORKER = new URL("./worker.ts", import.meta.url);

/**
 * Answers on interfaces until a signal says stop.
 *
 * @param options What the command line asks for.
 * @param reread Reads it again, and the files that it names.
 * @param module Program of a packet worker; tests have workers that die.
 * @throws {OperatorError} If it cannot begin, or a worker hangs.
 */
export async function run(
  options: RunCommand,
  reread: Reread,
  module: URL = WORKER,
): Promise<void> {
  const logger = getLogger("masscanned");
  const say = (text: string): void => logger.warn("{text}", { text });
  using outputs = new Outputs(targetOf, say);
  const stderr = outputs.add(new Output(STANDARD_ERROR, LINES, say));
  using _diagnostics = openDiagnostics(options, stderr);
  const lists = loadLists(options, hostAddresses());
  const sinks = new Sinks(options, outputs);
  sinks.setTranslations(lists.translations);
  const { ifaces, mac, probe, workers } = options;
  const capture = openCapture(options, outputs);
  const paths = outputs.all.flatMap(({ path }) => path ?? []);
  const needs = { outputs: paths, program: module };
  const user = chooseUser(options.user, needs, say);
  const stopped = new AbortController();
  const startedAt = Date.now();
  const settings: Settings = {
    capture,
    fail: (reason) =>
      stopped.abort(new OperatorError(`${reason}: start masscanned anew`)),
    mac,
    module,
    probe,
    records: sinks.take.bind(sinks),
    say,
    signal: stopped.signal,
    task: {
      changesUser: user !== undefined,
      behaviour: behaviourOf(options),
      clockOffset: startedAt - monotonicNow(),
      key: options.cookieKey ?? crypto.getRandomValues(new Uint8Array(KEY_LEN)),
      listen: sinks.listen,
      startedAt,
      workers: workers * ifaces.length,
    },
    workers,
  };
  const responders = ifaces.map((name, i) =>
    new Responder(name, i, settings, lists)
  );
  const reloader = new Reloader(options, reread, responders, sinks, say);

  const reportEach = (): Promise<Report[]> =>
    Promise.all(responders.map((one) => one.report()));
  using _metrics = options.metrics && new MetricsServer(
    options.metrics,
    async () => {
      const reports = await reportEach();
      return metricsText({
        version: VERSION,
        startedAt,
        memory: Deno.memoryUsage(),
        interfaces: ifaces.map((name, i) => ({ name, report: reports[i]! })),
        outputs: outputs.all,
      });
    },
  );
  giveUpNetwork(); // the metrics' socket is open already
  const tell = (
    reports: readonly Report[],
    sources = sinks.busiest(BUSIEST),
  ): void => {
    const elapsed = Date.now() - startedAt;
    summaryOf(sumOf(reports), outputs.all, elapsed, sources).forEach(say);
  };
  using _signals = obeySignals({
    stop: () => stopped.abort(),
    reload: () => {
      outputs.reopen();
      reloader.reload();
    },
    report: async () => tell(await reportEach()),
  });
  const ticking = setInterval(() => sinks.tick(Date.now()), TICK_MS);
  let reports: Report[] = [];
  let sources: readonly BusySource[] = [];
  try {
    for (const responder of responders) await responder.start();
    // Workers to come begin as this thread is, and return if they may; if not,
    // they and this thread are equals, as they would be without this.
    allowReturn();
    giveWay(NICE);
    if (user !== undefined) {
      for (const output of outputs.all) output.giveTo(user.uid, user.gid);
    }
    giveUpPrivileges({
      files: [options.config ?? [], options.selfIpFiles, options.denyFiles]
        .flat(),
      inform: (text) => logger.info("{text}", { text }),
      say,
      user,
    });
    await isAborted(stopped.signal);
  } finally {
    clearInterval(ticking);
    reports = await Promise.all(responders.map((one) => one.stop()));
    sources = sinks.busiest(BUSIEST);
    sinks.end();
  }
  outputs.settle(); // so that all losses are known
  tell(reports, sources);
  if (stopped.signal.reason instanceof OperatorError) {
    throw stopped.signal.reason;
  }
}

/** Waits for a signal to be given. */
function isAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}
