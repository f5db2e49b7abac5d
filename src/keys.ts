/**
 * Keys for everything that has to be unpredictable, all from one.
 *
 * @module
 */

import { Cookies } from "./cookie.ts";
import { KEY_LEN, SipHash } from "./siphash.ts";

/** What a key is for; each has one of its own. */
export const PURPOSE = { cookies: 1, flows: 2, protocols: 3, limits: 4 };
const FIRST_LATER_COOKIES = 16;

const COOKIE_KEY_MS = 3_600_000;

/** Derives keys. */
export class Keys {
  readonly #hash: SipHash;

  /** 32 bits for what needs no more. */
  readonly secret: number;

  /**
   * Begins with a key.
   *
   * @param key 128 random bits.
   */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
    this.secret = this.#hash.hash(new Int32Array(1), 1);
  }

  /**
   * Derives a key.
   *
   * @param purpose A number of its own.
   * @returns 16 octets.
   */
  derive(purpose: number): Uint8Array {
    const key = new DataView(new ArrayBuffer(KEY_LEN));
    for (let at = 0; at < KEY_LEN; at += 8) {
      key.setInt32(at, this.#hash.hash(Int32Array.of(purpose, at), 2), true);
      key.setInt32(at + 4, this.#hash.high, true);
    }
    return new Uint8Array(key.buffer);
  }
}

/** Gives cookies another key every hour. */
export class CookieKeys {
  readonly #keys: Keys;
  #startedAt: number | undefined;
  #current = 0; // number of the key in use

  /** The cookies. */
  readonly cookies: Cookies;

  /**
   * Begins with the first key.
   *
   * @param keys Where keys come from.
   * @param startedAt When it came into use, in milliseconds since 1970; with
   * the first tick if absent.
   */
  constructor(keys: Keys, startedAt: number | undefined) {
    this.#keys = keys;
    this.#startedAt = startedAt;
    this.cookies = new Cookies(this.#key(0));
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970, that never goes back.
   */
  tick(now: number): void {
    this.#startedAt ??= now;
    const due = Math.floor((now - this.#startedAt) / COOKIE_KEY_MS);
    if (due <= this.#current) return;
    // Who starts late needs the one before, too.
    for (const number of [due - 1, due]) {
      const at = this.#startedAt + number * COOKIE_KEY_MS;
      this.cookies.rotate(this.#key(number), at);
    }
    this.#current = due;
  }

  #key(number: number): Uint8Array {
    return this.#keys.derive(
      number === 0 ? PURPOSE.cookies : FIRST_LATER_COOKIES + number,
    );
  }
}
