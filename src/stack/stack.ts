/**
 * The whole stack on one interface: from a frame in the arena to the frames
 * that answer it.
 *
 * ```text
 *   receive ─► Link ─┬─► Arp
 *                    ├─► Ipv4 ─┬─► Icmpv4
 *                    │         ├─► Tcp ─► Application ─► src/proto/…
 *                    └─► Ipv6 ─┼─► Udp
 *                              └─► Icmpv6
 * ```
 *
 * A reply is written payload first; then each layer puts its header in front,
 * on the way back to the link, which queues the frame.
 *
 * @module
 */

import { AddressPolicy, type PolicyTables } from "../address/policy.ts";
import type { Arena } from "../arena.ts";
import { CookieKeys, Keys, PURPOSE } from "../keys.ts";
import type { Outbox } from "../outbox.ts";
import type { Persona } from "../persona.ts";
import { EVERY_PORT, type OpenPorts } from "../ports.ts";
import type { Protocol } from "../protocol.ts";
import { DEPTH_OF } from "../record/layout.ts";
import type { Recorder } from "../record/recorder.ts";
import { VERDICT, VERDICTS } from "../verdict.ts";
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
} from "../wire/ethernet.ts";
import { Application, APPLICATION_MEMORY } from "./application.ts";
import { Arp } from "./arp.ts";
import { FactFinder } from "./fact_finder.ts";
import { Icmpv4 } from "./icmpv4.ts";
import { Icmpv6 } from "./icmpv6.ts";
import { Ipv4 } from "./ipv4.ts";
import { Ipv6 } from "./ipv6.ts";
import { FOR_US, Link } from "./link.ts";
import { LATE_MEMORY, LateFrames } from "./late_frames.ts";
import { PortUnreachable } from "./port_unreachable.ts";
import { Tcp } from "./tcp.ts";
import { TCP_MEMORY, TcpMemory } from "./tcp_memory.ts";
import { TcpReset } from "./tcp_reset.ts";
import { Udp } from "./udp.ts";
import { UdpLimits } from "./udp_limits.ts";

const IPPROTO_ICMP = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;

/** Octets of the arena that a stack takes, besides its outbox. */
export const STACK_MEMORY: number = APPLICATION_MEMORY + TCP_MEMORY +
  LATE_MEMORY +
  1024;

/** What a stack is made of. */
export interface StackOptions {
  /** Our hardware address, 6 octets. */
  readonly mac: Uint8Array;
  /** Largest IP packet of the link, in octets. */
  readonly mtu: number;
  /** Which addresses are ours, and whom we talk to. */
  readonly policy: PolicyTables;
  /** Who the program pretends to be. */
  readonly persona: Persona;
  /** How many times as long as a datagram its answer may be. */
  readonly amplificationLimit: number;
  /** What to answer, most specific first. */
  readonly protocols: readonly Protocol[];
  /** Ports that are open; every one if absent. */
  readonly ports?: OpenPorts;
  /** 128 random bits that everything unpredictable is derived from. */
  readonly key: Uint8Array;
  /**
   * When the key came into use, in milliseconds since 1970; with the first tick
   * if absent. Stacks that share it make the same cookies at any time.
   */
  readonly startedAt?: number;
  /** How many stacks there are, which share the sensor's budgets; 1 if absent. */
  readonly stacks?: number;
}

/** Answers frames. */
export class Stack {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #arp: Arp;
  readonly #ipv4: Ipv4;
  readonly #ipv6: Ipv6;
  readonly #icmpv4: Icmpv4;
  readonly #icmpv6: Icmpv6;
  readonly #tcp: Tcp;
  readonly #reset: TcpReset | undefined;
  readonly #udp: Udp;
  readonly #limits: UdpLimits;
  readonly #unreachable: PortUnreachable | undefined;
  readonly #cookieKeys: CookieKeys;
  readonly #memory: TcpMemory;
  readonly #lateFrames: LateFrames;
  readonly #recorder: Recorder;
  readonly #factFinder: FactFinder;
  readonly #policy: AddressPolicy;
  #depth: number = DEPTH_OF.link;
  #now = 0;

  /** Clients that were greeted because they did not speak first. */
  greetings = 0;
  /** Messages that each protocol answered, by its index. */
  readonly answers: Float64Array<ArrayBuffer>;
  /** How many frames came to each verdict. */
  readonly counts: Float64Array<ArrayBuffer> = new Float64Array(
    VERDICTS.length,
  );

  /**
   * Puts a stack together.
   *
   * @param arena Memory that frames are in; {@linkcode STACK_MEMORY} octets of
   * it are taken.
   * @param outbox Where answers go.
   * @param recorder Who is told about frames.
   * @param options What it is made of.
   */
  constructor(
    arena: Arena,
    outbox: Outbox,
    recorder: Recorder,
    options: StackOptions,
  ) {
    const { key, mac, mtu, persona, protocols, ports = EVERY_PORT } = options;
    const policy = new AddressPolicy(options.policy);
    this.#policy = policy;
    const keys = new Keys(key);
    const { secret } = keys;

    this.#arena = arena;
    this.#recorder = recorder;
    this.#link = new Link(arena, outbox, mac, policy);
    this.#arp = new Arp(arena, this.#link, policy);
    this.#ipv4 = new Ipv4(arena, this.#link, policy, persona.ip, secret);
    this.#ipv6 = new Ipv6(arena, this.#link, policy, persona.ip, secret);
    this.#icmpv4 = new Icmpv4(arena, this.#link, this.#ipv4);
    this.#icmpv6 = new Icmpv6(arena, this.#link, this.#ipv6, policy);
    this.#cookieKeys = new CookieKeys(keys, options.startedAt);
    this.#memory = new TcpMemory(arena, keys.derive(PURPOSE.flows), recorder);
    this.#lateFrames = new LateFrames(arena);
    const application = new Application(
      arena,
      protocols,
      persona,
      keys.derive(PURPOSE.protocols),
      policy.translations,
    );
    const { amplificationLimit, stacks = 1 } = options;
    const limitsKey = keys.derive(PURPOSE.limits);
    this.#limits = new UdpLimits(amplificationLimit, limitsKey, stacks);
    this.#unreachable = persona.refuses
      ? new PortUnreachable(arena, this.#limits, secret, stacks)
      : undefined;
    this.answers = application.answers;
    this.#udp = new Udp(
      arena,
      this.#link,
      application,
      recorder,
      this.#limits,
      ports.udp,
      this.#unreachable,
    );
    this.#tcp = new Tcp(
      arena,
      this.#link,
      application,
      persona.tcp,
      this.#cookieKeys.cookies,
      this.#memory,
      recorder,
      mtu,
      ports.tcp,
    );
    this.#reset = persona.refuses
      ? new TcpReset(arena, this.#tcp.header, this.#tcp.output)
      : undefined;
    this.#factFinder = new FactFinder({
      link: this.#link,
      arp: this.#arp,
      ipv4: this.#ipv4,
      ipv6: this.#ipv6,
      icmpv4: this.#icmpv4,
      icmpv6: this.#icmpv6,
      tcp: this.#tcp,
      udp: this.#udp,
    });
  }

  /** Number of TCP flows that are remembered. */
  get flowCount(): number {
    return this.#memory.flows.size;
  }
  /** Flows that were forgotten early to make room. */
  get flowsEvicted(): number {
    return this.#memory.flows.evicted;
  }
  /** Flows that were forgotten because others needed their buffers. */
  get flowsReclaimed(): number {
    return this.#memory.reclaimed;
  }

  /** Clients that were greeted at once because too many waited already. */
  get greetingsHastened(): number {
    return this.#lateFrames.refused;
  }

  /**
   * Tells how long nothing needs to be sent unless a frame comes.
   *
   * @param now Time, in milliseconds since 1970.
   * @returns Milliseconds until {@linkcode Stack.tick} has something to do, or
   * infinity.
   */
  dueIn(now: number): number {
    return this.#lateFrames.dueIn(now);
  }

  /**
   * Changes which addresses are ours, and whom we talk to.
   *
   * @param tables The policy from the next frame on.
   */
  setPolicy(tables: PolicyTables): void {
    this.#policy.replace(tables);
    this.#link.joinGroups();
  }

  /**
   * Lets time pass. To be called before a batch of frames, and now and then
   * when there are none.
   *
   * @param now Time, in milliseconds since 1970, that never goes back.
   * @param timeOfDay The same as people have it, who may set their clocks: for
   * records, and for what a protocol says of the time.
   */
  tick(now: number, timeOfDay: number = now): void {
    this.#now = now;
    this.#recorder.tick(timeOfDay);
    this.#cookieKeys.tick(now);
    this.#tcp.tick(now, timeOfDay);
    this.#limits.tick(now);
    this.#unreachable?.tick(now);
    while (this.#lateFrames.take(now)) this.#greet();
  }

  /**
   * Answers a frame, if it deserves an answer.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet.
   * @param tag VLAN tag that came beside the frame, or `NO_TAG`.
   * @param isUnsummed Whether the checksums inside are still to be filled in.
   * @returns The verdict. Never throws, whatever the frame holds.
   */
  receive(at: number, end: number, tag: number, isUnsummed: boolean): number {
    this.#depth = DEPTH_OF.link;
    this.#tcp.isProof = false;
    let verdict = this.#link.receive(at, end, tag, isUnsummed);
    if (verdict === FOR_US) verdict = this.#receivePacket(end);
    this.counts[verdict]!++;
    if (
      this.#recorder.wantsFrame(verdict, this.#tcp.isProof) &&
      verdict !== VERDICT.frame_short
    ) {
      this.#recorder.frame(verdict, this.#factFinder.find(this.#depth, end));
    }
    return verdict;
  }

  /** Ends all conversations, and tells of them. */
  end(): void {
    this.#recorder.end();
    this.#memory.flows.clear();
    this.#recorder.finish();
  }

  /**
   * Counts a frame that never got to the stack, because it was cut off.
   *
   * @param verdict What became of it.
   */
  refuse(verdict: number): void {
    this.counts[verdict]!++;
  }

  #receivePacket(end: number): number {
    const { payloadAt, type } = this.#link.header;
    if (type === ETHERTYPE_IPV4) return this.#receiveIpv4(payloadAt, end);
    if (type === ETHERTYPE_IPV6) return this.#receiveIpv6(payloadAt, end);
    if (type !== ETHERTYPE_ARP) return VERDICT.ethertype_unknown;
    const verdict = this.#arp.receive(payloadAt, end);
    if (verdict !== VERDICT.arp_malformed) this.#depth = DEPTH_OF.arp;
    return verdict;
  }

  #receiveIpv4(at: number, end: number): number {
    const ip = this.#ipv4;
    const verdict = ip.receive(at, end);
    if (verdict !== VERDICT.ip_malformed) this.#depth = DEPTH_OF.ip;
    if (verdict !== FOR_US) return verdict;
    const { protocol } = ip.header;
    if (protocol === IPPROTO_ICMP) return this.#seen(this.#icmpv4.receive());
    return this.#receiveTransport(ip, protocol);
  }

  #receiveIpv6(at: number, end: number): number {
    const ip = this.#ipv6;
    let verdict = ip.open(at, end);
    if (verdict !== VERDICT.ip_malformed) this.#depth = DEPTH_OF.ip;
    if (verdict !== FOR_US) return verdict;
    const { protocol } = ip.header;
    if (protocol === IPPROTO_ICMPV6) return this.#seen(this.#icmpv6.receive());
    verdict = ip.receive();
    if (verdict !== FOR_US) return verdict;
    return this.#receiveTransport(ip, protocol);
  }

  #receiveTransport(ip: Ipv4 | Ipv6, protocol: number): number {
    if (protocol === IPPROTO_TCP) return this.#seen(this.#receiveTcp(ip));
    if (protocol === IPPROTO_UDP) return this.#seen(this.#udp.receive(ip));
    return VERDICT.protocol_unknown;
  }

  #receiveTcp(ip: Ipv4 | Ipv6): number {
    const verdict = this.#tcp.receive(ip);
    if (this.#tcp.isProof) this.#limits.forgive(ip, this.#arena.view);
    if (this.#tcp.awaitsGreeting) {
      const { header, isUnsummed, tag } = this.#link;
      const end = ip.header.payloadEnd;
      const late = this.#lateFrames;
      if (!late.put(header.dstAt, end, tag, isUnsummed, this.#now)) {
        if (this.#tcp.greet(ip, 0)) this.greetings++;
      }
    }
    // RFC 1122 §4.2.3.10: whatever came to more than one station is ignored.
    return this.#reset?.isDue(verdict) && !this.#link.isGroup
      ? this.#reset.send(ip)
      : verdict;
  }

  /** Greets the peer whose handshake has waited long enough. */
  #greet(): void {
    const { at, end, isUnsummed, tag, turn } = this.#lateFrames;
    const link = this.#link;
    if (link.receive(at, end, tag, isUnsummed) !== FOR_US) return;
    const { payloadAt, type } = link.header;
    let isOurs: boolean;
    let ip: Ipv4 | Ipv6 = this.#ipv4;
    if (type === ETHERTYPE_IPV4) {
      isOurs = ip.receive(payloadAt, end) === FOR_US;
    } else {
      ip = this.#ipv6;
      isOurs = ip.open(payloadAt, end) === FOR_US && ip.receive() === FOR_US;
    }
    if (!isOurs || !this.#tcp.greet(ip, turn)) return;
    if (turn === 0) this.greetings++;
    this.#lateFrames.putBack(this.#now); // should the greeting be lost
  }

  /** Notes that there is a transport header, unless the verdict denies it. */
  #seen(verdict: number): number {
    if (verdict !== VERDICT.transport_malformed) {
      this.#depth = DEPTH_OF.transport;
    }
    return verdict;
  }
}
