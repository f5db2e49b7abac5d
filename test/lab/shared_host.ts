/**
 * A host of its own for tests that share its addresses with masscanned:
 *
 * ```text
 *  the tests' side           the host: its own network namespace
 *  guest0 ═══════════ eth0
 *  192.168.0.20       192.168.0.10, 192.168.0.11     to_masscanned ══ masscanned
 *  2001:db8:1::20     2001:db8:1::10                 sshd on TCP/22
 * ```
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import {
  MASSCANNED,
  Masscanned,
  type Outcome,
  run,
  succeed,
  until,
} from "./lab.ts";

/** The client's address. */
export const CLIENT = "192.168.0.20";
/** Its IPv6 one. */
export const CLIENT_6 = "2001:db8:1::20";
/** The host's address, that of the guide. */
export const SHARED = "192.168.0.10";
/** Its second one. */
export const ALSO_SHARED = "192.168.0.11";
/** Its IPv6 one. */
export const SHARED_6 = "2001:db8:1::10";
/** What the host's sshd identifies itself with, and no one else. */
export const ADDENDUM = "the-hosts-own";

/** A host with an interface `eth0` that is connected to the tests' side. */
export class SharedHost implements AsyncDisposable {
  readonly #keeper: Deno.ChildProcess;
  readonly #others: Deno.ChildProcess[] = [];
  readonly #folder: string;

  /** File that stands for its network namespace. */
  readonly namespace: string;
  /** Put before a command, runs it on the host. */
  readonly on: string;

  private constructor(keeper: Deno.ChildProcess, folder: string) {
    this.#keeper = keeper;
    this.#folder = folder;
    this.namespace = `/proc/${keeper.pid}/ns/net`;
    this.on = `nsenter --net=${this.namespace} --`;
  }

  /** Makes one. */
  static async start(): Promise<SharedHost> {
    const keeper = new Deno.Command("unshare", {
      args: ["--net", "sleep", "infinity"],
      stdin: "null",
    }).spawn();
    const own = await Deno.readLink("/proc/self/ns/net");
    await until("the host's namespace is there", async () => {
      const theirs = await Deno.readLink(`/proc/${keeper.pid}/ns/net`);
      return theirs !== own;
    });
    const host = new SharedHost(keeper, await Deno.makeTempDir());
    await succeed(
      `ip link add guest0 type veth peer name eth0 netns ${host.namespace}`,
    );
    await succeed(`ip address add ${CLIENT}/24 dev guest0`);
    await succeed(`ip address add ${CLIENT_6}/64 dev guest0 nodad`);
    await succeed("ip link set guest0 up");
    for (const address of [SHARED, ALSO_SHARED]) {
      await host.succeed(`ip address add ${address}/24 dev eth0`);
    }
    // A link-local address of our own, and nodad: usable at once.
    await host.succeed("ip link set eth0 addrgenmode none");
    for (const address of ["fe80::10", SHARED_6]) {
      await host.succeed(`ip address add ${address}/64 dev eth0 nodad`);
    }
    await host.succeed("ip link set lo up");
    await host.succeed("ip link set eth0 up");
    return host;
  }

  /** Runs a command on the host, as {@linkcode run} does. */
  run(command: string, ...more: readonly string[]): Promise<Outcome> {
    return run(`${this.on} ${command}`, ...more);
  }

  /** Runs a command on the host that must succeed. */
  succeed(command: string, ...more: readonly string[]): Promise<string> {
    return succeed(`${this.on} ${command}`, ...more);
  }

  /** Runs `masscanned share …` on the host. */
  share(args: string): Promise<Outcome> {
    return this.run(`${MASSCANNED} share ${args}`);
  }

  /** Runs `masscanned share …` on the host, which must succeed. */
  async shares(args: string): Promise<string> {
    const outcome = await this.share(args);
    strictEqual(outcome.code, 0, JSON.stringify(outcome));
    return outcome.stdout;
  }

  /** Starts masscanned on its end of the cable. */
  startMasscanned(): Promise<Masscanned> {
    return Masscanned.start("-i masscanned", MASSCANNED, this.on);
  }

  /** Starts a program on the host that runs until the end. */
  spawn(command: string, ...more: readonly string[]): Deno.ChildProcess {
    const [program, ...args] = `${this.on} ${command}`.split(" ");
    const child = new Deno.Command(program!, {
      args: [...args, ...more],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#others.push(child);
    return child;
  }

  /** Starts the host's sshd, which knows a key of ours, on some port. */
  async startSshd(port = 22): Promise<void> {
    const folder = this.#folder;
    for (const key of ["host", "guest"]) {
      await succeed(
        "ssh-keygen -q -t ed25519 -f",
        `${folder}/${key}`,
        "-N",
        "",
      );
    }
    await Deno.writeTextFile(
      `${folder}/config`,
      [
        `Port ${port}`,
        `HostKey ${folder}/host`,
        `AuthorizedKeysFile ${folder}/guest.pub`,
        "StrictModes no",
        "PermitRootLogin yes",
        "UsePAM no",
        "PidFile none",
        `VersionAddendum ${ADDENDUM}`,
        "",
      ].join("\n"),
    );
    // The user and the empty folder that it confines itself with come with its
    // package; here only what runs in this namespace sees them.
    this.spawn(
      "unshare --mount sh -c",
      `mount -t tmpfs tmpfs /run && mkdir /run/sshd &&
       { cat /etc/passwd; echo sshd:x:65534:65534::/run/sshd:/bin/false; } \
         >/run/passwd && mount --bind /run/passwd /etc/passwd &&
       exec "$(command -v sshd)" -D -f ${folder}/config`,
    );
    await until(
      "sshd listens",
      async () => (await this.succeed("ss -Hltn")).includes(`:${port} `),
    );
  }

  /** Runs a command over SSH, as an operator would. */
  ssh(address: string, command: string, port = 22): Promise<Outcome> {
    return run(
      `ssh -F none -p ${port} -i ${this.#folder}/guest -o BatchMode=yes ` +
        "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null " +
        `-o LogLevel=ERROR -o ConnectTimeout=20 root@${address}`,
      `PATH=${Deno.env.get("PATH")} ${command}`,
    );
  }

  /**
   * Says all that sharing changes, and some that it must not.
   *
   * @returns Interfaces, addresses, routes, rules and kernel parameters.
   */
  async snapshot(): Promise<string> {
    const said = [
      await this.succeed("ip -oneline address show"),
      await this.succeed("ip -4 route"),
      await this.succeed("ip -6 route"),
      await this.succeed("sysctl -a -r", "(forwarding|accept_ra|ip_forward)$"),
    ];
    for (const program of SAVE) said.push(await this.succeed(program));
    // Tables of iptables that are empty but for their chains say nothing.
    said.push(
      (await this.succeed("nft list ruleset")).split("\n")
        .filter((line) => !/^#/.test(line)).join("\n"),
    );
    return said.join("\n").split("\n")
      .filter((line) => !/^(#|\*|COMMIT|:.* ACCEPT )/.test(line))
      .map((line) => line.replace(/(expires|valid_lft|preferred_lft) \S+/g, ""))
      .join("\n").replaceAll(EMPTY_TABLE, "");
  }

  /** Ends all that runs on it, and the host. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#others, this.#keeper]) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It ended by itself.
      }
      await child.status;
    }
    await run("ip link delete guest0");
    await Deno.remove(this.#folder, { recursive: true });
  }
}

const SAVE = [
  "iptables-save",
  "ip6tables-save",
  "iptables-legacy-save",
  "ip6tables-legacy-save",
];
const EMPTY_TABLE =
  /^table ip6? (nat|filter) \{\n(\s*chain [A-Z]+ \{\n\s*type \w+ hook \w+ priority \w+; policy accept;\n\s*\}\n\n?)*\}\n/gm;
