import { deepStrictEqual } from "node:assert/strict";
import { CommunityId } from "../src/community_id.ts";

Deno.test("CommunityId remembers flows without taking one for another", () => {
  const used = new CommunityId();
  const bytes = new Uint8Array(32);
  const flows = 3000; // of either version: more than are remembered
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < flows; i++) {
      const addressLen = i % 2 === 0 ? 4 : 16;
      bytes.fill(0);
      // What is behind IPv4's addresses in a block could be such an address.
      bytes.set([192, 0, i >> 8, i & 0xff, 192, 0, 0x80], 0);
      const ask = (id: CommunityId): Uint8Array => {
        id.compute(bytes, 0, addressLen, 6, 1234 << 16 | i % 7);
        return id.text;
      };
      deepStrictEqual(ask(used), ask(new CommunityId()));
      deepStrictEqual(ask(used), ask(new CommunityId()));
    }
  }
});
