/**
 * What the process and its threads may do: credentials(7), capabilities(7),
 * PR_SET_NO_NEW_PRIVS in prctl(2).
 *
 * Users and groups are the process's: the C library changes them in all threads
 * at once. Capabilities are a thread's: whoever changes user loses them, but in
 * the one thread that asks to keep them. A new thread has those of the thread
 * that made it.
 *
 * @module
 */

import { check } from "./errno.ts";
import { libc } from "./libc.ts";

const PR_SET_KEEPCAPS = 8;
const PR_SET_NO_NEW_PRIVS = 38;

const CAPABILITY_VERSION_3 = 0x20080522;
/** Use packet sockets. */
export const CAP_NET_RAW = 13;

const NOBODY_AT_ALL = 0xffffffff; // (uid_t) −1

// struct passwd { char *pw_name, *pw_passwd; uid_t pw_uid; gid_t pw_gid; … }
const PW_UID = 16;
const PW_GID = 20;

/** A user of the system. */
export interface User {
  /** Number of the user. */
  readonly uid: number;
  /** Number of the user's group. */
  readonly gid: number;
}

/** Number of the user that the process acts as. */
export function effectiveUser(): number {
  return libc.geteuid();
}

/**
 * Finds a user.
 *
 * @param name The user's name.
 * @returns The user, or `undefined` if there is none of that name.
 */
export function findUser(name: string): User | undefined {
  const entry = libc.getpwnam(new TextEncoder().encode(`${name}\0`));
  if (entry === null) return undefined;
  const view = new Deno.UnsafePointerView(entry);
  return { uid: view.getUint32(PW_UID), gid: view.getUint32(PW_GID) };
}

/**
 * Does something with another user's rights to files. Only this thread has
 * them, so it must be done synchronously.
 *
 * @param user The user.
 * @param act What to do.
 * @returns What that returns.
 */
export function actAs<T>({ gid, uid }: User, act: () => T): T {
  const oldGid = libc.setfsgid(gid);
  const oldUid = libc.setfsuid(uid);
  try {
    return act();
  } finally {
    libc.setfsuid(oldUid);
    libc.setfsgid(oldGid);
  }
}

/**
 * Tells whether {@linkcode actAs} and {@linkcode becomeUser} are allowed: not
 * without the capabilities, nor in a user namespace without that user.
 *
 * @param user The user.
 */
export function canActAs(user: User): boolean {
  return actAs(user, () =>
    // To set what cannot be set changes nothing, and tells what there is.
    libc.setfsuid(NOBODY_AT_ALL) === user.uid &&
    libc.setfsgid(NOBODY_AT_ALL) === user.gid);
}

/**
 * Becomes another user, for good, in all threads. This one keeps capabilities.
 *
 * @param user The user.
 * @throws {SystemError} If that is not allowed.
 */
export function becomeUser({ gid, uid }: User): void {
  const action = "become another user";
  check(libc.prctl(PR_SET_KEEPCAPS, 1n, 0n, 0n, 0n), action);
  check(libc.setgroups(0n, new Uint8Array(0)), action);
  check(libc.setresgid(gid, gid, gid), action);
  check(libc.setresuid(uid, uid, uid), action);
}

/**
 * Tells whether this thread has a capability, or may take it up.
 *
 * @param capability Number of the capability, in `[0, 31]`.
 */
export function hasCapability(capability: number): boolean {
  // struct { __u32 effective, permitted, inheritable; } data[2];
  const data = new Uint32Array(6);
  libc.capget(capabilityHeader(), new Uint8Array(data.buffer));
  return (data[1]! & 1 << capability) !== 0;
}

/**
 * Gives up all capabilities of this thread but some, for good.
 *
 * @param kept Numbers of those that it has and keeps, in `[0, 31]`.
 * @throws {SystemError} If it does not have them.
 */
export function keepCapabilities(...kept: number[]): void {
  const mask = kept.reduce((mask, capability) => mask | 1 << capability, 0);
  const data = Uint32Array.of(mask, mask, 0, 0, 0, 0);
  check(
    libc.capset(capabilityHeader(), new Uint8Array(data.buffer)),
    "give up capabilities",
  );
}

/** Sees to it that no program which this thread runs has more rights than it. */
export function forbidNewPrivileges(): void {
  check(
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n),
    "forbid new privileges",
  );
}

/** `struct __user_cap_header_struct { __u32 version; int pid; }`, this thread. */
function capabilityHeader(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint32Array.of(CAPABILITY_VERSION_3, 0).buffer);
}
