import { deepStrictEqual, match, ok } from "node:assert/strict";
import { lab, Masscanned, OURS, OURS_6, run, succeed } from "./lab.ts";

const PORT_MAP = `   program vers proto   port  service
    100000    4   tcp    111  portmapper
    100000    3   tcp    111  portmapper
    100000    2   tcp    111  portmapper
    100000    4   udp    111  portmapper
    100000    3   udp    111  portmapper
    100000    2   udp    111  portmapper
`;
const READY = `program 100000 version 2 ready and waiting
program 100000 version 3 ready and waiting
program 100000 version 4 ready and waiting
`;

lab("rpcinfo lists the port mapper", ["rpcinfo"], async () => {
  await using masscanned = await Masscanned.start();
  for (const address of [OURS, OURS_6]) {
    deepStrictEqual(await succeed(`rpcinfo -p ${address}`), PORT_MAP);
  }
  deepStrictEqual(await succeed(`rpcinfo -T udp -p ${OURS}`), PORT_MAP);
  const line = / 100000 +2,3,4 +local,udp,tcp,udp6,tcp6 +portmapper +superuser/;
  match(await succeed(`rpcinfo -s ${OURS}`), line);
  match(await succeed(`rpcinfo ${OURS_6}`), / 100000 +4 +tcp6 +::\.0\.111 /);
  await masscanned.says("WARN - RPC: Portmap version 2, procedure 4");
});

lab("rpcinfo calls the port mapper", ["rpcinfo"], async () => {
  await using _masscanned = await Masscanned.start();
  for (const transport of ["-t", "-u"]) {
    const said = await succeed(`rpcinfo ${transport} ${OURS} 100000`);
    deepStrictEqual(said, READY);
  }
  const nfs = await run(`rpcinfo -u ${OURS} 100003`);
  deepStrictEqual(nfs.stderr, `${OURS}: RPC: Program not registered\n`);
});

lab("showmount is told that there is no mount daemon", [
  "showmount",
], async () => {
  await using masscanned = await Masscanned.start();
  for (const what of ["-e", "-a"]) {
    const { code, stderr } = await run(`showmount ${what} ${OURS}`);
    deepStrictEqual(stderr, "clnt_create: RPC: Program not registered\n");
    ok(code !== 0);
  }
  await masscanned.says("WARN - RPC: Portmap version 4, procedure 3");
});

// [option, transport, versions that a dump over it has room for]
const SCANS = [["-sS", "tcp", "2,3,4"], ["-sU", "udp", "3,4"]] as const;

for (const [scan, transport, versions] of SCANS) {
  lab(`nmap names the port mapper over ${transport}`, ["nmap"], async () => {
    await using _masscanned = await Masscanned.start();
    const said = await succeed(
      `nmap -n -Pn ${scan} -sV -p 111 --script rpcinfo,rpc-grind ${OURS}`,
    );
    match(said, new RegExp(`^111/${transport} +open +rpcbind +2-4 `, "m"));
    match(said, new RegExp(` 100000 +${versions} +111/udp +rpcbind`));
  });
}
