/**
 * Gives up every privilege that is not needed any more, once the sockets are
 * open: the user, the capabilities, the permissions of the runtime.
 *
 * What stays is `CAP_NET_RAW`, and only on the control thread, which opens
 * sockets anew when an interface comes back. Packet workers, who read what
 * strangers send, have none.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import {
  actAs,
  becomeUser,
  canActAs,
  CAP_NET_RAW,
  effectiveUser,
  findUser,
  forbidNewPrivileges,
  hasCapability,
  keepCapabilities,
  type User,
} from "../../ffi/privileges.ts";
import { SystemError } from "../../ffi/errno.ts";
import { REFUSED_CALLS, refuseSystemCalls } from "../../ffi/seccomp.ts";
import { OperatorError } from "../operator_error.ts";
import { quote } from "../printable.ts";

const ROOT = 0;
const DEFAULT_USER = "nobody";
const NOT_NEEDED = ["run", "net", "env", "import"] as const;
const NEEDED: readonly Deno.PermissionDescriptor[] = [
  { name: "read" },
  { name: "write" },
  { name: "ffi" },
  { name: "sys", kind: "networkInterfaces" },
];

/** A user to become, by name. */
export interface NamedUser extends User {
  /** The user's name. */
  readonly name: string;
}

/** What is used when the user is another already. */
export interface LaterNeeds {
  /** File that packet workers are started from, now and later. */
  readonly program: URL;
  /** Files that are written, and may be made anew. */
  readonly outputs: readonly string[];
}

/**
 * Chooses the user to become.
 *
 * @param name What the operator asks for, if anything.
 * @param needs What is used later.
 * @param say Tells the operator something.
 * @returns The user, or `undefined` to stay who we are.
 * @throws {OperatorError} If what is asked for cannot be.
 */
export function chooseUser(
  name: string | undefined,
  needs: LaterNeeds,
  say: (text: string) => void,
): NamedUser | undefined {
  const user = findUser(name ?? DEFAULT_USER);
  if (name === undefined) {
    // Not root, or root of a container that has no other users.
    if (!canBecome(user)) return undefined;
    const [obstacle] = obstaclesOf({ ...user, name: DEFAULT_USER }, needs);
    if (obstacle === undefined) return { ...user, name: DEFAULT_USER };
    say(
      `staying root, for ${obstacle}. Try: a folder of ${DEFAULT_USER}'s, or ` +
        "--user and who may",
    );
    return undefined;
  }
  if (user === undefined) {
    throw new OperatorError(
      `Cannot become user ${quote(name)}: there is none. See: getent passwd`,
    );
  }
  if (user.uid === effectiveUser()) return undefined;
  if (!canBecome(user)) {
    throw new OperatorError(
      `Cannot become user ${quote(name)}: only root can. Leave out --user`,
    );
  }
  for (const obstacle of obstaclesOf({ ...user, name }, needs)) say(obstacle);
  return { ...user, name };
}

/** What a user could not do later. */
function obstaclesOf(
  user: NamedUser,
  { outputs, program }: LaterNeeds,
): string[] {
  const folders = new Set(outputs.map((path) => dirname(resolve(path))));
  return [
    ...unreadable(user, [program]).map((path) =>
      `${user.name} may not read ${path}, to start a packet worker again`
    ),
    ...unwritable(user, [...folders]).map((path) =>
      `${user.name} may not write in ${path}, to open files anew`
    ),
  ];
}

/** Whether we may become a user. */
function canBecome(user: User | undefined): user is User {
  return user !== undefined && effectiveUser() === ROOT && canActAs(user);
}

/** Files that a user cannot read. */
function unreadable(user: User, files: readonly (string | URL)[]): string[] {
  if (Deno.build.standalone) return []; // they are in the executable
  return actAs(user, () =>
    files.filter((file) => {
      try {
        Deno.openSync(file).close();
        return false;
      } catch {
        return true;
      }
    })).map((file) => quote(file instanceof URL ? file.pathname : file));
}

/** Folders that a user cannot make files in. */
function unwritable(user: User, folders: readonly string[]): string[] {
  return actAs(user, () =>
    folders.filter((dir) => {
      try {
        Deno.removeSync(Deno.makeTempFileSync({ dir, prefix: ".masscanned" }));
        return false;
      } catch {
        return true;
      }
    })).map((folder) => quote(folder));
}

/** What is given up, and who is told. */
export interface PrivilegeOptions {
  /** Who to become; absent: nobody else. */
  readonly user: NamedUser | undefined;
  /** Files that the operator may want to be read again. */
  readonly files: readonly string[];
  /** Tells the operator something. */
  say(text: string): void;
  /** Tells an operator who wants to know more. */
  inform(text: string): void;
}

/**
 * Gives up privileges. To be called once, when the sockets are open and packet
 * workers run: their threads then lose theirs with this one.
 *
 * @param options What is given up.
 */
export function giveUpPrivileges(
  { files, inform, say, user }: PrivilegeOptions,
): void {
  if (user !== undefined) {
    for (const path of unreadable(user, files)) {
      say(`SIGHUP will not read ${path} again: ${user.name} may not`);
    }
    becomeUser(user);
  }
  const isRaw = hasCapability(CAP_NET_RAW);
  keepCapabilities(...isRaw ? [CAP_NET_RAW] : []);
  forbidNewPrivileges();
  const refused = refuse();
  for (const name of NOT_NEEDED) Deno.permissions.revokeSync({ name });
  const permissions = NEEDED
    .filter((one) => Deno.permissions.querySync(one).state === "granted")
    .map(({ name }) => name);
  const others = user === undefined ? "what they had" : "nothing";
  inform(
    `running as ${user?.name ?? `user ${effectiveUser()}`}: packet workers ` +
      `keep no capability, the control thread ` +
      `${isRaw ? "CAP_NET_RAW" : "none"}, the runtime's threads ${others}; ` +
      `no new privileges, ${refused}; Deno's permissions: ` +
      permissions.join(", "),
  );
}

/** Gives up all that a packet worker could have; it needs none. */
export function giveUpAll(): void {
  keepCapabilities();
  forbidNewPrivileges();
}

/** Refuses system calls, if the kernel can; says how many. */
function refuse(): string {
  try {
    refuseSystemCalls();
    return `${REFUSED_CALLS.length} system calls refused`;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return "no system call refused, for the kernel cannot";
  }
}
