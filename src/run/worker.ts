/**
 * A packet worker: one ring of received frames, one stack, one sender, in a
 * thread of its own that waits for nothing but the network.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { monotonicNow } from "../../ffi/clock.ts";
import { FrameRing, WOKEN } from "../../ffi/frame_ring.ts";
import { FrameSender } from "../../ffi/frame_sender.ts";
import { RING_LEN } from "../../ffi/packet_port.ts";
import { giveWay } from "../../ffi/priority.ts";
import { effectiveUser } from "../../ffi/privileges.ts";
import { Wakeup } from "../../ffi/wakeup.ts";
import { Arena } from "../arena.ts";
import { Outbox } from "../outbox.ts";
import { speakOnly } from "../proto/mod.ts";
import { BUFFER_LEN } from "../record/layout.ts";
import { Recorder } from "../record/recorder.ts";
import { Stack } from "../stack/stack.ts";
import { VERDICT } from "../verdict.ts";
import { slotLenOf, SLOTS } from "./memory.ts";
import type { FromWorker, Job, Report, ToWorker } from "./messages.ts";
import { giveUpAll } from "./privileges.ts";
import { Tap } from "./tap.ts";

const ROOT = 0;
const BUFFERS = 16;
const RESERVED = 4; // of them, for what is no frame

const IDLE_MS = 250; // longest wait
const SHIP_MS = 20; // longest that a record waits while there is a lull
const LISTEN_MS = 10; // longest that a message waits while there is none

const DEFECTS_TOLD = 16;

class PacketWorker {
  readonly #clockOffset: number;
  readonly #ring: FrameRing;
  readonly #sender: FrameSender;
  readonly #wakeup: Wakeup;
  readonly #outbox: Outbox;
  readonly #recorder: Recorder;
  readonly #tap: Tap | undefined;
  readonly #stack: Stack;
  readonly #inbox: ToWorker[] = [];
  readonly #defects = new Set<string>();
  #onMessage: () => void = () => {};
  #ringDrops = 0;
  #shippedAt = 0;

  constructor(job: Job) {
    const { lease, mac, mtu, wakeFd } = job;
    giveWay(0); // unlike the thread that made this one; see control.ts
    if (!job.changesUser || effectiveUser() !== ROOT) giveUpAll();
    this.#clockOffset = job.clockOffset;
    this.#ring = new FrameRing(lease, wakeFd);
    this.#wakeup = new Wakeup(wakeFd);

    const arena = new Arena(this.#ring.memory, RING_LEN);
    this.#outbox = new Outbox(arena, SLOTS, slotLenOf(mtu), (outbox) => {
      this.#tap?.sent(outbox);
      this.#sender.send(outbox);
    });
    this.#sender = new FrameSender(lease.sendFd, this.#outbox, lease.address);
    this.#recorder = new Recorder(arena.bytes, job.listen, (buffer, length) => {
      tell({ kind: "records", buffer, length }, [buffer]);
    }, RESERVED);
    for (let i = 0; i < BUFFERS; i++) {
      this.#recorder.give(new ArrayBuffer(BUFFER_LEN));
    }
    this.#tap = this.#openTap(arena, job.capture);
    this.#stack = new Stack(arena, this.#outbox, this.#recorder, {
      mac,
      mtu,
      policy: job.policy,
      ...job.behaviour,
      protocols: speakOnly(job.behaviour.protocols),
      key: job.key,
      startedAt: job.startedAt,
      stacks: job.workers,
    });
  }

  #openTap(arena: Arena, iface: number | undefined): Tap | undefined {
    if (iface === undefined) return undefined;
    const countDrops = (): number => this.#ringDrops += this.#ring.takeDrops();
    return new Tap(this.#ring, arena, iface, countDrops, (
      buffer,
      length,
      counts,
    ) => {
      tell({ kind: "captured", buffer, length, counts }, [buffer]);
    });
  }

  /** Takes a message of the control thread. */
  receive(message: ToWorker): void {
    this.#inbox.push(message);
    this.#onMessage();
  }

  /** Answers frames until the control thread says stop. */
  async run(): Promise<Report> {
    let listenedAt = 0;
    let isRunning = true;
    while (isRunning) {
      const now = monotonicNow() + this.#clockOffset;
      this.#stack.tick(now, Date.now());
      const hasFrames = this.#answerAll();
      this.#outbox.flush();
      if (this.#hasNews && now - this.#shippedAt >= SHIP_MS) {
        this.#recorder.flush();
        this.#tap?.flush();
        this.#shippedAt = now;
      }
      if (hasFrames && now - listenedAt < LISTEN_MS) continue;
      listenedAt = now;
      isRunning = await this.#wait(hasFrames, now);
    }
    this.#stack.end();
    this.#tap?.flush();
    return this.#report();
  }

  /** Answers the frames of a block; false if there was none. */
  #answerAll(): boolean {
    const ring = this.#ring;
    const block = ring.take();
    if (block < 0) return false;
    let frame = ring.firstOf(block);
    let left = ring.countOf(block);
    while (left > 0) {
      try { // around the loop, where it costs nothing
        for (; left > 0; left--) {
          const next = ring.next(frame);
          const at = frame;
          frame = next;
          this.#answer(at);
        }
      } catch (error) {
        left--;
        this.#admit(error as Error);
      }
    }
    ring.release(block);
    return true;
  }

  #answer(frame: number): void {
    const ring = this.#ring;
    this.#tap?.received(frame);
    if (ring.isCut(frame)) {
      this.#stack.refuse(VERDICT.frame_cut);
      return;
    }
    this.#stack.receive(
      ring.atOf(frame),
      ring.endOf(frame),
      ring.tagOf(frame),
      ring.isUnsummed(frame),
    );
  }

  /**
   * Admits a defect of ours. The stack does not throw; should it, one frame is
   * lost and not the sensor.
   */
  #admit({ message, stack = message }: Error): void {
    this.#stack.refuse(VERDICT.internal_error);
    if (this.#defects.size === DEFECTS_TOLD || this.#defects.has(stack)) return;
    this.#defects.add(stack);
    const where = stack.split("\n")[1]?.trim() ?? "";
    tell({
      kind: "trouble",
      reason: `a frame was dropped by a defect, please report it: ` +
        `${message} ${where}`,
    });
  }

  /** Whether there is something to ship. */
  get #hasNews(): boolean {
    return this.#recorder.hasRecords || this.#tap?.hasPackets === true;
  }

  /** Waits for frames or messages; false if one of them says stop. */
  async #wait(hasFrames: boolean, now: number): Promise<boolean> {
    const idle = Math.min(Math.ceil(this.#stack.dueIn(now)), IDLE_MS);
    const lull = this.#hasNews ? Math.min(idle, SHIP_MS) : idle;
    const woken = this.#ring.wait(hasFrames ? 0 : lull);
    if (woken & WOKEN.error && this.#ring.takeError()) tell({ kind: "link" });
    if (!(woken & WOKEN.signal)) return true;
    let isRunning = true;
    for (let left = this.#wakeup.take(); left > 0; left--) {
      if (!this.#obey(await this.#nextMessage())) isRunning = false;
    }
    return isRunning;
  }

  /** The oldest message; it is on its way, for the signal comes after it. */
  async #nextMessage(): Promise<ToWorker> {
    while (this.#inbox.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onMessage = resolve;
      });
    }
    return this.#inbox.shift()!;
  }

  /** Does what a message asks for; false if it is to stop. */
  #obey(message: ToWorker): boolean {
    if (message.kind === "buffer") this.#recorder.give(message.buffer);
    if (message.kind === "policy") this.#stack.setPolicy(message.policy);
    if (message.kind === "captureBuffer") this.#tap?.give(message.buffer);
    if (message.kind === "report") {
      tell({ kind: "report", report: this.#report() });
    }
    return message.kind !== "stop";
  }

  #report(): Report {
    this.#ringDrops += this.#ring.takeDrops();
    return {
      verdicts: this.#stack.counts.slice(),
      answers: this.#stack.answers.slice(),
      ringDrops: this.#ringDrops,
      sendRefusals: this.#sender.refused,
      recordsDropped: this.#recorder.dropped,
      greetings: this.#stack.greetings,
      greetingsHastened: this.#stack.greetingsHastened,
      captureDropped: this.#tap?.dropped ?? 0,
      heapUsed: Deno.memoryUsage().heapUsed,
      flows: this.#stack.flowCount,
      flowsEvicted: this.#stack.flowsEvicted,
      flowsReclaimed: this.#stack.flowsReclaimed,
      workerDeaths: 0,
    };
  }
}

function tell(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

/** Ends because of a defect, which the control thread makes the best of. */
function die({ message }: Error): void {
  tell({ kind: "died", reason: message });
  self.close();
}

self.addEventListener("error", (event) => {
  event.preventDefault(); // or the runtime would print it, too
  die(event.error);
});

self.onmessage = async ({ data }: MessageEvent<Job>): Promise<void> => {
  try {
    const worker = new PacketWorker(data);
    self.onmessage = ({ data }: MessageEvent<ToWorker>): void =>
      worker.receive(data);
    tell({ kind: "ready" });
    tell({ kind: "stopped", report: await worker.run() });
  } catch (error) {
    die(error as Error);
  }
};
