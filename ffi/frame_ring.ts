/**
 * Receives frames through a ring that the kernel fills: PACKET_RX_RING with
 * TPACKET_V3, Documentation/networking/packet_mmap.rst of Linux.
 *
 * ```text
 *  ring:   | block 0 | block 1 | …            64 KiB each
 *  block:  | block descriptor | frame | frame | …
 *  frame:  | tpacket3_hdr, sockaddr_ll | Ethernet header … |
 * ```
 *
 * The kernel closes a block when it is full, or a millisecond after its first
 * frame; then the whole block is ours until its status word is set back.
 *
 * @module
 */

import { SystemError } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import {
  bindPacketSocket,
  ETH_P_ALL,
  openPacketSocket,
  setOption,
  SOL_PACKET,
} from "./packet_socket.ts";

const BLOCK_LEN = 65_536;
const BLOCKS = 128;
const FRAME_LEN = 2048; // only the kernel's arithmetic needs it
const RETIRE_MS = 1;

/** Length of the ring, in octets: it takes the start of its memory. */
export const RING_LEN: number = BLOCK_LEN * BLOCKS;

// Options of packet sockets, include/uapi/linux/if_packet.h.
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V3 = 2;
const PACKET_MR_ALLMULTI = 2;
const PACKET_MR_UNICAST = 3;

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const FILTER_INSTRUCTION_LEN = 8; // struct sock_filter

const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const MAP_FAILED = 0xffffffffffffffffn;

// struct tpacket_block_desc, in 32-bit words.
const BLOCK_STATUS = 2;
const BLOCK_FRAMES = 3;
const BLOCK_FIRST_FRAME = 4;
// struct tpacket3_hdr, in 32-bit words.
const NEXT_FRAME = 0;
const SNAP_LEN = 3;
const LEN = 4;
const STATUS = 5;
const MAC = 6; // low 16 bits
const VLAN_TCI = 8;
const VLAN_TPID = 9; // low 16 bits

const STATUS_KERNEL = 0;
const STATUS_USER = 1;
const CHECKSUM_NOT_READY = 1 << 3;
const VLAN_VALID = 1 << 4;
const VLAN_TPID_VALID = 1 << 6;
const ETHERTYPE_VLAN = 0x8100;

const POLLIN = 1;
const POLLERR = 8;

/** What woke {@linkcode FrameRing.wait}. */
export const WOKEN = { nothing: 0, frames: 1, signal: 2, error: 4 } as const;

/** How a ring is opened. */
export interface RingOptions {
  /** Number of the interface. */
  readonly index: number;
  /** Octets of memory wanted, ring included. */
  readonly memoryLen: number;
  /** Classic BPF program that says which frames are wanted. */
  readonly filter: Uint8Array<ArrayBuffer>;
  /** Hardware address to listen to besides the interface's own. */
  readonly mac: Uint8Array | undefined;
  /** Whether to listen to all multicast groups. */
  readonly multicast: boolean;
  /** Descriptor that wakes {@linkcode FrameRing.wait}. */
  readonly wakeFd: number;
}

/**
 * A ring of received frames and the memory it is in. Owns a descriptor and a
 * mapping: declare it with `using`.
 */
export class FrameRing implements Disposable {
  readonly #fd: number;
  readonly #pointer: Deno.PointerObject;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #pollFds: Uint8Array<ArrayBuffer>;
  readonly #pollEvents: DataView;
  #block = 0;
  #isOpen = true;

  /** All memory; the ring is its first {@linkcode RING_LEN} octets. */
  readonly memory: ArrayBuffer;
  /** Where the memory is, for the kernel to read frames from. */
  readonly address: bigint;

  private constructor(fd: number, memoryLen: number, wakeFd: number) {
    const pointer = map(null, memoryLen, MAP_PRIVATE, -1);
    map(pointer, RING_LEN, MAP_SHARED | MAP_FIXED, fd);
    this.#fd = fd;
    this.#pointer = pointer;
    this.memory = Deno.UnsafePointerView.getArrayBuffer(pointer, memoryLen);
    this.address = BigInt(Deno.UnsafePointer.value(pointer));
    this.#words = new Int32Array(this.memory, 0, RING_LEN >> 2);
    // struct pollfd { int fd; short events; short revents; }, two of them
    this.#pollFds = new Uint8Array(16);
    this.#pollEvents = new DataView(this.#pollFds.buffer);
    this.#pollEvents.setInt32(0, fd, true);
    this.#pollEvents.setInt16(4, POLLIN, true);
    this.#pollEvents.setInt32(8, wakeFd, true);
    this.#pollEvents.setInt16(12, POLLIN, true);
  }

  /**
   * Opens a ring on an interface and starts receiving.
   *
   * @param options Which interface, and what is wanted of it.
   * @returns The ring. The caller owns it.
   * @throws {SystemError} Without `CAP_NET_RAW`, or if the kernel refuses.
   */
  static open(options: RingOptions): FrameRing {
    using cleanup = new DisposableStack();
    const fd = openPacketSocket();
    cleanup.defer(() => libc.close(fd));
    const set = (option: number, value: ArrayBuffer, action: string): void =>
      setOption(fd, SOL_PACKET, option, value, action);

    set(PACKET_VERSION, ints(TPACKET_V3), "use TPACKET_V3");
    set(PACKET_IGNORE_OUTGOING, ints(1), "leave out our own frames");
    // struct tpacket_req3
    const frames = RING_LEN / FRAME_LEN;
    set(
      PACKET_RX_RING,
      ints(BLOCK_LEN, BLOCKS, FRAME_LEN, frames, RETIRE_MS, 0, 0),
      "make the receive ring",
    );
    attachFilter(fd, options.filter);
    const { index, mac, multicast } = options;
    if (multicast) {
      const request = membership(index, PACKET_MR_ALLMULTI, undefined);
      set(PACKET_ADD_MEMBERSHIP, request, "listen to multicast");
    }
    if (mac !== undefined) {
      const request = membership(index, PACKET_MR_UNICAST, mac);
      set(PACKET_ADD_MEMBERSHIP, request, "listen to another MAC address");
    }
    const ring = new FrameRing(fd, options.memoryLen, options.wakeFd);
    cleanup.defer(() => ring.#unmap());
    bindPacketSocket(fd, index, ETH_P_ALL);

    cleanup.move(); // from here on the ring owns descriptor and mapping
    return ring;
  }

  /**
   * Takes the next block of frames, if the kernel has one for us.
   *
   * @returns Its offset in 32-bit words, or −1. To be given back to
   * {@linkcode FrameRing.release}.
   */
  take(): number {
    const block = this.#block * (BLOCK_LEN >> 2);
    const status = Atomics.load(this.#words, block + BLOCK_STATUS);
    return status & STATUS_USER ? block : -1;
  }

  /** Gives a block back to the kernel, with all frames in it. */
  release(block: number): void {
    Atomics.store(this.#words, block + BLOCK_STATUS, STATUS_KERNEL);
    this.#block = (this.#block + 1) % BLOCKS;
  }

  /** Number of frames in a block. */
  countOf(block: number): number {
    return this.#words[block + BLOCK_FRAMES]!;
  }

  /** First frame of a block: its header's offset in 32-bit words. */
  firstOf(block: number): number {
    return block + (this.#words[block + BLOCK_FIRST_FRAME]! >> 2);
  }

  /** The frame after a frame of the same block. */
  next(frame: number): number {
    return frame + (this.#words[frame + NEXT_FRAME]! >> 2);
  }

  /** Offset of a frame's first octet in {@linkcode FrameRing.memory}. */
  atOf(frame: number): number {
    return (frame << 2) + (this.#words[frame + MAC]! & 0xffff);
  }

  /** Offset one past a frame's last octet that is there. */
  endOf(frame: number): number {
    return this.atOf(frame) + this.#words[frame + SNAP_LEN]!;
  }

  /** Whether a frame was too long for a block and was cut. */
  isCut(frame: number): boolean {
    return this.#words[frame + SNAP_LEN]! < this.#words[frame + LEN]!;
  }

  /** Whether a frame's checksums are not yet filled in. */
  isUnsummed(frame: number): boolean {
    return (this.#words[frame + STATUS]! & CHECKSUM_NOT_READY) !== 0;
  }

  /** VLAN tag that the kernel took off: TPID << 16 | TCI; 0: none. */
  tagOf(frame: number): number {
    const status = this.#words[frame + STATUS]!;
    if ((status & VLAN_VALID) === 0) return 0;
    const tpid = status & VLAN_TPID_VALID
      ? this.#words[frame + VLAN_TPID]! & 0xffff
      : ETHERTYPE_VLAN;
    return tpid << 16 | this.#words[frame + VLAN_TCI]! & 0xffff;
  }

  /**
   * Waits for frames or a signal.
   *
   * @param timeout Longest wait, in milliseconds; 0 only looks.
   * @returns Bit set of {@linkcode WOKEN}.
   */
  wait(timeout: number): number {
    if (libc.poll(this.#pollFds, 2, timeout) <= 0) return WOKEN.nothing;
    const events = this.#pollEvents.getInt16(6, true);
    const signals = this.#pollEvents.getInt16(14, true);
    return (events & POLLIN ? WOKEN.frames : 0) |
      (events & POLLERR ? WOKEN.error : 0) |
      (signals & POLLIN ? WOKEN.signal : 0);
  }

  /**
   * Reads and clears the error that woke {@linkcode FrameRing.wait}.
   *
   * @returns What happened to the interface, or `undefined` if nothing did.
   */
  takeError(): SystemError | undefined {
    const number = this.#get(SOL_SOCKET, SO_ERROR, 1)[0]!;
    return number === 0 ? undefined : new SystemError("receive", number);
  }

  /**
   * Reads and clears the kernel's counters.
   *
   * @returns Frames that found the ring full since the last call.
   */
  takeDrops(): number {
    return this.#get(SOL_PACKET, PACKET_STATISTICS, 3)[1]!;
  }

  #get(level: number, option: number, words: number): Uint32Array {
    const value = new Uint32Array(words);
    const length = new Uint8Array(ints(4 * words));
    const octets = new Uint8Array(value.buffer);
    libc.getsockopt(this.#fd, level, option, octets, length);
    return value;
  }

  #unmap(): void {
    libc.munmap(this.#pointer, BigInt(this.memory.byteLength));
  }

  /** Closes descriptor and mapping. Harmless the second time. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    libc.close(this.#fd);
    this.#unmap();
  }
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

/** 32-bit integers in host order. */
function ints(...values: number[]): ArrayBuffer {
  return Int32Array.from(values).buffer;
}
