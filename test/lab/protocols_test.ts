import { deepStrictEqual, match } from "node:assert/strict";
import { lab, Masscanned, OURS, OURS_6, run, succeed } from "./lab.ts";

// [question, answer]
const QUESTIONS: readonly [question: string, answer: string][] = [
  [`@${OURS} www.example.com A`, `${OURS}\n`],
  [`@${OURS} +tcp www.example.com A`, `${OURS}\n`],
  [`@${OURS} -p 31337 www.example.com A`, `${OURS}\n`],
  [`@${OURS_6} www.example.com AAAA`, `${OURS_6}\n`],
  [`@${OURS} www.example.com MX`, ""],
  [`@${OURS} version.bind CH TXT`, '"9.18.28-1~deb12u2-Debian"\n'],
];

for (const [question, answer] of QUESTIONS) {
  lab(`dig ${question} gets an answer`, ["dig"], async () => {
    await using _masscanned = await Masscanned.start();
    deepStrictEqual(await succeed(`dig +short +time=10 ${question}`), answer);
  });
}

lab("ssh gets as far as the key exchange", ["ssh"], async () => {
  await using masscanned = await Masscanned.start();
  const { stderr } = await run(
    `ssh -v -F none -o BatchMode=yes -o StrictHostKeyChecking=no ` +
      `-o UserKnownHostsFile=/dev/null -o ConnectTimeout=20 root@${OURS}`,
  );
  match(stderr, /remote software version OpenSSH_9\.2p1 Debian/);
  match(stderr, /SSH2_MSG_KEXINIT received/);
  await masscanned.says(/^WARN - SSH server banner to OpenSSH_/);
});

lab("nmap, which waits for a greeting, names OpenSSH", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start();
  match(
    await succeed(`nmap -n -Pn -sV -p 22 --version-intensity 0 ${OURS}`),
    /22\/tcp open +ssh +OpenSSH 9\.2p1 Debian 2\+deb12u\d+ \(protocol 2\.0\)/,
  );
});
