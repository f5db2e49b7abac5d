import { deepStrictEqual } from "node:assert/strict";
import type { Interface } from "../../ffi/interface.ts";
import { changesOf } from "../../src/run/link_changes.ts";

const ETH0: Interface = {
  name: "eth0",
  index: 2,
  isUp: true,
  isEthernet: true,
  mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  mtu: 1500,
};
const OTHER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);

const CHANGES: readonly [
  before: Interface | undefined,
  now: Interface | undefined,
  changes: string[],
][] = [
  [ETH0, { ...ETH0, mac: ETH0.mac.slice() }, []],
  [undefined, undefined, []],
  [ETH0, undefined, [
    'interface "eth0" is gone; waiting for it to come back',
  ]],
  [{ ...ETH0, name: "lan0" }, undefined, [
    'interface "lan0" is gone; waiting for it to come back',
  ]],
  [undefined, ETH0, ['interface "eth0" is back']],
  [ETH0, { ...ETH0, index: 7 }, ['interface "eth0" is back']],
  [ETH0, { ...ETH0, index: 7, isUp: false }, [
    'interface "eth0" is back',
    'interface "eth0" is down; waiting for it to come up',
  ]],
  [ETH0, { ...ETH0, isUp: false }, [
    'interface "eth0" is down; waiting for it to come up',
  ]],
  [{ ...ETH0, isUp: false }, ETH0, ['interface "eth0" is up']],
  [ETH0, { ...ETH0, name: "lan0", mac: OTHER_MAC, mtu: 9000 }, [
    'interface "eth0" is called "lan0" now',
    'interface "lan0" has the hardware address 02:00:00:00:00:02 now',
    'interface "lan0" has the MTU 9000 now',
  ]],
];

for (const [before, now, changes] of CHANGES) {
  const claim = changes.join(", ") || `nothing of ${now?.name ?? "none"}`;
  Deno.test(`changesOf() says ${claim}`, () => {
    deepStrictEqual(changesOf("eth0", before, now), changes);
  });
}
