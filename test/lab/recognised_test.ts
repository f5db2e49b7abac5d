/**
 * Who others take us for: nmap, which asks on purpose, and p0f, which listens.
 *
 * @module
 */

import { deepStrictEqual, match, ok } from "node:assert/strict";
import {
  FOR_OURS,
  HOST,
  lab,
  Masscanned,
  ON_SENSOR,
  OURS,
  run,
  succeed,
  until,
} from "./lab.ts";

// What nmap has to say of each service.
const SERVICES: readonly RegExp[] = [
  /^22\/tcp +open +ssh +OpenSSH 9\.2p1 Debian 2\+deb12u10 \(protocol 2\.0\)$/m,
  /^53\/tcp +open +domain +ISC BIND 9\.18\.49-1~deb12u3 \(Debian Linux\)$/m,
  /^53\/udp +open +domain +ISC BIND 9\.18\.49-1~deb12u3 \(Debian Linux\)$/m,
  /^80\/tcp +open +http +nginx 1\.22\.1$/m,
  /^111\/tcp +open +rpcbind +2-4 \(RPC #100000\)$/m,
  /^111\/udp +open +rpcbind +2-4 \(RPC #100000\)$/m,
  /^445\/tcp +open +netbios-ssn +Samba smbd 3\.X - 4\.X \(workgroup: WORKGROUP\)$/m,
  /^Service Info: .*OS: Linux/m,
];

lab("nmap names every service, and versions of one Debian", [
  "nmap",
], async () => {
  await using _masscanned = await Masscanned.start();
  const ports = "T:22,53,80,111,445,U:53,111";
  const said = await succeed(`nmap -n -Pn -sSU -sV -p ${ports} ${OURS}`);
  for (const service of SERVICES) match(said, service);
});

lab("nmap takes us for Linux, whatever the port", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start();
  const said = await succeed(`nmap -n -Pn -O --osscan-guess -p 22,80 ${OURS}`);
  const guesses = said.match(/^Aggressive OS guesses: (.*)$/m)![1]!.split(
    "), ",
  );
  match(guesses[0]!, /^Linux \d\.\d+ - 5\.\d/);
});

// What differs from one scan of the same host to the next.
const OF_THE_DAY = /%(D|OT|CT|CU|PV|DS|DC|G|M|TM|P|SP|ISR|GCD)=[^%)]*/g;

/** The fingerprint that nmap -O took, with the guess that it led to. */
async function fingerprintOf(
  address: string,
): Promise<readonly [print: string, guess: string | undefined]> {
  const said = await succeed(
    `nmap -n -Pn -O -d --max-os-tries 1 -p 22,4 ${address}`,
  );
  const print = said.match(/(?<=^OS:).*$/gm)!.join("");
  ok(print.includes("SEQ("), said);
  const answers = print.slice(print.indexOf("SEQ("))
    .replace(/SEQ\(/, "SEQ(%").replaceAll(OF_THE_DAY, "");
  return [answers, said.match(/^OS details: (.*)$/m)?.[1]];
}

/** A server of the kernel's own on the sensor's side. */
async function startServer(port: number): Promise<AsyncDisposable> {
  // The receive buffer that Linux has by default decides on the window scale.
  const memory = "net.ipv4.tcp_rmem=4096 131072 6291456";
  await succeed(`${ON_SENSOR} sysctl -q -w`, memory);
  const [program, ...args] = ON_SENSOR.split(" ");
  const server = new Deno.Command(program!, {
    args: [...args, "python3", "-m", "http.server", "--bind", HOST, `${port}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://${HOST}:${port}/`;
  await until(
    "the kernel answers",
    async () => (await run(`curl -sS -o /dev/null ${url}`)).code === 0,
  );
  return {
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await server.status;
    },
  };
}

lab("nmap finds no difference between us and a Linux host", [
  "curl",
  "nmap",
  "python3",
], async () => {
  await using _masscanned = await Masscanned.start(`${FOR_OURS} --ports 22`);
  await using _server = await startServer(22);
  const [theirs] = await fingerprintOf(HOST);
  const [ours, guess] = await fingerprintOf(OURS);
  // Linux of late draws timestamps anew for each connection; that of our
  // Debian does not, so that nmap sees its clock go at 1000 Hz.
  deepStrictEqual(ours, theirs.replace(/%TS=\w+/, "%TS=A"));
  match(guess!, /^Linux 4\.15 - 5\.6/);
});

// What p0f 3.09 knows of Linux is older than its windows of 45 segments, so
// that it names neither: it has to see the same of both.
lab("p0f sees no difference between us and a Linux host", [
  "curl",
  "p0f",
  "python3",
], async () => {
  await using _masscanned = await Masscanned.start();
  await using _server = await startServer(80);
  const log = await Deno.makeTempFile();
  const listener = new Deno.Command("p0f", {
    args: ["-i", "client0", "-o", log],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const signatureOf = (address: string): string | undefined =>
      Deno.readTextFileSync(log).match(
        new RegExp(`mod=syn\\+ack\\|.*srv=${address}/80\\|.*raw_sig=(.*)`),
      )?.[1];
    for (const address of [HOST, OURS]) {
      await until(`p0f sees ${address}`, async () => {
        await succeed(`curl -sS -o /dev/null http://${address}/`);
        return signatureOf(address) !== undefined;
      });
    }
    deepStrictEqual(signatureOf(OURS), signatureOf(HOST));
    match(signatureOf(OURS)!, /:mss\*45,7:mss,sok,ts,nop,ws:df:0$/);
  } finally {
    listener.kill();
    await listener.status;
    await Deno.remove(log);
  }
});
