/**
 * Gh0st: the controller that an infected machine calls, as far as agreeing to
 * whatever it says.
 *
 * ```text
 *  | "Gh0st" | length of it all (4) | length inflated (4) | zlib stream |
 * ```
 *
 * Numbers are little-endian. The stream of a first message holds a command
 * (1 octet) and what is known of the machine. M. G. Spohn, "Know Your Digital
 * Enemy: Anatomy of a Gh0st RAT", McAfee, 2012.
 *
 * @module
 */

import { hex } from "../note.ts";
import {
  DECLINE,
  DONE,
  type Exchange,
  MORE,
  pattern,
  type Protocol,
  TCP,
} from "../protocol.ts";

const LENGTH_AT = 5;
const HEADER_LEN = 13;
const MESSAGE_MAX = 8192;

// Fields of the notes.
const FIELDS = [{ name: "gh0st.payload", read: hex }];
const PAYLOAD = 0;

// One octet 0, deflated: the controller's go-ahead.
const ANSWER = Uint8Array.fromHex(
  "4768307374" + "16000000" + "01000000" + "789c63000000010001",
);

/** Answers each message with the same few octets. */
function reply(exchange: Exchange): number {
  const { arena: { bytes, view }, at, end } = exchange;
  if (end - at < HEADER_LEN) return MORE;
  for (let i = 0; i < LENGTH_AT; i++) {
    if (bytes[at + i] !== ANSWER[i]) return DECLINE;
  }
  const length = view.getInt32(at + LENGTH_AT, true);
  if (length < HEADER_LEN || length > MESSAGE_MAX) return DECLINE;
  if (length > end - at) return MORE;
  exchange.next = at + length;
  exchange.note(PAYLOAD, at + HEADER_LEN, at + length);
  exchange.answer.put(ANSWER);
  return DONE;
}

/**
 * Gh0st over TCP. Its answer has the form of a request, so that over UDP two
 * controllers would never stop telling each other to go ahead.
 */
export const gh0st: Protocol = {
  name: "gh0st",
  transports: TCP,
  patterns: [pattern(`"Gh0st"`)],
  reply,
  fields: FIELDS,
  summary: () => "Gh0st answer",
};
