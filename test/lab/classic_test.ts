import { match } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  FOR_OURS,
  lab,
  MAC,
  Masscanned,
  NOBODY,
  OURS,
  OURS_6,
  run,
  succeed,
} from "./lab.ts";

const SUITE = fileURLToPath(new URL("classic.py", import.meta.url));
const DENIED = "192.0.2.66";
const CLASSIC = `--persona classic --amplification-limit off`;

lab("what was written against the original passes unchanged", [
  "scapy",
], async (context) => {
  await using _masscanned = await Masscanned.start(
    `${FOR_OURS} ${CLASSIC} --remote-ip-deny-list ${DENIED}`,
  );
  // Debian's Python, which has Debian's scapy.
  const suite = `/usr/bin/python3 -B ${SUITE}`;
  const { stdout, stderr } = await run(
    `${suite} ${MAC} ${OURS} ${OURS_6} ${NOBODY} ${DENIED}`,
  );
  const checks = stdout.trim().split("\n");
  match(checks.at(-1)!, /^(not )?ok dns/, stdout + stderr); // the last there is
  for (const check of checks) {
    await context.step(check.replace(/^(not )?ok |:.*/g, ""), () => {
      match(check, /^ok /);
    });
  }
});

lab("rpcinfo and nmap find the original's port mapper", [
  "nmap",
  "rpcinfo",
], async () => { // RPC-13
  await using _masscanned = await Masscanned.start(`${FOR_OURS} ${CLASSIC}`);
  const map = await succeed(`rpcinfo -p ${OURS}`);
  for (const version of [2, 3, 4]) {
    match(map, new RegExp(`^ +100000 +${version} +tcp +111 +portmapper$`, "m"));
    const ready = `program 100000 version ${version} ready and waiting`;
    match(await succeed(`rpcinfo -u ${OURS} 100000`), new RegExp(ready));
  }
  const said = await succeed(
    `nmap -n -Pn -sSU -sV -p 111 --script rpcinfo,rpc-grind ${OURS}`,
  );
  for (const transport of ["tcp", "udp"]) {
    match(
      said,
      new RegExp(`^111/${transport} +open +\\w+ .*RPC #10000\\d`, "m"),
    );
  }
});

// [what smbclient offers, what the original takes]: SMB-10, SMB-16
const DIALECTS: readonly [options: string, dialect: string][] = [
  ["--option=clientminprotocol=NT1 --option=clientmaxprotocol=NT1", "NT1"],
  ["--option=clientminprotocol=SMB2_02", "SMB2_02"],
];

for (const [options, dialect] of DIALECTS) {
  lab(`smbclient agrees with the original on ${dialect}`, [
    "smbclient",
  ], async () => {
    await using _masscanned = await Masscanned.start(`${FOR_OURS} ${CLASSIC}`);
    const { stdout, stderr } = await run(
      `smbclient -d4 ${options} -N -L ${OURS} -U %`,
    );
    match(stdout + stderr, new RegExp(`negotiated dialect\\[${dialect}\\]`));
  });
}
