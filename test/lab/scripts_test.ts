import { deepStrictEqual, match, ok } from "node:assert/strict";
import { lab, run, SCRIPTS, until } from "./lab.ts";

const CLIENTS = ["arping", "curl", "ping"];
const LAB = `${SCRIPTS}/lab.sh`;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  lab(`the demonstration ends with ${signal}, whole`, CLIENTS, async () => {
    const child = new Deno.Command(`${SCRIPTS}/run.sh`, {
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let said = "";
    const reading = (async () => {
      const text = child.stdout.pipeThrough(new TextDecoderStream());
      for await (const chunk of text) said += chunk;
    })();
    await until(
      "the demonstration is over",
      () => said.includes("Ctrl-C ends"),
    );
    match(said, /Unicast reply from 192\.0\.2\.10/);
    deepStrictEqual(said.match(/ 1 received, 0% packet loss/g)?.length, 2);
    match(said, /HTTP\/1\.1 401 /);
    match(said, /masscanned │ WARN - ICMP-Echo-Reply to ICMP-Echo-Request/);

    const [enter, init] = / (nsenter -t (\d+) .*) bash\n/.exec(said)!.slice(1);
    const inside = await run(`${enter} ip -brief address show client0`);
    match(inside.stdout, / 192\.0\.2\.1\/24 /);

    child.kill(signal);
    await reading;
    ok(!(await child.status).success);
    await until("the kernel has ended the lab", () => !isRunning(init!));
  });
}

lab("a lab hands on the status of its command", [], async () => {
  deepStrictEqual((await run(`${LAB} bash -c`, "exit 7")).code, 7);
  deepStrictEqual((await run(`${LAB} bash -c`, "kill -9 $$")).code, 137);
});

lab("an ordinary user has a lab too, or is told why not", [], async () => {
  const asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
  if ((await run(`${asNobody} test -x ${LAB}`)).code !== 0) return;
  const { code, stdout, stderr } = await run(
    `${asNobody} ${LAB} ping -c 1`,
    "192.0.2.2",
  );
  if (code === 0) match(stdout, / 1 received/);
  else match(stderr, /^masscanned: [^\n]* run it with sudo[^\n]*\n$/);
});

function isRunning(pid: string): boolean {
  try {
    return Deno.statSync(`/proc/${pid}`).isDirectory;
  } catch {
    return false;
  }
}
