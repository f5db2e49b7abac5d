import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { FlowTable, NO_FLOW, STATE } from "../src/flow_table.ts";
import { Tuple } from "../src/tuple.ts";

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const TUPLES = 12;
const IDLE = 100;

/**
 * One of some tuples that are hard to tell apart: pairs differ in one word,
 * and those of IPv4 are what those of IPv6 begin with.
 */
function tupleOf(number: number): Tuple {
  const tuple = new Tuple();
  tuple.count = number % 2 === 0 ? 4 : 10;
  tuple.words[(number >> 1) % 3] = -1;
  tuple.words[3] = number >> 1;
  // What lies behind a tuple does not belong to it.
  tuple.words.fill(number, tuple.count);
  return tuple;
}

Deno.test("FlowTable.find() finds nothing in an empty table", () => {
  const table = new FlowTable(4, KEY, () => {});
  strictEqual(table.find(tupleOf(0)), NO_FLOW);
  table.expire(0x7fffffff, 0);
  strictEqual(table.size, 0);
});

Deno.test("FlowTable.add() hands a record out with nothing in it", () => {
  const table = new FlowTable(1, KEY, () => {});
  table.words[table.add(tupleOf(0), 0) + STATE] = 7;
  strictEqual(table.words[table.add(tupleOf(1), 0) + STATE], 0);
});

Deno.test("FlowTable tells tuples apart that share a bucket", () => {
  const table = new FlowTable(1000, KEY, () => {});
  const tuples = Array.from({ length: 1000 }, (_, i) => tupleOf(i));
  const flows = tuples.map((tuple) => table.add(tuple, 0));
  strictEqual(new Set(flows).size, 1000);
  deepStrictEqual(tuples.map((tuple) => table.find(tuple)), flows);
});

type Action = readonly [
  verb: "use" | "forget" | "expire",
  tuple: number,
  wait: number,
];

const action: fc.Arbitrary<Action> = fc.tuple(
  fc.constantFrom("use", "use", "use", "forget", "expire"),
  fc.nat(TUPLES - 1),
  fc.nat(60),
);

Deno.test("FlowTable agrees with a list, whatever is done to it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(action, { maxLength: 200 }),
      (capacity, actions) => new Model(capacity).run(actions),
    ),
    { numRuns: 500 },
  );
});

/** A flow in the model. */
interface Entry {
  readonly tuple: number;
  readonly flow: number;
  readonly added: number; // how many were before it
  lastUse: number;
}

/** An address of IPv4, the first 48 bits of one of IPv6. */
function sourceOf({ count, words }: Tuple): string {
  return count === 4 ? `${words[0]}` : `${words[0]}:${words[1]! >>> 16}`;
}

/** What a table should be: tuples in order of last use. */
class Model {
  readonly #capacity: number;
  readonly #forgotten: number[] = []; // flows that left the table
  readonly #table: FlowTable;
  #order: Entry[] = [];
  #added = 0;
  #now = 0x7fffffff - 500; // the clock wraps soon
  #evicted = 0;
  #expired = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#table = new FlowTable(
      capacity,
      KEY,
      (flow) => this.#forgotten.push(flow),
    );
  }

  run(actions: readonly Action[]): void {
    for (const [verb, tuple, wait] of actions) {
      this.#now += wait;
      this.#forgotten.length = 0;
      const before = this.#order;
      if (verb === "use") this.#use(tuple);
      else if (verb === "forget") this.#forget(tuple);
      else this.#expire();
      const gone = before.filter((one) => !this.#order.includes(one));
      deepStrictEqual(this.#forgotten, gone.map(({ flow }) => flow));
      this.#compare();
    }
  }

  #use(tuple: number): void {
    const now = this.#now | 0;
    const known = this.#order.find((one) => one.tuple === tuple);
    if (known !== undefined) {
      this.#table.touch(known.flow, now);
      known.lastUse = this.#now;
      this.#order = [...this.#order.filter((one) => one !== known), known];
      return;
    }
    const isFull = this.#order.length === this.#capacity;
    const flow = this.#table.add(tupleOf(tuple), now);
    if (isFull) this.#giveWay();
    this.#table.words[flow + STATE] = tuple;
    this.#order = [
      ...this.#order,
      { tuple, flow, lastUse: this.#now, added: this.#added++ },
    ];
  }

  /** Who gave way is the one used least lately, or first of a greater share. */
  #giveWay(): void {
    const [flow] = this.#forgotten;
    const oldest = this.#order[0]!;
    const victim = this.#order.find((one) => one.flow === flow)!;
    if (victim !== oldest) {
      const share = this.#shareOf(victim.tuple);
      deepStrictEqual(share[0], victim);
      ok(share.length > this.#shareOf(oldest.tuple).length);
    }
    this.#order = this.#order.filter((one) => one !== victim);
    this.#evicted++;
  }

  /** Flows of the same source as a tuple's, in the order of their coming. */
  #shareOf(tuple: number): Entry[] {
    const source = sourceOf(tupleOf(tuple));
    return this.#order
      .filter((one) => sourceOf(tupleOf(one.tuple)) === source)
      .toSorted((one, other) => one.added - other.added);
  }

  #forget(tuple: number): void {
    const known = this.#order.find((one) => one.tuple === tuple);
    if (known === undefined) return;
    this.#table.forget(known.flow);
    this.#order = this.#order.filter((one) => one !== known);
  }

  #expire(): void {
    this.#table.expire(this.#now | 0, IDLE);
    const kept = this.#order.filter(({ lastUse }) =>
      this.#now - lastUse < IDLE
    );
    this.#expired += this.#order.length - kept.length;
    this.#order = kept;
  }

  #compare(): void {
    const { evicted, expired, size, words } = this.#table;
    strictEqual(size, this.#order.length);
    strictEqual(evicted, this.#evicted);
    strictEqual(expired, this.#expired);
    for (let tuple = 0; tuple < TUPLES; tuple++) {
      const known = this.#order.find((one) => one.tuple === tuple);
      const flow = this.#table.find(tupleOf(tuple));
      strictEqual(flow, known?.flow ?? NO_FLOW);
      if (flow !== NO_FLOW) strictEqual(words[flow + STATE], tuple);
    }
  }
}
