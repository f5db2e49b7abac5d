/**
 * Finds out whether somebody else has one of our addresses, before we answer
 * for them.
 *
 * Each address is asked for three times, a second apart or more, as RFC 5227
 * §2.1.1 has it; 4096 addresses a second, and no more than 65,536 in all. So a
 * short list takes three seconds, and the longest less than a minute.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { FrameRing } from "../../ffi/frame_ring.ts";
import { FrameSender } from "../../ffi/frame_sender.ts";
import type { Interface } from "../../ffi/interface.ts";
import { PacketPort, RING_LEN } from "../../ffi/packet_port.ts";
import { Wakeup } from "../../ffi/wakeup.ts";
import type { AddressRange, AddressSet } from "../address/set.ts";
import { Arena } from "../arena.ts";
import { OperatorError } from "../operator_error.ts";
import { Outbox } from "../outbox.ts";
import { macText } from "../address/text.ts";
import { type Claim, PROBE_LEN, Prober } from "../stack/probe.ts";
import { compileFilter } from "./filter.ts";
import { hostAddresses } from "./host.ts";

const ROUNDS = 3;
const ROUND_MS = 1000; // from the last frame of a round to the next
const ADDRESSES_MAX = 65_536;
const BATCH = 64;
const BATCH_MS = 16;
const SLOT_LEN = Math.ceil(PROBE_LEN / 8) * 8;
const TOLD = 5; // addresses that are named

/** What is asked, and as whom. */
export interface ProbeOptions {
  /** Addresses that are to be ours. */
  readonly own: AddressSet;
  /** Hardware address that is to be ours; absent: the interface's own. */
  readonly mac: Uint8Array | undefined;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Tells the operator something. */
  say(text: string): void;
}

/**
 * Refuses addresses that somebody else has.
 *
 * @param link Interface to ask on.
 * @param options What is asked.
 * @throws {OperatorError} If somebody has one of them.
 * @throws {SystemError} Without `CAP_NET_RAW`, or if the kernel refuses.
 */
export async function refuseTaken(
  link: Interface,
  { mac, own, say, signal }: ProbeOptions,
): Promise<void> {
  refuse(
    hostAddresses().filter(({ address }) => own.has(address)),
    (interfaceName) => `the host's, on ${interfaceName}`,
  );
  const addresses = [...some(own.ranges, ADDRESSES_MAX)];
  const more = own.size - BigInt(addresses.length);
  say(
    `asking on ${link.name} whether anybody has ${addresses.length} ` +
      `addresses` + (more > 0n ? `; ${more} more are not asked for` : ""),
  );
  using asker = new Asker(link, mac);
  for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
    for (let i = 0; i < addresses.length && !signal.aborted; i += BATCH) {
      asker.ask(addresses.slice(i, i + BATCH));
      await pause(BATCH_MS);
      asker.listen(own);
    }
    await pause(ROUND_MS);
    asker.listen(own);
    refuse(
      [...asker.claims.values()].map(({ address, mac }) => ({
        address,
        owner: macText(mac),
      })),
      (owner) => `taken by ${owner}`,
    );
  }
}

/** Sends probes and gathers claims. */
class Asker implements Disposable {
  readonly #owned = new DisposableStack();
  readonly #ring: FrameRing;
  readonly #outbox: Outbox;
  readonly #prober: Prober;

  /** Claims to addresses of ours, by the address. */
  readonly claims: Map<string, Claim> = new Map();

  constructor(link: Interface, mac: Uint8Array | undefined) {
    using cleanup = new DisposableStack();
    const { index } = link;
    const memoryLen = RING_LEN + BATCH * SLOT_LEN;
    const [port] = PacketPort.open(1, { index, mac, memoryLen });
    const { lease } = cleanup.use(port!);
    const wakeup = cleanup.use(new Wakeup());
    const ourMac = mac ?? link.mac;
    port!.filter(compileFilter(ourMac, undefined), true);
    this.#ring = new FrameRing(lease, wakeup.fd);
    const arena = new Arena(this.#ring.memory, RING_LEN);
    this.#outbox = new Outbox(arena, BATCH, SLOT_LEN, (outbox) => {
      sender.send(outbox);
    });
    const sender = new FrameSender(lease.sendFd, this.#outbox, lease.address);
    this.#prober = new Prober(arena, ourMac);
    this.#owned = cleanup.move();
  }

  /** Asks for some addresses. */
  ask(addresses: readonly Uint8Array[]): void {
    for (const address of addresses) {
      this.#outbox.push(this.#prober.write(this.#outbox.freeAt, address));
    }
    this.#outbox.flush();
  }

  /** Gathers what has come since the last time. */
  listen(own: AddressSet): void {
    const ring = this.#ring;
    for (let block = ring.take(); block >= 0; block = ring.take()) {
      let frame = ring.firstOf(block);
      for (let left = ring.countOf(block); left > 0; left--) {
        const claim = this.#prober.read(ring.atOf(frame), ring.endOf(frame));
        if (claim !== undefined && own.has(claim.address)) this.#add(claim);
        frame = ring.next(frame);
      }
      ring.release(block);
    }
  }

  #add(claim: Claim): void {
    if (this.claims.size === ADDRESSES_MAX) return; // somebody is lying
    this.claims.set(claim.address.toHex(), claim);
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/** Throws if there is an address that somebody has. */
function refuse(
  taken: readonly { readonly address: Uint8Array; readonly owner: string }[],
  whose: (owner: string) => string,
): void {
  if (taken.length === 0) return;
  const named = taken.slice(0, TOLD).map(({ address, owner }) =>
    `${ipaddr.fromByteArray([...address])} is ${whose(owner)}`
  );
  const more = taken.length - named.length;
  throw new OperatorError(
    `Cannot take addresses that are in use: ${named.join(", ")}` +
      `${more > 0 ? ` and ${more} more` : ""}. ` +
      `Leave them out of the list, or start without --probe`,
  );
}

/** The first addresses of some ranges. */
function* some(
  ranges: readonly AddressRange[],
  max: number,
): Generator<Uint8Array> {
  for (const { first, last } of ranges) {
    const address = first.slice();
    for (const end = last.toHex(); max > 0; max--) {
      yield address.slice();
      if (address.toHex() === end) {
        max--;
        break;
      }
      let i = address.length - 1;
      while (++address[i]! === 256) i--; // carries
    }
  }
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
