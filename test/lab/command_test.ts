import { deepStrictEqual, match } from "node:assert/strict";
import {
  FOR_OURS,
  lab,
  MASSCANNED,
  Masscanned,
  ON_SENSOR,
  OURS,
  run,
  runMasscanned,
  succeed,
  textFile,
} from "./lab.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  lab(`${signal} ends masscanned with status 0`, ["ping"], async () => {
    await using masscanned = await Masscanned.start();
    await succeed(`ping -c 1 ${OURS}`);
    const before = await succeed(`${ON_SENSOR} ip -d link show sensor0`);
    const { code, signal: cause } = await masscanned.stop(signal);
    deepStrictEqual({ code, cause }, { code: 0, cause: null });
    deepStrictEqual((await run(`ping -c 1 -W 1 ${OURS}`)).code, 1);
    match(before, /promiscuity 1/);
    match(
      await succeed(`${ON_SENSOR} ip -d link show sensor0`),
      /promiscuity 0/,
    );
  });
}

lab("SIGUSR1 opens no debugger, and ends nothing", ["ping"], async () => {
  await using masscanned = await Masscanned.start();
  const deadline = Date.now() + 2000; // Deno would open it after 0.5 s
  while (Date.now() < deadline) {
    masscanned.signal("SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const listening = await succeed(`${ON_SENSOR} cat /proc/net/tcp`);
  deepStrictEqual(listening.match(/:.* 0A /g), null); // TCP_LISTEN
  await succeed(`ping -c 1 ${OURS}`);
});

lab("-f reads addresses, blank lines and comments", ["arping"], async () => {
  await using file = await textFile("# ours", "", `  ${OURS} `);
  await using masscanned = await Masscanned.start(`-i sensor0 -f ${file.path}`);
  await masscanned.says(/ for 1 address/);
  await succeed(`arping -c 1 -w 10 -I client0 ${OURS}`);
});

lab("a configuration file is checked and obeyed", ["arping"], async () => {
  await using file = await textFile(
    'iface = "sensor0"',
    `self-ip-list = ["${OURS}", "198.51.100.0/30"]`,
  );
  match(
    (await runMasscanned(`config check ${file.path}`)).stdout,
    /answering for 5 addresses/,
  );
  await using masscanned = await Masscanned.start(`--config ${file.path}`);
  await masscanned.says(/ for 5 addresses/);
  await succeed(`arping -c 1 -w 10 -I client0 ${OURS}`);
});

lab("a bad configuration file is one line and status 1", [], async () => {
  await using file = await textFile('iface = "sensor0"', "quite = true");
  for (const command of ["config check", "--config"]) {
    await expectOneLine(
      runMasscanned(`${command} ${file.path}`),
      /line 2: .*"quite"; did you mean "quiet"\?/,
    );
  }
});

// What an operator may get wrong, and what the one line must speak of.
const MISTAKES: Record<string, [args: string, cause: RegExp]> = {
  "an interface that is missing": [`-i nic7 --self-ip-list ${OURS}`, /nic7/],
  "an interface that is down": [
    `-i down0 --self-ip-list ${OURS}`,
    /down0.*down/,
  ],
  "the loopback interface": [`-i lo --self-ip-list ${OURS}`, /lo.*Ethernet/],
  "a file that is missing": ["-i sensor0 -f /nowhere", /\/nowhere/],
  "a file that is a folder": ["-i sensor0 -f /proc", /\/proc/],
};

for (const [mistake, [args, cause]] of Object.entries(MISTAKES)) {
  lab(`${mistake} is one line and status 1`, [], async () => {
    await succeed(`${ON_SENSOR} ip link add down0 type veth peer name down1`);
    try {
      await expectOneLine(runMasscanned(args), cause);
    } finally {
      await succeed(`${ON_SENSOR} ip link delete down0`);
    }
  });
}

lab("a list without an address is one line and status 1", [], async () => {
  await using file = await textFile("# nothing", "");
  await expectOneLine(
    runMasscanned(`-i sensor0 -f ${file.path}`),
    new RegExp(file.path),
  );
});

lab("a line that is no address is pointed out", [], async () => {
  await using file = await textFile(OURS, "192.0.2.256");
  await expectOneLine(runMasscanned(`-i sensor0 -f ${file.path}`), /2.*192/);
});

lab("no privilege is one line and status 1", [], async () => {
  const unprivileged = "setpriv --bounding-set=-net_raw --inh-caps=-net_raw";
  await expectOneLine(
    run(`${ON_SENSOR} ${unprivileged} ${MASSCANNED} ${FOR_OURS}`),
    /privilege|root|CAP_NET_RAW|permission/i,
  );
});

async function expectOneLine(
  outcome: ReturnType<typeof run>,
  cause: RegExp,
): Promise<void> {
  const { code, stdout, stderr } = await outcome;
  deepStrictEqual({ code, stdout }, { code: 1, stdout: "" }, stderr);
  match(stderr, /^[^\n]+\n$/);
  match(stderr, cause);
}

lab("help for a disk that is full is one line and status 1", [], async () => {
  const command = `exec ${MASSCANNED} --help >/dev/full`;
  const { code, stderr } = await run("sh -c", command);
  deepStrictEqual([code, stderr], [
    1,
    "ERROR - Cannot write standard output: No space left on device\n",
  ]);
});
