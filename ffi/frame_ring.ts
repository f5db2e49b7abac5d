/**
 * Reads frames from the ring of a port that was lent.
 *
 * ```text
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
import { libc } from "./libc.ts";
import {
  BLOCK_LEN,
  BLOCKS,
  type PortLease,
  POSITION_AT,
  RING_LEN,
} from "./packet_port.ts";
import { getOption, SOL_PACKET, SOL_SOCKET } from "./packet_socket.ts";

const PACKET_STATISTICS = 6;
const SO_ERROR = 4;

// struct tpacket_block_desc, in 32-bit words.
const BLOCK_STATUS = 2;
const BLOCK_FRAMES = 3;
const BLOCK_FIRST_FRAME = 4;
// struct tpacket3_hdr, in 32-bit words.
const NEXT_FRAME = 0;
const SECONDS = 1;
const NANOSECONDS = 2;
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

/** A ring of received frames and the memory it is in. */
export class FrameRing {
  readonly #fd: number;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #pollFds: Uint8Array<ArrayBuffer>;
  readonly #pollEvents: DataView;

  /** All memory; the ring is its first {@linkcode RING_LEN} octets. */
  readonly memory: ArrayBuffer;

  /**
   * Takes a ring over, where whoever had it before left it.
   *
   * @param lease The port.
   * @param wakeFd Descriptor that wakes {@linkcode FrameRing.wait}.
   */
  constructor({ address, memoryLen, receiveFd }: PortLease, wakeFd: number) {
    const pointer = Deno.UnsafePointer.create(address)!;
    this.#fd = receiveFd;
    this.memory = Deno.UnsafePointerView.getArrayBuffer(pointer, memoryLen);
    this.#words = new Int32Array(this.memory, 0, RING_LEN >> 2);
    // struct pollfd { int fd; short events; short revents; }, two of them
    this.#pollFds = new Uint8Array(16);
    this.#pollEvents = new DataView(this.#pollFds.buffer);
    this.#pollEvents.setInt32(0, receiveFd, true);
    this.#pollEvents.setInt16(4, POLLIN, true);
    this.#pollEvents.setInt32(8, wakeFd, true);
    this.#pollEvents.setInt16(12, POLLIN, true);
  }

  /**
   * Takes the next block of frames, if the kernel has one for us.
   *
   * @returns Its offset in 32-bit words, or −1. To be given back to
   * {@linkcode FrameRing.release}.
   */
  take(): number {
    const block = this.#words[POSITION_AT >> 2]! * (BLOCK_LEN >> 2);
    const status = Atomics.load(this.#words, block + BLOCK_STATUS);
    return status & STATUS_USER ? block : -1;
  }

  /** Gives a block back to the kernel, with all frames in it. */
  release(block: number): void {
    Atomics.store(this.#words, block + BLOCK_STATUS, STATUS_KERNEL);
    const next = this.#words[POSITION_AT >> 2]! + 1;
    this.#words[POSITION_AT >> 2] = next === BLOCKS ? 0 : next;
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

  /** Length of a frame on the wire, in octets. */
  lengthOf(frame: number): number {
    return this.#words[frame + LEN]!;
  }

  /** When a frame came, in seconds since 1970, as an int32 bit pattern. */
  secondsOf(frame: number): number {
    return this.#words[frame + SECONDS]!;
  }

  /** The rest of that time, in nanoseconds. */
  nanosecondsOf(frame: number): number {
    return this.#words[frame + NANOSECONDS]!;
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
    const number = getOption(this.#fd, SOL_SOCKET, SO_ERROR, 1)[0]!;
    return number === 0 ? undefined : new SystemError("receive", number);
  }

  /**
   * Reads and clears the kernel's counters.
   *
   * @returns Frames that found the ring full since the last call.
   */
  takeDrops(): number {
    return getOption(this.#fd, SOL_PACKET, PACKET_STATISTICS, 3)[1]!;
  }
}
