/**
 * Whether sharing an address would lock its operator out.
 *
 * @module
 */

import type { Host } from "./host.ts";
import { portText, type ShareOptions } from "./options.ts";
import { ESTABLISHED, LISTEN } from "./sockets.ts";

/**
 * Finds reasons not to share.
 *
 * Connections that are open go on, but once they are lost, nobody gets in
 * again, least of all the person who has just typed the command.
 *
 * @param options What is to be shared.
 * @param host The host.
 * @returns What would be cut off and how to keep it, a clause each.
 */
export function lockouts(options: ShareOptions, host: Host): string[] {
  const { addresses, keep } = options;
  const isKept = (port: number): boolean =>
    keep.some(({ transport, first, last }) =>
      transport === "tcp" && first <= port && port <= last
    );
  const isShared = (address: string): boolean => addresses.includes(address);

  // ssh(1): client's address and port, server's address and port.
  const [client, , server = "", port] = host.sshConnection?.split(" ") ?? [];
  if (isShared(server) && !isKept(Number(port))) {
    return [
      `this SSH session comes in on tcp/${port} of ${server}, from ${client}: ` +
      `add --keep tcp/${port}`,
    ];
  }

  const isAny = (address: string): boolean =>
    address === "0.0.0.0" || address === "::";
  const listening = host.sockets.filter(({ local, state }) =>
    state === LISTEN && (isAny(local) || isShared(local))
  );
  const offered = portsOf(listening);
  const reasons = portsOf(
    host.sockets.filter(({ local, state }) =>
      state === ESTABLISHED && isShared(local)
    ),
  ).filter((port) => offered.includes(port) && !isKept(port)).map((port) => {
    const { remote } = host.sockets.find((socket) =>
      socket.localPort === port && socket.state === ESTABLISHED &&
      isShared(socket.local)
    )!;
    return `${remote} is connected to tcp/${port}: add --keep tcp/${port}`;
  });
  if (reasons.length > 0) return reasons;

  if (offered.length === 0 || offered.some(isKept)) return [];
  const kept = keep.map(portText).join(", ") || "nothing";
  const ports = offered.map((port) => `tcp/${port}`).join(", ");
  return [
    `with --keep ${kept} no way to log in is left; the host listens on ` +
    `${ports}: add --keep for yours`,
  ];
}

function portsOf(sockets: Host["sockets"]): number[] {
  const ports = new Set(sockets.map(({ localPort }) => localPort));
  return [...ports].sort((a, b) => a - b);
}
