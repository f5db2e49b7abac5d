/**
 * How far an SMB conversation has come, all of it in the one number that is
 * kept for it.
 *
 * @module
 */

import type { Exchange } from "../protocol.ts";

// The state of a conversation, an int32:
//
//    31        24 23         16 15          8 7    6 5     3 2      0
//   +------------+-------------+-------------+------+-------+--------+
//   |      0     | challenges  |  sessions   |   0  | login | phase  |
//   +------------+-------------+-------------+------+-------+--------+

/** Mask of the phase, what has been negotiated. */
export const PHASE = 0x07;
/** Phase: nothing yet. */
export const FRESH = 0;
/** Phase: SMB1, with challenge and response in the messages themselves. */
export const SMB1 = 1;
/** Phase: SMB1 with extended security, that is with SPNEGO. */
export const SMB1_EXTENDED = 2;
/** Phase: SMB2 of a dialect that is yet to be negotiated. */
export const UPGRADING = 3;
/** Phase: SMB2. */
export const SMB2 = 4;

/** Mask of the login, how far the one session of a conversation has come. */
export const LOGIN = 0x38;
/** Login: there is no session. */
export const NO_SESSION = 0x00;
/** Login: the client is to begin NTLM. */
export const BEGUN = 0x08;
/** Login: the client has our challenge. */
export const CHALLENGED = 0x10;
/** Login: somebody without a name is in, and may not do anything. */
export const ANONYMOUS = 0x18;

const SESSION = 0x0100; // one of the sessions so far
const SESSIONS = 0xff00;
const CHALLENGE = 0x010000; // one of the challenges so far
const CHALLENGES = 0xff0000;

// Indices for `Exchange.random`: below these are those of each session and
// each challenge.
const RANDOM_CHALLENGES = 0x0100;
const RANDOM_REST = 0x1000;

/**
 * Replaces a part of the state.
 *
 * @param exchange Whose state.
 * @param mask {@linkcode PHASE} or {@linkcode LOGIN}.
 * @param value New value of that part.
 */
export function enter(exchange: Exchange, mask: number, value: number): void {
  exchange.state = exchange.state & ~mask | value;
}

/**
 * Forgets the session, if any, and begins another.
 *
 * @param exchange Whose session.
 */
export function beginSession(exchange: Exchange): void {
  const sessions = (exchange.state & SESSIONS) + SESSION & SESSIONS;
  exchange.state = exchange.state & ~(SESSIONS | LOGIN) | sessions | BEGUN;
}

/**
 * Draws another challenge.
 *
 * @param exchange Whose challenge.
 */
export function beginChallenge(exchange: Exchange): void {
  const challenges = (exchange.state & CHALLENGES) + CHALLENGE & CHALLENGES;
  exchange.state = exchange.state & ~CHALLENGES | challenges;
}

/**
 * Tells whether a session was ever begun.
 *
 * @param exchange Whose session.
 * @returns Whether it was.
 */
export function hadSession(exchange: Exchange): boolean {
  return (exchange.state & SESSIONS) !== 0;
}

/**
 * Identifies the session.
 *
 * @param exchange Whose session.
 * @returns Its identifier, an int32 that is not 0.
 */
export function sessionId(exchange: Exchange): number {
  return exchange.random((exchange.state & SESSIONS) / SESSION) || 1;
}

/**
 * Finds half of the challenge at hand.
 *
 * @param exchange Whose challenge.
 * @param half Which half: 0 or 1.
 * @returns The half, an int32.
 */
export function challengeHalf(exchange: Exchange, half: number): number {
  const challenge = (exchange.state & CHALLENGES) / CHALLENGE;
  return exchange.random(RANDOM_CHALLENGES + 2 * challenge + half);
}

/**
 * Draws what neither a session nor a challenge needs.
 *
 * @param exchange For which conversation.
 * @param index Which one.
 * @returns 32 bits.
 */
export function otherRandom(exchange: Exchange, index: number): number {
  return exchange.random(RANDOM_REST + index);
}
