/**
 * Refuses system calls that the program never makes, in all threads, for good:
 * seccomp(2) with a classic BPF program.
 *
 * It is a list of what is refused, not of what is allowed: the runtime's own
 * needs change with its versions, and a sensor must not stop for one of them.
 * Whoever takes the process over can start no program, look into no other
 * process, and change neither kernel nor namespaces.
 *
 * @module
 */

import { SystemError } from "./errno.ts";
import { errno, libc } from "./libc.ts";

// Name and number, on x86-64 and on arm64, arch/x86/entry/syscalls/syscall_64.tbl
// and include/uapi/asm-generic/unistd.h.
const REFUSED: readonly [name: string, x64: number, arm64: number][] = [
  ["execve", 59, 221],
  ["execveat", 322, 281],
  ["ptrace", 101, 117],
  ["process_vm_readv", 310, 270],
  ["process_vm_writev", 311, 271],
  ["pidfd_getfd", 438, 438],
  ["mount", 165, 40],
  ["umount2", 166, 39],
  ["move_mount", 429, 429],
  ["open_tree", 428, 428],
  ["fsopen", 430, 430],
  ["pivot_root", 155, 41],
  ["chroot", 161, 51],
  ["unshare", 272, 97],
  ["setns", 308, 268],
  ["open_by_handle_at", 304, 265],
  ["init_module", 175, 105],
  ["finit_module", 313, 273],
  ["delete_module", 176, 106],
  ["kexec_load", 246, 104],
  ["kexec_file_load", 320, 294],
  ["reboot", 169, 142],
  ["bpf", 321, 280],
  ["perf_event_open", 298, 241],
  ["userfaultfd", 323, 282],
  ["io_uring_setup", 425, 425],
  ["add_key", 248, 217],
  ["request_key", 249, 218],
  ["keyctl", 250, 219],
];

/** Names of the system calls that {@linkcode refuseSystemCalls} refuses. */
export const REFUSED_CALLS: readonly string[] = REFUSED.map(([name]) => name);

const IS_X64 = Deno.build.arch === "x86_64";
const SECCOMP = IS_X64 ? 317n : 277n; // number of seccomp(2)
// AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64, include/uapi/linux/audit.h.
const AUDIT_ARCH = IS_X64 ? 0xc000003e : 0xc00000b7;
const X32_BIT = 0x40000000; // another numbering, of x86-64 only

const SECCOMP_SET_MODE_FILTER = 1n;
const SECCOMP_FILTER_FLAG_TSYNC = 1n;

// Instruction codes, include/uapi/linux/bpf_common.h.
const LOAD_32 = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const RETURN = 0x06;

// struct seccomp_data { int nr; __u32 arch; … }
const NR = 0;
const ARCH = 4;

const ALLOW = 0x7fff0000;
const REFUSE = 0x00050001; // fail with EPERM

/**
 * Refuses system calls from now on, in all threads. No thread gets new
 * privileges after that, either: `forbidNewPrivileges` must have been called.
 *
 * @throws {SystemError} If the kernel cannot.
 */
export function refuseSystemCalls(): void {
  const calls = REFUSED.map(([, x64, arm64]) => IS_X64 ? x64 : arm64);
  const program: (readonly number[])[] = [
    [LOAD_32, 0, 0, ARCH],
    [JUMP_EQUAL, 1, 0, AUDIT_ARCH],
    [RETURN, 0, 0, REFUSE],
    [LOAD_32, 0, 0, NR],
    [JUMP_GREATER_EQUAL, calls.length + 1, 0, X32_BIT],
    ...calls.map((call, i) => [JUMP_EQUAL, calls.length - i, 0, call]),
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, REFUSE],
  ];
  const octets = new DataView(new ArrayBuffer(8 * program.length));
  for (const [i, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    octets.setUint16(8 * i, code!, true);
    octets.setUint8(8 * i + 2, ifTrue!);
    octets.setUint8(8 * i + 3, ifFalse!);
    octets.setUint32(8 * i + 4, operand!, true);
  }
  const instructions = new Uint8Array(octets.buffer);
  // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
  const fprog = new DataView(new ArrayBuffer(16));
  fprog.setUint16(0, program.length, true);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(instructions));
  fprog.setBigUint64(8, BigInt(address), true);
  const result = libc.syscall(
    SECCOMP,
    SECCOMP_SET_MODE_FILTER,
    SECCOMP_FILTER_FLAG_TSYNC,
    new Uint8Array(fprog.buffer),
  );
  // A positive result is the thread that could not be made to follow.
  if (BigInt(result) !== 0n) {
    throw new SystemError("refuse system calls", errno());
  }
}
