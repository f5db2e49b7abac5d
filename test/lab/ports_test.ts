import { deepStrictEqual, match, ok } from "node:assert/strict";
import {
  FOR_OURS,
  lab,
  Masscanned,
  OURS,
  OURS_6,
  run,
  succeed,
} from "./lab.ts";

const PORTS = "--ports tcp/22,80,8000-8001,udp/53";
const SCAN = "nmap -n -Pn --reason --max-retries 3 -oG -";

/** What nmap says of each port, by its number. */
async function scan(options: string): Promise<Record<string, string>> {
  const said = await succeed(`${SCAN} ${options}`);
  const [, ports = ""] = /\tPorts: ([^\t\n]*)/.exec(said) ?? [];
  return Object.fromEntries(
    ports.split(", ").map((port) => port.split("/").slice(0, 2)),
  );
}

for (const [family, target] of [["", OURS], ["-6 ", OURS_6]]) {
  lab(`nmap ${family}sees which TCP ports are open`, ["nmap"], async () => {
    await using _masscanned = await Masscanned.start(`${FOR_OURS} ${PORTS}`);
    deepStrictEqual(
      await scan(`${family}-sS -p 21-23,80,7999-8002 ${target}`),
      {
        21: "closed",
        22: "open",
        23: "closed",
        80: "open",
        7999: "closed",
        8000: "open",
        8001: "open",
        8002: "closed",
      },
    );
  });

  lab(`nmap ${family}sees which UDP ports are open`, ["nmap"], async () => {
    await using _masscanned = await Masscanned.start(`${FOR_OURS} ${PORTS}`);
    deepStrictEqual(await scan(`${family}-sU -p 52-54,9 ${target}`), {
      9: "closed",
      52: "closed",
      53: "open",
      54: "closed",
    });
  });
}

lab(
  "nmap's FIN, NULL and Xmas scans tell open from closed",
  ["nmap"],
  async () => {
    await using _masscanned = await Masscanned.start(`${FOR_OURS} ${PORTS}`);
    for (const kind of ["-sF", "-sN", "-sX"]) {
      deepStrictEqual(await scan(`${kind} -p 80,81 ${OURS}`), {
        80: "open|filtered",
        81: "closed",
      });
    }
  },
);

lab("an ACK scan finds no filter in front of us, with ports or without", [
  "nmap",
], async () => {
  for (const ports of ["", ` ${PORTS}`]) {
    await using _masscanned = await Masscanned.start(`${FOR_OURS}${ports}`);
    deepStrictEqual(await scan(`-sA -p 80,81 ${OURS}`), {
      80: "unfiltered",
      81: "unfiltered",
    });
  }
});

// "Fingerprint Linux 4.15 - 5.6" of nmap-os-db, the lines that need a closed port.
const REFUSALS = [
  "T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)",
  "T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)",
  "T7(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)",
  "U1(R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)",
];

lab("nmap -O finds our closed ports to be Linux's", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start(`${FOR_OURS} ${PORTS}`);
  const said = await succeed(`nmap -n -Pn -O -d -p 80,81,9 ${OURS}`);
  const print = [...said.matchAll(/^OS:(.*)$/gm)].map(([, part]) => part);
  for (const line of REFUSALS) ok(print.join("").includes(line), said);
});

lab("connect() is refused at once", ["curl"], async () => {
  await using masscanned = await Masscanned.start(`${FOR_OURS} ${PORTS}`);
  for (const url of [`http://${OURS}:81/`, `http://[${OURS_6}]:81/`]) {
    const { code, stderr } = await run(`curl -sS --max-time 20 ${url}`);
    deepStrictEqual(code, 7);
    match(stderr, /[Cc]ouldn't connect|Connection refused|Failed to connect/);
  }
  await masscanned.says("WARN - RST on port 81");
  match(
    await succeed(`curl -sS --max-time 20 http://${OURS}:8001/`),
    /401 Authorization Required/,
  );
});

lab(
  "a protocol that is not spoken is not spoken",
  ["curl", "dig"],
  async () => {
    await using _masscanned = await Masscanned.start(
      `${FOR_OURS} --no-protocols HTTP`,
    );
    deepStrictEqual(
      (await run(`curl -sS --max-time 2 http://${OURS}/`)).code,
      28, // timed out: it is connected, and nobody answers
    );
    const question = `dig +short +time=10 @${OURS} www.example.com A`;
    deepStrictEqual(await succeed(question), `${OURS}\n`);
  },
);
