/**
 * A protocol for the tests, whose answers can be told at a glance: a message
 * is a line, and most lines are answered with themselves.
 *
 * ```text
 *  bye      is answered and ends the conversation
 *  long N   is answered with a line of N octets
 *  skip N   is answered, and N octets behind it are thrown away
 *  mute     is not answered
 *  no       is declined
 * ```
 *
 * @module
 */

import {
  CLAIM,
  CLOSE,
  DECLINE,
  DONE,
  type Exchange,
  MORE,
  type Protocol,
  TCP,
} from "../src/protocol.ts";
import { octets, text } from "./tcp_client.ts";

const LF = 0x0a;

/** The protocol. */
export const lines: Protocol = {
  name: "lines",
  transports: TCP,
  patterns: [],
  check: () => CLAIM,
  reply,
  fields: [],
  summary: () => "",
};

function reply(exchange: Exchange): number {
  const { answer, arena, at, end } = exchange;
  const message = arena.bytes.subarray(at, end);
  const length = message.indexOf(LF) + 1;
  if (length === 0) return MORE;
  const line = text(message.subarray(0, length));
  const [word, count] = line.trim().split(" ");
  exchange.next = at + length;
  switch (word) {
    case "no":
      return DECLINE;
    case "mute":
      return DONE;
    case "bye":
      answer.put(octets(line));
      return CLOSE;
    case "long":
      answer.put(octets(`${"x".repeat(Number(count) - 1)}\n`));
      return DONE;
    case "skip":
      exchange.next += Number(count);
  }
  answer.put(octets(line));
  return DONE;
}
