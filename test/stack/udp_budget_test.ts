import { strictEqual } from "node:assert/strict";
import { UdpBudget } from "../../src/stack/udp_budget.ts";

/** Spends on an address until there is no more, at most `limit` times. */
function spendAll(budget: UdpBudget, address: number[], limit = 5000): number {
  const view = new DataView(Uint8Array.from(address).buffer);
  let spent = 0;
  while (spent < limit && budget.spend(view, 0, address.length)) spent++;
  return spent;
}

Deno.test("UdpBudget.spend() gives one network few answers a second", () => {
  const budget = new UdpBudget(7);
  budget.tick(1_000_000);
  strictEqual(spendAll(budget, [192, 0, 2, 1]), 50);
  strictEqual(spendAll(budget, [192, 0, 2, 200]), 0); // the same network
  strictEqual(spendAll(budget, [192, 0, 3, 1]), 50);
  budget.tick(1_000_999);
  strictEqual(spendAll(budget, [192, 0, 2, 1]), 0);
  budget.tick(1_001_000);
  strictEqual(spendAll(budget, [192, 0, 2, 1]), 50);
});

Deno.test("UdpBudget.spend() knows networks of IPv6", () => {
  const budget = new UdpBudget(7);
  const address = Array.from({ length: 16 }, (_, i) => i);
  strictEqual(spendAll(budget, address), 50);
  strictEqual(spendAll(budget, address.with(15, 0)), 0);
  strictEqual(spendAll(budget, address.with(5, 0)), 50);
});

Deno.test("UdpBudget.spend() is bounded for all networks together", () => {
  const budget = new UdpBudget(7);
  let spent = 0;
  for (let i = 0; i < 10_000; i++) {
    spent += spendAll(budget, [10, i >> 8, i & 255, 1], 1);
  }
  strictEqual(spent, 2000);
});
