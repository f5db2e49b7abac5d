import { deepStrictEqual, ok } from "node:assert/strict";
import { lab, run, SCRIPTS } from "./lab.ts";

/** What the benchmark writes, as far as it is looked at here. */
interface Results {
  readonly standings: readonly {
    readonly rival: string;
    readonly load: string;
    readonly rate: number;
    readonly share: number | null;
    readonly wrong: number;
  }[];
  readonly memory: { readonly sessions: number };
}

lab("the benchmark asks all sorts of things and gets right answers", [
  "ip",
], async () => {
  const json = await Deno.makeTempFile();
  const options = ["--rounds", "1", "--milliseconds", "50", "--json", json];
  // It is in a lab already.
  const { code, stderr } = await run(
    `${Deno.execPath()} run --quiet --allow-all`,
    `${SCRIPTS}/../test/bench/live/main.ts`,
    ...options,
  );
  deepStrictEqual({ code, stderr }, { code: 0, stderr: "" });
  const text = await Deno.readTextFile(json);
  await Deno.remove(json);
  const { memory, standings }: Results = JSON.parse(text);
  const ours = standings.filter(({ rival }) => rival === "masscanned");
  deepStrictEqual(ours.map(({ load }) => load), [
    ...["idle", "SYN", "HTTP exchange", "mix", "ping", "ARP", "DNS"],
    ...["DNS over budget", "noise"],
  ]);
  for (const { load, rate, share } of ours) {
    ok(share === null || share > 0, `${load} is not answered`);
    ok(rate > 0, `${load} was not put`);
  }
  deepStrictEqual(ours.filter(({ wrong }) => wrong > 0), []);
  ok(memory.sessions >= 300_000);
});
