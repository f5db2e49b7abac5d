/**
 * A TCP by itself, so that its bounds can be met and time passes as the test
 * says.
 *
 * @module
 */

import { loadAddressSet } from "../../src/address/list.ts";
import { AddressPolicy } from "../../src/address/policy.ts";
import { AddressSet } from "../../src/address/set.ts";
import { Arena } from "../../src/arena.ts";
import { Cookies } from "../../src/cookie.ts";
import { Outbox } from "../../src/outbox.ts";
import { linux } from "../../src/persona/linux.ts";
import { LISTEN } from "../../src/record/layout.ts";
import { Recorder } from "../../src/record/recorder.ts";
import { Application } from "../../src/stack/application.ts";
import { Ipv4 } from "../../src/stack/ipv4.ts";
import { Link, NO_TAG } from "../../src/stack/link.ts";
import { Tcp } from "../../src/stack/tcp.ts";
import { type TcpBounds, TcpMemory } from "../../src/stack/tcp_memory.ts";
import { SELF_IPS, SELF_MAC } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import type { FrameReceiver } from "../tcp_client.ts";

/** A TCP whose bounds are narrow enough to be met, on IPv4. */
export class TcpRig implements FrameReceiver {
  readonly #outbox: Outbox;
  readonly #link: Link;
  readonly #ip: Ipv4;
  readonly #tcp: Tcp;
  readonly #arena = new Arena(new ArrayBuffer(262_144), 2048);
  #sent: Uint8Array[] = [];
  #now: number;

  /** What it remembers by. */
  readonly memory: TcpMemory;

  /**
   * Makes a TCP.
   *
   * @param now Time, in milliseconds since 1970.
   * @param bounds How many flows and buffers it has, 16 if it does not say.
   */
  constructor(
    now: number,
    bounds: Partial<TcpBounds> = {},
  ) {
    const arena = this.#arena;
    const recorder = new Recorder(arena.bytes, LISTEN.nothing, () => {});
    const none = AddressSet.of([]).tables;
    const own = loadAddressSet("--self-ip", [], [SELF_IPS])!.tables;
    const policy = new AddressPolicy({
      own,
      reserved: none,
      broadcast: none,
      denied: none,
    });
    const mac = Uint8Array.fromHex(SELF_MAC.replaceAll(":", ""));
    const key = new Uint8Array(16).fill(7);
    this.#now = now;
    this.#outbox = new Outbox(arena, 8, 2048, (outbox) => {
      for (let i = 0; i < outbox.count; i++) {
        const at = outbox.slotAt(i);
        this.#sent.push(arena.bytes.slice(at, outbox.ends[i]));
      }
    });
    this.#link = new Link(arena, this.#outbox, mac, policy);
    this.#ip = new Ipv4(arena, this.#link, policy, linux.ip, 0);
    const { flows = 16, buffers = 16, ahead = 16 } = bounds;
    this.memory = new TcpMemory(arena, key, recorder, {
      flows,
      buffers,
      ahead,
      bufferLen: 64,
    });
    this.#tcp = new Tcp(
      arena,
      this.#link,
      new Application(arena, [lines], linux, key),
      linux.tcp,
      new Cookies(key),
      this.memory,
      recorder,
      1500,
    );
    this.#tcp.tick(now);
  }

  /** Lets time pass, in milliseconds. */
  pass(time: number): void {
    this.#now += time;
    this.#tcp.tick(this.#now);
  }

  /** Lets it receive a frame, and returns what it sent. */
  receive(frame: Uint8Array): Uint8Array[] {
    this.#arena.bytes.set(frame);
    this.#link.receive(0, frame.length, NO_TAG, false);
    this.#ip.receive(14, frame.length);
    this.#tcp.receive(this.#ip);
    this.#outbox.flush();
    return this.#sent.splice(0);
  }
}
