/**
 * The control thread: starts a packet worker on an interface, passes on what
 * it tells, and ends it.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import { findInterface, type Interface } from "../../ffi/interface.ts";
import { Wakeup } from "../../ffi/wakeup.ts";
import type { RunCommand } from "../cli/command.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { OperatorError } from "../operator_error.ts";
import { KEY_LEN } from "../siphash.ts";
import { LINES } from "../sink/framing.ts";
import { Output } from "../sink/output.ts";
import { Outputs } from "../sink/outputs.ts";
import { Sinks } from "../sink/sinks.ts";
import { macText } from "../sink/text.ts";
import { reservedRanges } from "./host.ts";
import type { FromWorker, Job, Report, ToWorker } from "./messages.ts";
import { loadLists } from "./policy.ts";
import { summaryOf } from "./summary.ts";
import { STANDARD_ERROR, targetOf } from "./targets.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;
const STOP_MS = 2000; // longest that a worker may take to stop

/**
 * Answers on an interface until a signal says stop.
 *
 * @param options What the command line asks for.
 * @throws {OperatorError} If it cannot begin, or the worker dies.
 */
export async function run(options: RunCommand): Promise<void> {
  const logger = getLogger("masscanned");
  const say = (text: string): void => logger.warn("{text}", { text });
  using outputs = new Outputs(targetOf, say);
  const stderr = outputs.add(new Output(STANDARD_ERROR, LINES, say));
  using _diagnostics = openDiagnostics(options, stderr);
  const iface = openInterface(options.iface);
  const { own, policy } = loadLists(options, reservedRanges(iface.name));
  const mac = options.mac ?? iface.mac;
  const sinks = new Sinks(options, outputs);
  const wakeup = new Wakeup();
  const job: Job = {
    kind: "job",
    iface: iface.name,
    index: iface.index,
    mtu: iface.mtu,
    mac,
    hasForeignMac: options.mac !== undefined,
    policy,
    ranges: own?.ranges,
    persona: options.persona.name,
    key: options.cookieKey ?? crypto.getRandomValues(new Uint8Array(KEY_LEN)),
    listen: sinks.listen,
    wakeFd: wakeup.fd,
  };
  const addresses = own === undefined
    ? "every address but the host's own"
    : `${own.size} ${own.size === 1n ? "address" : "addresses"}`;
  const ready = `answering on ${iface.name} as ${
    macText(mac)
  } for ${addresses}`;
  const report = await new Supervisor(job, sinks, outputs, wakeup).run(ready);
  for (const line of summaryOf(report, outputs.all)) {
    logger.info("{line}", { line });
  }
}

/** Finds an interface that can be answered on. */
function openInterface(name: string): Interface {
  const iface = findInterface(name);
  if (iface === undefined) {
    throw new OperatorError(
      `Cannot open interface "${name}" - are you sure it exists? ` +
        `See: ip link`,
    );
  }
  if (!iface.isEthernet) {
    throw new OperatorError(
      `Cannot use interface "${name}": it is not an Ethernet interface`,
    );
  }
  if (!iface.isUp) {
    throw new OperatorError(
      `Cannot use interface "${name}": it is DOWN. ` +
        `Try: ip link set ${name} up`,
    );
  }
  return iface;
}

/** One packet worker, from its beginning to its end. */
class Supervisor {
  readonly #job: Job;
  readonly #sinks: Sinks;
  readonly #outputs: Outputs;
  readonly #wakeup: Wakeup;
  readonly #logger = getLogger("masscanned");
  readonly #worker: Worker;

  constructor(job: Job, sinks: Sinks, outputs: Outputs, wakeup: Wakeup) {
    this.#job = job;
    this.#sinks = sinks;
    this.#outputs = outputs;
    this.#wakeup = wakeup;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
    });
  }

  /** Runs it until a signal says stop; `ready` is said when it receives. */
  async run(ready: string): Promise<Report> {
    const { promise, reject, resolve } = Promise.withResolvers<Report>();
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>): void => {
      switch (data.kind) {
        case "ready":
          this.#logger.warn("{ready}", { ready });
          break;
        case "failed":
          reject(new OperatorError(data.reason));
          break;
        case "trouble":
          this.#logger.warn("{reason}", { reason: data.reason });
          break;
        case "records":
          this.#sinks.take(data.buffer, data.length);
          this.#tell({ kind: "buffer", buffer: data.buffer }, [data.buffer]);
          break;
        case "report":
          for (const line of summaryOf(data.report, this.#outputs.all)) {
            this.#logger.warn("{line}", { line });
          }
          break;
        case "stopped":
          resolve(data.report);
      }
    };
    this.#worker.onerror = (event): void => {
      event.preventDefault();
      reject(new OperatorError(`The packet worker died: ${event.message}`));
    };
    const stop = (): void => {
      this.#tell({ kind: "stop" });
      const late = new OperatorError("The packet worker does not stop");
      Deno.unrefTimer(setTimeout(() => reject(late), STOP_MS));
    };
    const report = (): void => this.#tell({ kind: "report" });
    const reopen = (): void => this.#outputs.reopen();
    for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, stop);
    Deno.addSignalListener("SIGUSR2", report);
    Deno.addSignalListener("SIGHUP", reopen);
    try {
      this.#worker.postMessage(this.#job);
      return await promise;
    } finally {
      for (const signal of STOP_SIGNALS) {
        Deno.removeSignalListener(signal, stop);
      }
      Deno.removeSignalListener("SIGUSR2", report);
      Deno.removeSignalListener("SIGHUP", reopen);
      this.#worker.terminate();
    }
  }

  #tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
    this.#wakeup.signal();
  }
}
