import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { FrameRing } from "../../ffi/frame_ring.ts";
import { findInterface } from "../../ffi/interface.ts";
import { PacketPort, RING_LEN } from "../../ffi/packet_port.ts";
import { Wakeup } from "../../ffi/wakeup.ts";
import { compileFilter } from "../../src/run/filter.ts";
import {
  FOR_OURS,
  lab,
  Masscanned,
  ON_SENSOR,
  OURS,
  OURS_6,
  run,
  SENSOR_NETNS,
  succeed,
  textFile,
  until,
} from "./lab.ts";

const MORTAL = `${Deno.execPath()} run --quiet --allow-all ${
  fileURLToPath(new URL("./mortal_main.ts", import.meta.url))
}`;

lab("flows are divided between ports and stay where they are", [
  "nmap",
], async () => {
  const { index, mac } = findInterface("client0")!;
  using owned = new DisposableStack();
  const options = { index, memoryLen: RING_LEN, mac: undefined };
  const ports = PacketPort.open(2, options);
  const wakeup = owned.use(new Wakeup());
  for (const port of ports) {
    owned.use(port);
    port.filter(compileFilter(mac, undefined), false);
  }
  const rings = ports.map(({ lease }) => new FrameRing(lease, wakeup.fd));
  // From 200 ports; each frame twice, for nobody answers the first.
  for (let scan = 0; scan < 2; scan++) {
    await succeed(
      `${ON_SENSOR} nmap -n -Pn -sS -g 4000 --max-retries 0 -p 1-200 192.0.2.1`,
    );
  }
  const flows = rings.map(flowsOf);
  const seen = flows.flatMap((some) => [...some]);
  deepStrictEqual(seen.length, 200);
  deepStrictEqual(new Set(seen).size, 200);
  for (const { size } of flows) ok(size > 50, `${size} of 200`);
});

/** Destination ports of the TCP segments over IPv4 in a ring. */
function flowsOf(ring: FrameRing): Set<number> {
  const view = new DataView(ring.memory);
  const flows = new Set<number>();
  for (let block = ring.take(); block >= 0; block = ring.take()) {
    let frame = ring.firstOf(block);
    for (let left = ring.countOf(block); left > 0; left--) {
      const at = ring.atOf(frame);
      const isTcp = view.getUint16(at + 12) === 0x0800 &&
        view.getUint8(at + 23) === 6;
      if (isTcp) flows.add(view.getUint16(at + 36));
      frame = ring.next(frame);
    }
    ring.release(block);
  }
  return flows;
}

lab("two workers answer whatever one does", ["ping", "curl"], async () => {
  await using masscanned = await Masscanned.start(`${FOR_OURS} --workers 2 -v`);
  for (const address of [OURS, OURS_6]) {
    match(
      await succeed(`ping -c 3 -i 0.01 ${address}`),
      / 3 received, 0% packet loss/,
    );
  }
  for (let i = 0; i < 30; i++) {
    const url = `http://${i % 2 ? OURS : `[${OURS_6}]`}:${8000 + i}/`;
    const { stdout } = await run(
      `curl -sS -o /dev/null -w %{http_code} ${url}`,
    );
    deepStrictEqual(stdout, "401", url);
  }
  await masscanned.stop();
  match(masscanned.lines.join("\n"), / tcp_syn_ack 30\b/);
});

lab("a worker that dies is followed by another", ["ping", "curl"], async () => {
  await using masscanned = await Masscanned.start(
    `${FOR_OURS} --workers 2 -v`,
    MORTAL,
  );
  await succeed(`ping -c 1 ${OURS}`);
  masscanned.signal("SIGUSR2");
  for (const i of [1, 2]) {
    await masscanned.says(
      `WARN - packet worker ${i} of 2 on "sensor0" died, another takes over ` +
        `in 0.1 s: killed by a test`,
    );
  }
  await until("masscanned answers again", async () => {
    return (await run(`ping -c 1 -W 1 ${OURS}`)).code === 0;
  });
  for (let i = 0; i < 10; i++) {
    await succeed(`curl -sS -o /dev/null http://${OURS}:${8000 + i}/`);
  }
  await masscanned.stop();
  match(
    masscanned.lines.join("\n"),
    /lost on our side: .*workers that died [2-6]\b/,
  );
});

lab("a dead worker does not keep others from being asked", [
  "ping",
], async () => {
  await using file = await textFile(OURS);
  await using masscanned = await Masscanned.start(
    `-i sensor0 -f ${file.path}`,
    MORTAL,
  );
  // Each time it is dead for longer: some of these find it so.
  for (let i = 0; i < 5; i++) {
    masscanned.signal("SIGUSR2");
    masscanned.signal("SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await until("masscanned answers again", async () => {
    return (await run(`ping -c 1 -W 1 ${OURS}`)).code === 0;
  });
  await masscanned.says(/^WARN - lost on our side: .*workers that died/);
});

// Deno cannot end a thread that does not listen: whoever starts masscanned can.
lab("a worker that hangs ends masscanned, in half a minute", [], async () => {
  const hanging = `env END=hang ${MORTAL}`;
  const { code, stderr } = await run(`${ON_SENSOR} ${hanging} ${FOR_OURS}`);
  strictEqual(code, 1);
  match(stderr, /^WARN - .* died at the end: it does not stop$/m);
  // It is `main.ts` that makes a line of it.
  match(
    stderr,
    /OperatorError: The packet worker 1 of 1 on "sensor0" hangs: start .* anew/,
  );
});

/** Of every thread of masscanned by name, how much it gives way. */
function nicenessOf({ pid }: Masscanned): Map<string, number> {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)];
  return new Map(threads.map(({ name: id }) => {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${id}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    return [id === `${pid}` ? "control" : name, Number(fields[16])];
  }));
}

lab("the control thread gives way to packet workers, early and late", [
  "ping",
], async () => {
  await using masscanned = await Masscanned.start(`${FOR_OURS}`, MORTAL);
  const expect = (): void => {
    const niceness = nicenessOf(masscanned);
    const workers = [...niceness.keys()]
      .filter((name) => name.startsWith("worker-"));
    strictEqual(niceness.get("control"), 10);
    deepStrictEqual(workers.map((name) => niceness.get(name)), [0]);
  };
  await succeed(`ping -c 1 ${OURS}`);
  expect();
  // In a container even root may not have the limit raised.
  const limits = await Deno.readTextFile(`/proc/${masscanned.pid}/limits`);
  if (!/^Max nice priority +20 /m.test(limits)) return;
  masscanned.signal("SIGUSR2");
  await masscanned.says(/^WARN - packet worker .* died/);
  await until("masscanned answers again", async () => {
    return (await run(`ping -c 1 -W 1 ${OURS}`)).code === 0;
  });
  expect();
});

lab("what arrives while a worker is dead is answered by the next", [
  "ping",
], async () => {
  await using masscanned = await Masscanned.start(`${FOR_OURS}`, MORTAL);
  await succeed(`ping -c 1 ${OURS}`);
  const pinging = succeed(`ping -c 20 -i 0.1 ${OURS}`);
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    masscanned.signal("SIGUSR2");
  }
  match(await pinging, / 20 received, 0% packet loss/);
});

lab(
  "several interfaces are answered on at once",
  ["ping", "arping"],
  async () => {
    await succeed(
      `ip link add cable1 type veth peer name cable0 netns ${SENSOR_NETNS}`,
    );
    try {
      await succeed("ip link set cable1 up");
      await succeed("ip address add 198.51.100.1/24 dev cable1");
      await succeed(`${ON_SENSOR} ip link set cable0 mtu 9000 up`);
      await succeed(`${ON_SENSOR} ip address add 198.51.100.2/24 dev cable0`);
      await using masscanned = await Masscanned.start(
        `-i sensor0 -i cable0 --self-ip-list ${OURS},198.51.100.20`,
      );
      await masscanned.says(/^WARN - answering on cable0 as /);
      const macOf = async (name: string): Promise<string> => {
        const said = await succeed(`${ON_SENSOR} ip link show ${name}`);
        return /ether (\S+)/.exec(said)![1]!;
      };
      for (
        const [address, cable, name] of [
          [OURS, "client0", "sensor0"],
          ["198.51.100.20", "cable1", "cable0"],
        ] as const
      ) {
        await succeed(`ping -c 1 ${address}`);
        const said = await succeed(`arping -c 1 -w 10 -I ${cable} ${address}`);
        match(said.toLowerCase(), new RegExp(await macOf(name)));
      }
      // One of them goes away, and the other does not mind.
      await succeed("ip link delete cable1");
      await masscanned.says(/^WARN - interface "cable0" is gone/);
      await succeed(`ping -c 1 ${OURS}`);
    } finally {
      await run("ip link delete cable1");
    }
  },
);

lab("a sensor's addresses and its host's live on one interface", [
  "ping",
], async () => {
  await using _masscanned = await Masscanned.start(
    `-i sensor0 --self-ip-list ${OURS},${OURS_6}`,
  );
  for (const address of [OURS, "192.0.2.2", OURS_6, "2001:db8::2"]) {
    match(
      await succeed(`ping -c 5 -i 0.02 ${address}`),
      / 5 received, 0% packet loss/,
    );
  }
  // The host speaks to others meanwhile.
  match(
    await succeed(`${ON_SENSOR} ping -c 5 -i 0.02 192.0.2.1`),
    / 5 received, 0% packet loss/,
  );
});
