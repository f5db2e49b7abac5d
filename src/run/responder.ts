/**
 * Answers on one interface, for as long as there is one: opens its ports, keeps
 * workers running on them, and follows what becomes of it.
 *
 * @module
 */

import { SystemError } from "../../ffi/errno.ts";
import type { Interface } from "../../ffi/interface.ts";
import { PacketPort } from "../../ffi/packet_port.ts";
import type { PolicyTables } from "../address/policy.ts";
import type { AddressRange } from "../address/set.ts";
import { OperatorError } from "../operator_error.ts";
import { ipText, macText } from "../address/text.ts";
import type { CaptureSink } from "../sink/capture_sink.ts";
import { macApart } from "./apart.ts";
import { compileFilter } from "./filter.ts";
import { broadcastRanges, hasNeighbours, reservedRanges } from "./host.ts";
import { lookAgain, openLink } from "./link.ts";
import { changesOf, isSameLink } from "./link_changes.ts";
import { memoryLenOf } from "./memory.ts";
import type { Behaviour, Report } from "./messages.ts";
import { conflictsOf, countText, type Lists, policyOf } from "./policy.ts";
import { refuseTaken } from "./probe.ts";
import { NOTHING, sumOf } from "./report.ts";
import { Supervisor } from "./supervisor.ts";
import type { Listener, Task } from "./worker_thread.ts";

const LOOK_MS = 1000; // how often the interface is looked at
const TOLD = 5; // addresses that are named

/** What is the same on all interfaces. */
export interface Settings {
  /** What every worker is told. */
  readonly task: Omit<Task, "capture" | "lease" | "mac" | "mtu" | "policy">;
  /** Hardware address to answer with; absent: whatever suits the interface. */
  readonly mac: Uint8Array | undefined;
  /** Workers on each interface. */
  readonly workers: number;
  /** Whether to ask first if somebody else has our addresses. */
  readonly probe: boolean;
  /** Ends a start early. */
  readonly signal: AbortSignal;
  /** Program of a worker. */
  readonly module: URL;
  /** Takes records. */
  records(buffer: ArrayBuffer, length: number, iface: string): void;
  /** Takes packets, if there is a capture. */
  readonly capture: CaptureSink | undefined;
  /** Tells the operator something. */
  say(text: string): void;
  /** Ends the program, for something is wrong that only a new start mends. */
  fail(reason: string): void;
}

/** Answers on one interface. */
export class Responder {
  readonly #name: string;
  readonly #number: number;
  readonly #settings: Settings;
  #task: Settings["task"];
  #lists: Lists;
  #reserved: readonly AddressRange[] = [];
  #broadcast: readonly AddressRange[] = [];
  #link: Interface | undefined;
  #foreignMac: Uint8Array | undefined; // other than the interface's own
  #ports: PacketPort[] = [];
  #supervisors: Supervisor[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #busy = Promise.resolve(); // settled when ports and workers are at rest
  #trouble = ""; // what kept it from opening its ports
  #counted = NOTHING; // by workers that are gone

  /**
   * Prepares to answer.
   *
   * @param name Name of the interface.
   * @param number Its place among all interfaces.
   * @param settings What is the same on all interfaces.
   * @param lists Address lists.
   */
  constructor(name: string, number: number, settings: Settings, lists: Lists) {
    this.#name = name;
    this.#number = number;
    this.#settings = settings;
    this.#task = settings.task;
    this.#lists = lists;
  }

  /**
   * Begins to answer.
   *
   * @throws {OperatorError} If it cannot.
   */
  async start(): Promise<void> {
    this.#link = openLink(this.#name);
    try {
      await this.#probe(this.#link);
      this.#open(this.#link);
      await Promise.all(this.#supervisors.map(({ ready }) => ready));
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      if (error instanceof SystemError) throw new OperatorError(error.message);
      throw new OperatorError(
        `The packet worker died: ${(error as Error).message}`,
        { cause: error },
      );
    }
    if (this.#lists.own === undefined && hasNeighbours(this.#name)) {
      this.#settings.say(
        `there is no list of addresses: on ${this.#name} we take every ` +
          `address that is asked for, whosever it is, but the host's own and ` +
          `its gateways'; if that is not meant, see --self-ip-list`,
      );
    }
    this.#sayConflicts();
    this.#sayReady(this.#link);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Goes on with other address lists. */
  setLists(lists: Lists): void {
    this.#lists = lists;
    this.#findReserved();
    this.#setPolicy();
    this.#sayConflicts();
  }

  /**
   * Goes on answering in another way, with other workers: conversations end,
   * and what arrives meanwhile waits in the rings.
   */
  setBehaviour(behaviour: Behaviour): Promise<void> {
    this.#task = { ...this.#task, behaviour };
    return this.#inTurn(async () => {
      const late = await this.#stopWorkers();
      // A ring has one reader: the next look opens others.
      if (late.length > 0) this.#ports = [];
      if (this.#link !== undefined) this.#startWorkers(this.#link);
    });
  }

  /** Says what was counted so far. */
  async report(): Promise<Report> {
    const reports = this.#supervisors.map((supervisor) => supervisor.report());
    return sumOf([this.#counted, ...await Promise.all(reports)]);
  }

  /** Ends, and says what was counted. */
  async stop(): Promise<Report> {
    clearInterval(this.#timer);
    await this.#inTurn(() => this.#close());
    return this.#counted;
  }

  /** Asks whether somebody else has our addresses, if that is wanted. */
  async #probe(link: Interface): Promise<void> {
    const { probe, say, signal } = this.#settings;
    const { own } = this.#lists;
    if (!probe) return;
    if (own === undefined) {
      throw new OperatorError(
        "Cannot probe every address there is: --probe needs a list (-f)",
      );
    }
    const mac = this.#settings.mac ?? macApart(link);
    await refuseTaken(link, { mac, own, say, signal });
  }

  /** Looks what has become of the interface, if nobody is about to. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.#inTurn(() => this.#follow());
    this.#isLooking = false;
  }

  /** Does one thing after the other with ports and workers. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#busy.then(act);
    this.#busy = done.catch(() => {});
    return done;
  }

  async #follow(): Promise<void> {
    const before = this.#link;
    const now = lookAgain(this.#name, before);
    this.#link = now;
    const { say } = this.#settings;
    for (const change of changesOf(this.#name, before, now)) say(change);
    if (!isSameLink(before, now)) await this.#close();
    if (now === undefined) return;
    if (this.#ports.length > 0) this.#refreshReserved(now);
    else if (now.isUp) await this.#openAgain(now);
  }

  /** Opens the ports, if it can be; otherwise the next look tries again. */
  async #openAgain(link: Interface): Promise<void> {
    try {
      this.#open(link);
      this.#trouble = "";
      this.#sayReady(link);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (this.#trouble !== error.message) this.#settings.say(error.message);
      this.#trouble = error.message;
      await this.#close();
    }
  }

  /** Opens ports and starts a worker on each. */
  #open(link: Interface): void {
    const { index, mtu } = link;
    this.#findReserved();
    this.#foreignMac = this.#settings.mac ?? macApart(link);
    this.#ports = PacketPort.open(this.#settings.workers, {
      index,
      mac: this.#foreignMac,
      memoryLen: memoryLenOf(mtu),
    });
    this.#filter(link);
    this.#startWorkers(link);
  }

  #startWorkers(link: Interface): void {
    const { capture, fail, module, records, say, workers } = this.#settings;
    const { mtu } = link;
    const mac = this.#macOn(link);
    const policy = this.#policy();
    const number = this.#number;
    this.#supervisors = this.#ports.map(({ lease }, i) => {
      const worker = `packet worker ${i + 1} of ${workers} on "${link.name}"`;
      const task = { ...this.#task, lease, mac, mtu, policy };
      const listener: Listener = {
        records: (buffer, length) => records(buffer, length, link.name),
        captured: (blocks, counts) => capture?.take(number, blocks, counts),
        trouble: say,
        link: () => this.#look(),
        hangs: () => fail(`The ${worker} hangs`),
      };
      return new Supervisor(
        module,
        worker,
        { ...task, capture: capture && number },
        listener,
      );
    });
  }

  /** Stops the workers and keeps what they counted; says which ones run on. */
  async #stopWorkers(): Promise<readonly Supervisor[]> {
    const supervisors = this.#supervisors.splice(0);
    const reports = await Promise.all(supervisors.map((one) => one.stop()));
    // Their heaps are gone with them.
    this.#counted = { ...sumOf([this.#counted, ...reports]), heapUsed: 0 };
    return supervisors.filter(({ isLate }) => isLate);
  }

  /** Stops the workers and closes the ports. */
  async #close(): Promise<void> {
    const ports = this.#ports.splice(0);
    const late = await this.#stopWorkers();
    // Memory that a worker may still read cannot be taken away from it.
    if (late.length > 0) return;
    for (const port of ports) port[Symbol.dispose]();
  }

  /** Finds what we leave alone; says whether that is what it was. */
  #findReserved(): boolean {
    const text = (): string =>
      [this.#reserved, this.#broadcast].map((ranges) =>
        ranges.map(({ first }) => first.toHex()).join()
      ).join(";");
    const before = text();
    const name = this.#nameNow;
    this.#reserved = conflictsOf(this.#lists, reservedRanges(name));
    this.#broadcast = broadcastRanges(name);
    return text() === before;
  }

  /** The host's addresses may change. */
  #refreshReserved(link: Interface): void {
    if (this.#findReserved()) return;
    this.#setPolicy();
    this.#settings.say(
      `the host's addresses or gateways on "${link.name}" have changed: ` +
        `left alone from now on`,
    );
    this.#sayConflicts();
  }

  /** Says what we leave alone although it is listed. */
  #sayConflicts(): void {
    if (this.#lists.own === undefined || this.#reserved.length === 0) return;
    const texts = new Set(this.#reserved.map(({ first }) => ipText(first)));
    const named = [...texts].slice(0, TOLD).join(", ");
    const more = texts.size > TOLD ? ` and ${texts.size - TOLD} more` : "";
    this.#settings.say(
      `left alone on ${this.#nameNow}, though listed: ${named}${more}, which ` +
        `the host or its gateway has, or which is for broadcast; to answer ` +
        `for the host's: masscanned share`,
    );
  }

  #setPolicy(): void {
    if (this.#link === undefined || this.#ports.length === 0) return;
    try {
      this.#filter(this.#link);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#look(); // the interface is gone, and nobody has noticed yet
    }
    const policy = this.#policy();
    for (const supervisor of this.#supervisors) supervisor.setPolicy(policy);
  }

  /** Lets the ports hear what is for our addresses. */
  #filter(link: Interface): void {
    const ranges = this.#lists.own?.ranges;
    const program = compileFilter(this.#macOn(link), ranges);
    const hasIpv6 = ranges === undefined ||
      ranges.some(({ first }) => first.length === 16);
    for (const port of this.#ports) port.filter(program, hasIpv6);
  }

  #policy(): PolicyTables {
    return policyOf(this.#lists, this.#reserved, this.#broadcast);
  }

  get #nameNow(): string {
    return this.#link?.name ?? this.#name;
  }

  #macOn(link: Interface): Uint8Array {
    return this.#foreignMac ?? link.mac;
  }

  #sayReady(link: Interface): void {
    this.#settings.say(
      `answering on ${link.name} as ${macText(this.#macOn(link))} for ` +
        countText(this.#lists),
    );
  }
}
