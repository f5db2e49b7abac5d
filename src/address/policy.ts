/**
 * Whom we are, and whom we talk to.
 *
 * @module
 */

import { type AddressRange, AddressSet, type AddressTables } from "./set.ts";
import { type Translation, Translations } from "./translation.ts";

/** What a policy is made of. Plain data, which a worker can be sent. */
export interface PolicyTables {
  /** Addresses that are ours; absent: all that are not somebody else's. */
  readonly own: AddressTables | undefined;
  /** Addresses that are the host's, its gateway's or a network's, never ours. */
  readonly reserved: AddressTables;
  /** Addresses that are a whole network's, so that nobody can send from them. */
  readonly broadcast: AddressTables;
  /** Addresses that nothing is sent to. */
  readonly denied: AddressTables;
  /** Addresses of ours that clients know by others; absent: none. */
  readonly translations?: readonly Translation[];
}

/** Answers every question about an address that the packet path asks. */
export class AddressPolicy {
  #own: AddressSet | undefined;
  #reserved = AddressSet.of([]);
  #broadcast = AddressSet.of([]);
  #denied = AddressSet.of([]);

  /** What clients call our addresses. */
  readonly translations: Translations = new Translations();

  /**
   * Makes a policy.
   *
   * @param tables What it is made of.
   */
  constructor(tables: PolicyTables) {
    this.replace(tables);
  }

  /**
   * Changes the policy.
   *
   * @param tables What it is made of from now on.
   */
  replace(tables: PolicyTables): void {
    this.#own = tables.own && new AddressSet(tables.own);
    this.#reserved = new AddressSet(tables.reserved);
    this.#broadcast = new AddressSet(tables.broadcast);
    this.#denied = new AddressSet(tables.denied);
    this.translations.replace(tables.translations ?? []);
  }

  /** Whether there is no list: every address that is nobody else's is ours. */
  get isOpen(): boolean {
    return this.#own === undefined;
  }

  /** Our addresses, as far as they are listed. */
  get ranges(): readonly AddressRange[] {
    return this.#own?.ranges ?? [];
  }

  /** Whether an IPv4 address, given as int32, is ours. */
  owns4(address: number): boolean {
    return (this.#own === undefined || this.#own.has4(address)) &&
      !this.#reserved.has4(address);
  }

  /** Whether the IPv6 address at `view[at]` is ours. */
  owns6(view: DataView, at: number): boolean {
    return (this.#own === undefined || this.#own.has6(view, at)) &&
      !this.#reserved.has6(view, at);
  }

  /** Whether an IPv4 address, given as int32, is ours by our list. */
  lists4(address: number): boolean {
    return this.#own !== undefined && this.owns4(address);
  }

  /** Whether the IPv6 address at `view[at]` is ours by our list. */
  lists6(view: DataView, at: number): boolean {
    return this.#own !== undefined && this.owns6(view, at);
  }

  /** Whether nobody can have sent from an IPv4 address, given as int32. */
  isForged4(address: number): boolean {
    return isMartian4(address) || this.#broadcast.has4(address);
  }

  /** Whether nothing is sent to an IPv4 address, given as int32. */
  denies4(address: number): boolean {
    return this.#denied.has4(address);
  }

  /** Whether nothing is sent to the IPv6 address at `view[at]`. */
  denies6(view: DataView, at: number): boolean {
    return this.#denied.has6(view, at);
  }
}

/**
 * Tells whether no host may have an IPv4 address: 0.0.0.0 (but not the rest of
 * its network), loopback, multicast, class E and broadcast.
 *
 * @param address The address, as int32.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1122#section-3.2.1.3 | RFC 1122 §3.2.1.3}
 */
export function isMartian4(address: number): boolean {
  return address === 0 || address >>> 24 === 127 || address >>> 29 === 7;
}

/**
 * Tells whether no host on a link may have an IPv6 address: unspecified,
 * loopback, multicast and those that stand for IPv4 ones.
 *
 * @param view Memory that holds the address.
 * @param at Offset of the first of its 16 octets.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4291#section-2.5 | RFC 4291 §2.5}
 */
export function isMartian6(view: DataView, at: number): boolean {
  if (view.getUint8(at) === 0xff) return true;
  if ((view.getInt32(at) | view.getInt32(at + 4)) !== 0) return false;
  const third = view.getInt32(at + 8);
  return third === 0xffff || (third === 0 && view.getUint32(at + 12) <= 1);
}
