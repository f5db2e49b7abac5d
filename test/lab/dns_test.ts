import { deepStrictEqual, match, ok } from "node:assert/strict";
import { lab, Masscanned, OURS, OURS_6, run, succeed } from "./lab.ts";

// [question, answer]
const QUESTIONS: readonly [question: string, answer: string][] = [
  [`@${OURS} www.example.com A`, `${OURS}\n`],
  [`@${OURS} +tcp www.example.com A`, `${OURS}\n`],
  [`@${OURS} -p 31337 www.example.com A`, `${OURS}\n`],
  [`@${OURS} +noedns www.example.com A`, `${OURS}\n`],
  [`@${OURS_6} www.example.com AAAA`, `${OURS_6}\n`],
  [`@${OURS_6} +tcp www.example.com AAAA`, `${OURS_6}\n`],
  [`@${OURS_6} www.example.com A`, ""],
  [`@${OURS} www.example.com MX`, ""],
  [`@${OURS} version.bind CH TXT`, '"9.18.49-1~deb12u3-Debian"\n'],
];

lab("dig gets an answer to every question", ["dig"], async () => {
  await using masscanned = await Masscanned.start();
  for (const [question, answer] of QUESTIONS) {
    const said = await succeed(`dig +short +time=10 ${question}`);
    deepStrictEqual(said, answer, question);
  }
  await masscanned.says("WARN - DNS answer to www.example.com IN A");
  await masscanned.says("WARN - DNS answer to www.example.com IN AAAA");
  await masscanned.says("WARN - DNS answer to version.bind CH TXT");
});

// [question, response code, what else dig has to say]
const REFUSALS: readonly [string, string, RegExp][] = [
  ["www.example.com ANY", "REFUSED", /ANSWER: 0/],
  ["example.com AXFR", "REFUSED", /Transfer failed/],
  ["example.com IXFR=1", "REFUSED", /ANSWER: 0/],
  ["example.com CH A", "REFUSED", /ANSWER: 0/],
  ["+edns=1 +noednsnegotiation example.com A", "BADVERS", /EDNS: version: 0,/],
  ["+opcode=NOTIFY example.com SOA", "NOTIMP", /ANSWER: 0/],
  ["example.com MAILB", "NOTIMP", /ANSWER: 0/],
];

lab("dig gets a proper code for what is refused", ["dig"], async () => {
  await using _masscanned = await Masscanned.start();
  const options = "+time=10 +tries=1 +noall +comments";
  for (const [question, code, more] of REFUSALS) {
    const { stdout } = await run(`dig ${options} @${OURS} ${question}`);
    match(stdout, new RegExp(`status: ${code}, `), question);
    match(stdout, more, question);
    ok(!/malformed|WARNING: (?!recursion)/i.test(stdout), stdout);
  }
});

lab("dig speaks EDNS, with options and DNSSEC", ["dig"], async () => {
  await using _masscanned = await Masscanned.start();
  const options = "+time=10 +dnssec +nsid +cookie +subnet=198.51.100.0/24";
  const said = await succeed(`dig ${options} @${OURS} www.example.com A`);
  match(said, /status: NOERROR/);
  match(said, /EDNS: version: 0, flags: do; udp: 1232/);
  match(said, new RegExp(`^www\\.example\\.com\\..*IN\\s+A\\s+${OURS}$`, "m"));
});

// [arguments, last line]
const HOST: readonly [string, string][] = [
  [
    `www.example.com ${OURS}`,
    `www.example.com has address ${OURS}`,
  ],
  [
    `-t AAAA -T www.example.com ${OURS_6}`,
    `www.example.com has IPv6 address ${OURS_6}`,
  ],
  [
    `-t AAAA www.example.com ${OURS}`,
    "www.example.com has no AAAA record",
  ],
  [
    `-t ANY www.example.com ${OURS}`,
    "Host www.example.com not found: 5(REFUSED)",
  ],
  [`-l example.com ${OURS}`, "; Transfer failed."],
  [
    `-c CH -t TXT version.bind ${OURS}`,
    'version.bind descriptive text "9.18.49-1~deb12u3-Debian"',
  ],
];

lab("host gets an answer to every question", ["host"], async () => {
  await using _masscanned = await Masscanned.start();
  for (const [question, answer] of HOST) {
    const { stdout } = await run(`host -W 10 ${question}`);
    deepStrictEqual(stdout.trimEnd().split("\n").at(-1), answer);
  }
});
