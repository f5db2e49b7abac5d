/**
 * Looks at the host: its interfaces, rules, kernel parameters and sockets.
 *
 * @module
 */

import { readKernelFile } from "../../ffi/kernel_file.ts";
import { OperatorError } from "../operator_error.ts";
import { execute } from "./execute.ts";
import {
  type Host,
  IPTABLES,
  type Iptables,
  type Link,
  type NftChain,
  parseLinks,
} from "./host.ts";
import { parseSockets } from "./sockets.ts";
import { run } from "./step.ts";

const CAP_NET_ADMIN = 12; // bit, include/uapi/linux/capability.h
const RTF_ADDRCONF = 0x00040000; // include/uapi/linux/ipv6_route.h

/**
 * Finds out what the host is like.
 *
 * @returns All that `share` must know of it.
 * @throws {OperatorError} Without privilege, or without the program `ip`.
 */
export async function lookAtHost(): Promise<Host> {
  checkPrivilege();
  const links = parseLinks(
    await execute(run("ip -json -details address show")),
  );
  return {
    links,
    settings: readSettings(links),
    learning: readLearning(),
    chains: await listChains(),
    saved: await listSaved(),
    sockets: ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) =>
      parseSockets(readKernelFile(path) ?? "")
    ),
    sshConnection: Deno.env.get("SSH_CONNECTION"),
  };
}

function checkPrivilege(): void {
  const status = readKernelFile("/proc/self/status") ?? "";
  const [, effective = "0"] = /^CapEff:\s*([0-9a-f]+)/m.exec(status) ?? [];
  if ((BigInt(`0x${effective}`) >> BigInt(CAP_NET_ADMIN) & 1n) === 0n) {
    throw new OperatorError(
      "Cannot share: that needs the capability CAP_NET_ADMIN. Run it as root",
    );
  }
}

function readSettings(links: readonly Link[]): Map<string, string> {
  const settings = new Map<string, string>();
  for (const name of ["all", "default", ...links.map(({ name }) => name)]) {
    for (
      const key of [
        `net/ipv4/conf/${name}/forwarding`,
        `net/ipv6/conf/${name}/forwarding`,
        `net/ipv6/conf/${name}/accept_ra`,
      ]
    ) {
      const value = readKernelFile(`/proc/sys/${key}`);
      if (value !== undefined) settings.set(key, value.trim());
    }
  }
  return settings;
}

/** …, flags ninth, interface last. */
function readLearning(): Set<string> {
  const routes = readKernelFile("/proc/net/ipv6_route") ?? "";
  const rows = routes.split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    rows.filter((row) => (parseInt(row[8]!, 16) & RTF_ADDRCONF) !== 0)
      .map((row) => row.at(-1)!),
  );
}

async function listChains(): Promise<NftChain[] | undefined> {
  const said = await execute(run("nft --json list chains"), "if it is there");
  if (said === undefined) return undefined;
  const { nftables } = JSON.parse(said) as { nftables: { chain?: NftChain }[] };
  return nftables.flatMap(({ chain }) => chain ?? []);
}

async function listSaved(): Promise<Map<Iptables, string[]>> {
  const saved = new Map<Iptables, string[]>();
  for (const program of IPTABLES) {
    const said = await execute(run(`${program}-save`), "if it is there");
    if (said !== undefined) saved.set(program, said.split("\n"));
  }
  return saved;
}
