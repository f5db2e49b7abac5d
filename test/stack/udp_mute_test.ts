import { ok, strictEqual } from "node:assert/strict";
import { UdpMute } from "../../src/stack/udp_mute.ts";

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const HOUR = 3_600_000;

const viewOf = (address: readonly number[]): DataView =>
  new DataView(Uint8Array.from(address).buffer);

/** Spends on an address until there is no more, at most `limit` times. */
function spendAll(
  mute: UdpMute,
  address: readonly number[],
  limit = 1000,
): number {
  let spent = 0;
  while (
    spent < limit && mute.spend(viewOf(address), 0, address.length)
  ) spent++;
  return spent;
}

const HOST = [192, 0, 2, 1];
const HOST6 = Array.from({ length: 16 }, (_, i) => i);

Deno.test("UdpMute.spend() gives a source 200 answers an hour", () => {
  const mute = new UdpMute(KEY);
  mute.tick(10 * HOUR);
  strictEqual(spendAll(mute, HOST), 200);
  strictEqual(spendAll(mute, HOST.with(3, 2)), 200); // another source
  mute.tick(11 * HOUR - 1);
  strictEqual(spendAll(mute, HOST), 0);
  mute.tick(11 * HOUR);
  strictEqual(spendAll(mute, HOST), 200);
});

Deno.test("UdpMute.spend() takes a /64 of IPv6 for one source", () => {
  const mute = new UdpMute(KEY);
  strictEqual(spendAll(mute, HOST6), 200);
  strictEqual(spendAll(mute, HOST6.with(15, 0)), 0);
  strictEqual(spendAll(mute, HOST6.with(7, 0)), 200);
});

Deno.test("UdpMute.spend() divides the share among several", () => {
  strictEqual(spendAll(new UdpMute(KEY, 3), HOST), 67);
});

Deno.test("UdpMute.forgive() gives a source its share again, and only it", () => {
  const mute = new UdpMute(KEY);
  mute.forgive(viewOf(HOST), 0, 4);
  spendAll(mute, HOST);
  spendAll(mute, HOST6);
  mute.forgive(viewOf(HOST), 0, 4);
  strictEqual(spendAll(mute, HOST), 200);
  strictEqual(spendAll(mute, HOST6), 0);
});

Deno.test("UdpMute.spend() mutes hardly anybody for what others do", () => {
  const mute = new UdpMute(KEY);
  const sources = Array.from(
    { length: 5000 },
    (_, i) => [10, 0, i >>> 8, i & 255],
  );
  for (const source of sources) spendAll(mute, source);
  let muted = 0;
  for (let i = 0; i < 5000; i++) {
    if (spendAll(mute, [10, 1, i >>> 8, i & 255], 1) === 0) muted++;
  }
  // A place is taken with 7.3 % in each of two rows: 0.5 % in both.
  ok(muted < 60, `${muted} of 5000`);
});
