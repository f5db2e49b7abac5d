/**
 * Both sockets of a packet worker and the memory that it works in: a ring that
 * the kernel fills with received frames (PACKET_RX_RING, TPACKET_V3,
 * Documentation/networking/packet_mmap.rst of Linux), and a socket to send on.
 *
 * ```text
 *  memory: | block 0 | block 1 | … | position | the worker's own … |
 *           64 KiB each, the ring             ^ RING_LEN
 * ```
 *
 * The thread that opens a port owns it and lends it to a worker, which needs no
 * privilege then. When the worker dies, frames go on gathering in the ring, and
 * the next one takes the port over where it was left.
 *
 * @module
 */

import { SystemError } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import {
  bindPacketSocket,
  ETH_P_ALL,
  getOption,
  ints,
  NO_PROTOCOL,
  openPacketSocket,
  setOption,
  SOL_PACKET,
  SOL_SOCKET,
} from "./packet_socket.ts";

/** Length of a block of the ring, in octets. */
export const BLOCK_LEN = 65_536;
/** Number of blocks. */
export const BLOCKS = 128;
/** Offset of the number of the block that is to be read next, in octets. */
export const POSITION_AT: number = BLOCK_LEN * BLOCKS;
/** Octets of memory that the ring takes, from the start. */
export const RING_LEN: number = POSITION_AT + 64;

const FRAME_LEN = 2048; // only the kernel's arithmetic needs it
const RETIRE_MS = 1;

// Options of packet sockets, include/uapi/linux/if_packet.h.
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_DROP_MEMBERSHIP = 2;
const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const PACKET_FANOUT = 18;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V3 = 2;
const PACKET_MR_ALLMULTI = 2;
const PACKET_MR_UNICAST = 3;
const PACKET_FANOUT_HASH = 0;
const PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;

const SO_SNDBUF = 7;
const SO_ATTACH_FILTER = 26;
const SO_SNDBUFFORCE = 32;
const SEND_BUFFER_LEN = 8_388_608; // a batch of 256 frames takes 590 KB of it
const FILTER_INSTRUCTION_LEN = 8; // struct sock_filter
const REJECT_ALL = new Uint8Array([0x06, 0, 0, 0, 0, 0, 0, 0]); // return 0

const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const MAP_FAILED = 0xffffffffffffffffn;

/** How a port is opened. */
export interface PortOptions {
  /** Number of the interface. */
  readonly index: number;
  /** Octets of memory wanted, ring included. */
  readonly memoryLen: number;
  /** Hardware address to listen to besides the interface's own. */
  readonly mac: Uint8Array | undefined;
}

/** What a worker is lent. Plain data, good for as long as the port is open. */
export interface PortLease {
  /** Descriptor of the socket that frames are received on. */
  readonly receiveFd: number;
  /** Descriptor of the socket that frames are sent on. */
  readonly sendFd: number;
  /** Where the memory is. */
  readonly address: bigint;
  /** Its length, in octets. */
  readonly memoryLen: number;
}

/**
 * Sockets and memory for one worker. Owns descriptors and a mapping: declare it
 * with `using`, and dispose it only when no worker reads the memory any more.
 */
export class PacketPort implements Disposable {
  readonly #owned: DisposableStack;
  readonly #index: number;
  #hearsMulticast = false;

  /** What to lend to the worker. */
  readonly lease: PortLease;

  private constructor(owned: DisposableStack, index: number, lease: PortLease) {
    this.#owned = owned;
    this.#index = index;
    this.lease = lease;
  }

  /**
   * Opens ports on an interface, between which the kernel divides the flows:
   * by a hash of addresses and ports, the same in both directions, so that a
   * flow stays with one port. No frame is received until there is a
   * {@linkcode PacketPort.filter}.
   *
   * @param count Number of ports, at least 1.
   * @param options Which interface, and what is wanted of it.
   * @returns The ports. The caller owns them.
   * @throws {SystemError} Without `CAP_NET_RAW`, or if the kernel refuses.
   */
  static open(count: number, options: PortOptions): PacketPort[] {
    using cleanup = new DisposableStack();
    let group: number | undefined;
    const ports: PacketPort[] = [];
    for (let i = 0; i < count; i++) {
      const port = cleanup.use(PacketPort.#open(options));
      ports.push(port);
      if (count > 1) group = port.#join(group);
    }
    cleanup.move(); // from here on the caller owns them
    return ports;
  }

  static #open({ index, mac, memoryLen }: PortOptions): PacketPort {
    using cleanup = new DisposableStack();
    const sendFd = openSender(index);
    cleanup.defer(() => libc.close(sendFd));
    const receiveFd = openPacketSocket();
    cleanup.defer(() => libc.close(receiveFd));
    openRing(receiveFd);
    attachFilter(receiveFd, REJECT_ALL);
    if (mac !== undefined) {
      const request = membership(index, PACKET_MR_UNICAST, mac);
      const action = "listen to another MAC address";
      setOption(receiveFd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, action);
    }
    const pointer = map(null, memoryLen, MAP_PRIVATE, -1);
    cleanup.defer(() => libc.munmap(pointer, BigInt(memoryLen)));
    map(pointer, POSITION_AT, MAP_SHARED | MAP_FIXED, receiveFd);
    bindPacketSocket(receiveFd, index, ETH_P_ALL);
    const address = BigInt(Deno.UnsafePointer.value(pointer));
    const lease = { receiveFd, sendFd, address, memoryLen };
    return new PacketPort(cleanup.move(), index, lease);
  }

  /**
   * Shares flows with other ports.
   *
   * @param group Number of their group; absent: the first one.
   * @returns Number of the group, which no other program has.
   */
  #join(group: number | undefined): number {
    const { receiveFd } = this.lease;
    // Group in the low 16 bits, type and flags in the high ones.
    const flags = group === undefined ? PACKET_FANOUT_FLAG_UNIQUEID : 0;
    const value = ints((group ?? 0) | (PACKET_FANOUT_HASH | flags) << 16);
    const action = "share the interface between workers";
    setOption(receiveFd, SOL_PACKET, PACKET_FANOUT, value, action);
    return group ??
      getOption(receiveFd, SOL_PACKET, PACKET_FANOUT, 1)[0]! & 0xffff;
  }

  /**
   * Lets frames in; the ones that the filter before would have kept out or let
   * in are judged by this one from now on, and none is missed.
   *
   * @param program Classic BPF program that says which frames are wanted.
   * @param multicast Whether to listen to all multicast groups.
   * @throws {SystemError} If the kernel refuses.
   */
  filter(program: Uint8Array<ArrayBuffer>, multicast: boolean): void {
    const { receiveFd } = this.lease;
    if (multicast !== this.#hearsMulticast) {
      const option = multicast ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP;
      const request = membership(this.#index, PACKET_MR_ALLMULTI, undefined);
      setOption(receiveFd, SOL_PACKET, option, request, "listen to multicast");
      this.#hearsMulticast = multicast;
    }
    attachFilter(receiveFd, program);
  }

  /** Closes descriptors and mapping. Harmless the second time. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/** Opens a socket that sends past the queueing discipline. */
function openSender(index: number): number {
  using cleanup = new DisposableStack();
  const fd = openPacketSocket();
  cleanup.defer(() => libc.close(fd));
  const yes = ints(1);
  const action = "send past the queue";
  setOption(fd, SOL_PACKET, PACKET_QDISC_BYPASS, yes, action);
  // The first needs CAP_NET_ADMIN, the second is cut to net.core.wmem_max; and
  // without either the kernel's own choice has to do.
  const length = new Uint8Array(ints(SEND_BUFFER_LEN));
  if (libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, length, 4) < 0) {
    libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, length, 4);
  }
  bindPacketSocket(fd, index, NO_PROTOCOL);
  cleanup.move(); // from here on the caller owns it
  return fd;
}

/** Turns a packet socket into one with a ring. */
function openRing(fd: number): void {
  const set = (option: number, value: ArrayBuffer, action: string): void =>
    setOption(fd, SOL_PACKET, option, value, action);
  set(PACKET_VERSION, ints(TPACKET_V3), "use TPACKET_V3");
  set(PACKET_IGNORE_OUTGOING, ints(1), "leave out our own frames");
  // struct tpacket_req3
  const frames = POSITION_AT / FRAME_LEN;
  set(
    PACKET_RX_RING,
    ints(BLOCK_LEN, BLOCKS, FRAME_LEN, frames, RETIRE_MS, 0, 0),
    "make the receive ring",
  );
}

/** Maps memory, `fd`'s or fresh, at a given place or anywhere. */
function map(
  at: Deno.PointerValue,
  length: number,
  flags: number,
  fd: number,
): Deno.PointerObject {
  const fresh = fd < 0 ? MAP_ANONYMOUS | MAP_NORESERVE : 0;
  const all = flags | fresh;
  const pointer = libc.mmap(at, BigInt(length), PROT_READ_WRITE, all, fd, 0n);
  // A failed map is −1, not null: to look at it would end the process.
  if (BigInt(Deno.UnsafePointer.value(pointer)) === MAP_FAILED) {
    throw new SystemError("map the receive ring", errno());
  }
  return pointer!;
}

/** Lets the kernel drop what the program does not want to see. */
function attachFilter(fd: number, filter: Uint8Array<ArrayBuffer>): void {
  // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
  const program = new DataView(new ArrayBuffer(16));
  program.setUint16(0, filter.length / FILTER_INSTRUCTION_LEN, true);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(filter));
  program.setBigUint64(8, BigInt(address), true);
  const action = "attach the frame filter";
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, program.buffer, action);
}

/** `struct packet_mreq` */
function membership(
  index: number,
  type: number,
  mac: Uint8Array | undefined,
): ArrayBuffer {
  const request = new DataView(new ArrayBuffer(16));
  request.setInt32(0, index, true);
  request.setUint16(4, type, true);
  if (mac !== undefined) {
    request.setUint16(6, mac.length, true);
    new Uint8Array(request.buffer).set(mac, 8);
  }
  return request.buffer;
}
