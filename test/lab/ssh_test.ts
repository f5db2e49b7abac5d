import { match, ok } from "node:assert/strict";
import { lab, Masscanned, OURS, OURS_6, run, succeed } from "./lab.ts";

const SERVER = /remote software version OpenSSH_9\.2p1 Debian/;

lab("OpenSSH gets as far as the key exchange", ["ssh"], async () => {
  await using masscanned = await Masscanned.start();
  for (const address of [OURS, OURS_6]) {
    const { code, stderr } = await run(
      `ssh -v -F none -o BatchMode=yes -o StrictHostKeyChecking=no ` +
        `-o UserKnownHostsFile=/dev/null -o ConnectTimeout=20 root@${address}`,
    );
    match(stderr, SERVER);
    match(stderr, /SSH2_MSG_KEXINIT received/);
    match(stderr, /kex: algorithm: /); // there is one in common
    match(stderr, /Received disconnect from .*: key exchange failed/);
    ok(code !== 0);
  }
  await masscanned.says(/^WARN - SSH server banner to OpenSSH_/);
  await masscanned.says(/^WARN - SSH key exchange, offered .*curve25519/);
});

lab("PuTTY gets as far as the key exchange", ["plink"], async () => {
  await using masscanned = await Masscanned.start();
  const { code, stderr } = await run(`plink -batch -v -P 2222 root@${OURS}`);
  match(stderr, /Remote version: SSH-2\.0-OpenSSH_9\.2p1 Debian/);
  match(stderr, /Using SSH protocol version 2/);
  match(stderr, /Doing .* key exchange/);
  match(stderr, /SSH2_MSG_DISCONNECT/);
  ok(code !== 0);
  await masscanned.says(/^WARN - SSH server banner to PuTTY_/);
  await masscanned.says(/^WARN - SSH key exchange, offered .*curve25519/);
});

lab("nmap lists what the SSH server offers", ["nmap"], async () => {
  await using masscanned = await Masscanned.start();
  const said = await succeed(
    `nmap -n -Pn -p 22 --script ssh2-enum-algos ${OURS}`,
  );
  // As sshd 9.2 of Debian 12 does.
  const lists: readonly [list: string, count: number][] = [
    ["kex_algorithms", 12],
    ["server_host_key_algorithms", 4],
    ["encryption_algorithms", 6],
    ["mac_algorithms", 10],
    ["compression_algorithms", 2],
  ];
  for (const [list, count] of lists) {
    ok(said.includes(`${list}: (${count})\n`), said);
  }
  await masscanned.says("WARN - SSH server banner to Nmap_SSH2_Enum_Algos");
});

lab("nmap, which waits for a greeting, names OpenSSH", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start();
  match(
    await succeed(`nmap -n -Pn -sV -p 22 --version-intensity 0 ${OURS}`),
    /22\/tcp open +ssh +OpenSSH 9\.2p1 Debian 2\+deb12u10 \(protocol 2\.0\)/,
  );
});
