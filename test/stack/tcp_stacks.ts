/**
 * Stacks to talk with.
 *
 * @module
 */

import { Harness } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import {
  type ClientOptions,
  type FrameReceiver,
  TcpClient,
} from "../tcp_client.ts";

/** A stack of the usual persona. */
export const LINUX = new Harness({ protocols: [lines] });
/** A stack of the original's. */
export const CLASSIC = new Harness({ protocols: [lines], persona: "classic" });
/** In milliseconds. */
export const SECOND = 1000;

let nextPort = 1024;

/** A port of a client that has had no conversation yet. */
export function freshPort(): number {
  return nextPort++;
}

/** A client of a tuple of its own that has shaken hands. */
export function connected(
  stack: FrameReceiver,
  options: ClientOptions = {},
): TcpClient {
  const client = new TcpClient(stack, { port: freshPort(), ...options });
  client.connect();
  return client;
}

/** All of them. */
export const PERSONAS = { linux: LINUX, classic: CLASSIC } as const;
