import { strictEqual } from "node:assert/strict";
import { lab, Masscanned, OURS, run, succeed } from "./lab.ts";

const REQUESTS = 300;
const LOSS = 5; // percent, in each direction

/** Throws packets away at random until it is disposed. */
class LossyLink implements AsyncDisposable {
  static async lay(): Promise<LossyLink> {
    await succeed("nft add table netdev loss");
    for (const way of ["ingress", "egress"]) {
      const hook = `type filter hook ${way} device client0 priority 0;`;
      const drop = `ip protocol tcp numgen random mod 100 lt ${LOSS} drop`;
      await succeed(`nft add chain netdev loss ${way} { ${hook} }`);
      await succeed(`nft add rule netdev loss ${way} ${drop}`);
    }
    return new LossyLink();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("nft delete table netdev loss");
  }
}

lab(
  "curl gets every answer over a link that loses packets",
  ["nft", "curl"],
  async () => {
    await using _masscanned = await Masscanned.start();
    await using _link = await LossyLink.lay();
    const pages = await succeed(
      `curl -s --parallel --parallel-max 50 --max-time 100 ` +
        `-o /dev/null -w %{http_code}\\n http://${OURS}/[1-${REQUESTS}]`,
    );
    strictEqual(pages, "401\n".repeat(REQUESTS));
  },
);
