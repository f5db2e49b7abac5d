import { FOR_OURS, lab, MAC, Masscanned, OURS, run } from "./lab.ts";

const ROUTER = MAC.replaceAll(":", "-");
// It ends with the next packet that comes, and there may be none.
const MASSCAN = `timeout -s KILL 5 masscan --adapter client0 ` +
  `--source-ip 192.0.2.50 ` +
  `--router-mac ${ROUTER} --rate 100 --wait 0`;
const ZMAP = `zmap -i client0 -G ${MAC} -S 192.0.2.1 -b /dev/null ` +
  `--cooldown-time=1 --rate=100 --output-file=/dev/null`;

// [client, command, who masscanned says it is]
const SCANS: readonly [client: string, command: string, name: string][] = [
  ["nmap", `nmap -n -Pn -sS -p 22,80,443 ${OURS}`, "nmap at 192.0.2.1"],
  ["nmap", `nmap -n -Pn -sX -p 22 ${OURS}`, "perhaps nmap at 192.0.2.1"],
  ["nmap", `nmap -n -Pn -sA -p 22 ${OURS}`, "nmap at 192.0.2.1"],
  [
    "nmap",
    `nmap -n -Pn -sT -p 80 --script http-title ${OURS}`,
    "nmap at 192.0.2.1",
  ],
  ["masscan", `${MASSCAN} -p 80 ${OURS}`, "masscan at 192.0.2.50"],
  ["zmap", `${ZMAP} -p 80 ${OURS}`, "(perhaps )?ZMap at 192.0.2.1"],
  ["zmap", `${ZMAP} -M icmp_echoscan ${OURS}`, "(perhaps )?ZMap at 192.0.2.1"],
  ["hping3", `hping3 --syn -p 80 -c 1 ${OURS}`, "perhaps hping at 192.0.2.1"],
];

for (const [client, command, name] of SCANS) {
  lab(`${command} is told to be ${name}`, [client], async () => {
    await using masscanned = await Masscanned.start(`${FOR_OURS} -v`);
    await run(command);
    await masscanned.says(new RegExp(`^WARN - ${name}: `));
  });
}
