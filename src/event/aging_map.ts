/**
 * A map that knows its oldest entry.
 *
 * @module
 */

/** An entry, and its neighbours in age. */
interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
  older: Entry<K, V> | undefined;
  younger: Entry<K, V> | undefined;
}

/**
 * Entries in the order in which they were set last. A `Map` alone has that,
 * but looks at every entry that was deleted before it finds its first one; and
 * an iterator that is kept to remember the place keeps every table alive that
 * the map has outgrown since. So entries know their neighbours.
 */
export class AgingMap<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>();
  #oldest: Entry<K, V> | undefined;
  #youngest: Entry<K, V> | undefined;

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Key and value of the oldest entry, if there is any. */
  get oldest(): { readonly key: K; readonly value: V } | undefined {
    return this.#oldest;
  }

  /** All entries, the oldest first. */
  get entries(): Iterable<{ readonly key: K; readonly value: V }> {
    return this.#entries.values();
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
    this.delete(key);
    const older = this.#youngest;
    const entry = { key, value, older, younger: undefined };
    if (older === undefined) this.#oldest = entry;
    else older.younger = entry;
    this.#youngest = entry;
    this.#entries.set(key, entry);
  }

  /**
   * Deletes an entry.
   *
   * @param key Its key.
   * @returns Its value, if there was one.
   */
  delete(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const { older, younger } = entry;
    if (older === undefined) this.#oldest = younger;
    else older.younger = younger;
    if (younger === undefined) this.#youngest = older;
    else younger.older = older;
    return entry.value;
  }
}
