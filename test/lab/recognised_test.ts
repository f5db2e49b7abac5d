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
  runMasscanned,
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
  match(guesses[0]!, /^Linux \d\.\d/); // one version, or several in a row
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
  // Six random sequence numbers may look less random than nmap's list allows:
  // it takes five fingerprints itself before it gives up.
  let guess: string | undefined;
  for (let tries = 0; guess === undefined && tries < 5; tries++) {
    let ours: string;
    [ours, guess] = await fingerprintOf(OURS);
    // Linux of late draws timestamps anew for each connection; that of our
    // Debian does not, so that nmap sees its clock go at 1000 Hz.
    deepStrictEqual(ours, theirs.replace(/%TS=\w+/, "%TS=A"));
  }
  match(guess ?? "none", /^Linux 4\.15 - 5\.6/);
});

/** What p0f takes from the SYN-ACK of an address's port 80, asked by curl. */
async function signaturesOf(...addresses: string[]): Promise<string[]> {
  const log = await Deno.makeTempFile();
  const listener = new Deno.Command("p0f", {
    args: ["-i", "client0", "-o", log],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const signatures: string[] = [];
    for (const address of addresses) {
      const pattern = new RegExp(
        `mod=syn\\+ack\\|.*srv=${address}/80\\|.*raw_sig=(.*)`,
      );
      await until(`p0f sees ${address}`, async () => {
        await succeed(`curl -sS -o /dev/null http://${address}/`);
        const [, signature] = pattern.exec(await Deno.readTextFile(log)) ?? [];
        if (signature !== undefined) signatures.push(signature);
        return signature !== undefined;
      });
    }
    return signatures;
  } finally {
    listener.kill();
    await listener.status;
    await Deno.remove(log);
  }
}

// What p0f 3.09 knows of Linux is older than its windows of 45 segments, so
// that it names neither: it has to see the same of both.
lab("p0f sees no difference between us and a Linux host", [
  "curl",
  "p0f",
  "python3",
], async () => {
  await using _masscanned = await Masscanned.start();
  await using _server = await startServer(80);
  const [theirs, ours] = await signaturesOf(HOST, OURS);
  deepStrictEqual(ours, theirs);
  match(ours!, /:mss\*45,7:mss,sok,ts,nop,ws:df:0$/);
});

lab("p0f sees the signature that the audit warns of", [
  "curl",
  "p0f",
], async () => {
  const args = `${FOR_OURS} --persona classic`;
  await using _masscanned = await Masscanned.start(args);
  const [signature] = await signaturesOf(OURS);
  const { code, stdout } = await runMasscanned(`self-audit ${args}`);
  deepStrictEqual(code, 1);
  const said = /^high .* p0f's signature (\S+) /m.exec(stdout);
  deepStrictEqual(said?.[1], signature, stdout);
});

lab("what the audit finds nothing wrong with, nmap takes for a server", [
  "nmap",
], async () => {
  const args = `-i sensor0 -m 52:54:00:12:34:56 --self-ip-list ${OURS} ` +
    `--ports tcp/22,80,udp/53 --protocols http,ssh,dns`;
  const { code, stdout } = await runMasscanned(`self-audit ${args}`);
  deepStrictEqual(code, 0, stdout);
  await using _masscanned = await Masscanned.start(args);
  const said = await succeed(
    `nmap -n -Pn -sS -sV -O -T4 -p 1-65535 --version-light ${OURS}`,
  );
  match(said, /\n22\/tcp\s+open\s+ssh\s+OpenSSH 9\.2p1 Debian/);
  match(said, /\n80\/tcp\s+open\s+http\s+nginx 1\.22\.1/);
  match(said, /Not shown: 65533 closed/);
  match(said, /\nOS details: Linux 4/);
});
