/**
 * A map that knows its oldest entry.
 *
 * @module
 */

interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
}

/**
 * Entries in the order in which they were set last. A `Map` alone has that,
 * but looks at every entry that was deleted before it finds its first one.
 */
export class AgingMap<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>();
  #order = this.#entries.values(); // where it is, all before are deleted
  #front: Entry<K, V> | undefined;

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Finds an entry.
   *
   * @param key Its key.
   * @returns Its value, if there is one.
   */
  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /**
   * Makes an entry the youngest.
   *
   * @param key Its key.
   * @param value Its value.
   */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { key, value });
  }

  /**
   * Deletes an entry.
   *
   * @param key Its key.
   * @returns Its value, if there was one.
   */
  delete(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#entries.delete(key);
    return entry?.value;
  }

  /** All entries, the oldest first. */
  get entries(): Iterable<{ readonly key: K; readonly value: V }> {
    return this.#entries.values();
  }

  /** Key and value of the oldest entry, if there is any. */
  get oldest(): { readonly key: K; readonly value: V } | undefined {
    if (this.#entries.size === 0) return undefined;
    while (
      this.#front === undefined ||
      this.#entries.get(this.#front.key) !== this.#front
    ) {
      const { done, value } = this.#order.next();
      if (done) this.#order = this.#entries.values();
      else this.#front = value;
    }
    return this.#front;
  }
}
