/**
 * TCP sockets as `/proc/net/tcp` and `/proc/net/tcp6` list them, proc(5).
 *
 * @module
 */

import ipaddr from "ipaddr.js";

/** Connected both ways, include/net/tcp_states.h. */
export const ESTABLISHED = 1;
/** Waits for connections. */
export const LISTEN = 10;

/** A TCP socket. */
export interface Socket {
  /** Its address; an IPv4 one without the IPv6 prefix. */
  readonly local: string;
  /** Its port. */
  readonly localPort: number;
  /** The peer's address. */
  readonly remote: string;
  /** Such as {@linkcode ESTABLISHED}. */
  readonly state: number;
}

/**
 * Reads the list of sockets.
 *
 * @param text What the file says.
 * @returns The sockets.
 */
export function parseSockets(text: string): Socket[] {
  return text.split("\n").slice(1).filter((line) => line.trim() !== "")
    .map((line) => {
      const [, local = "", remote = "", state = ""] = line.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      return {
        local: addressOf(address),
        localPort: parseInt(port, 16),
        remote: addressOf(remote.split(":")[0]!),
        state: parseInt(state, 16),
      };
    });
}

/** 32-bit words in the host's octet order, here little-endian. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const octets = words.flatMap((word) =>
    [...Uint8Array.fromHex(word)].reverse()
  );
  const address = ipaddr.fromByteArray(octets);
  const isMapped = address instanceof ipaddr.IPv6 &&
    address.isIPv4MappedAddress();
  return (isMapped ? address.toIPv4Address() : address).toString();
}
