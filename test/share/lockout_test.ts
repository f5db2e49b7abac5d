import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Host } from "../../src/share/host.ts";
import { lockouts } from "../../src/share/lockout.ts";
import type { PortRange } from "../../src/ports.ts";
import { parseSockets } from "../../src/share/sockets.ts";
import { host } from "./host.ts";

// As Linux 6.1 printed them: sshd on every address, a web server on one, and
// connections to both, one of them over IPv6 and one to a client's own port.
const TCP = `\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5161 1 0000000000000000 100 0 0 10 0
   1: 020200C0:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5162 1 0000000000000000 100 0 0 10 0
   2: 010200C0:0016 076433C6:C350 01 00000000:00000000 00:00000000 00000000     0        0 5163 1 0000000000000000 20 4 30 10 -1
   3: 010200C0:8234 076433C6:01BB 01 00000000:00000000 00:00000000 00000000     0        0 5164 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5165 1 0000000000000000 100 0 0 10 0
   1: B80D0120000000000000000001000000:0016 B80D0120000000000000000009000000:D431 01 00000000:00000000 00:00000000 00000000     0        0 5166 1 0000000000000000 20 4 30 10 -1
   2: 0000000000000000FFFF0000010200C0:0016 0000000000000000FFFF0000086433C6:D432 01 00000000:00000000 00:00000000 00000000     0        0 5167 1 0000000000000000 20 4 30 10 -1
`;
const SOCKETS = [...parseSockets(TCP), ...parseSockets(TCP6)];

Deno.test("parseSockets() reads both families", () => {
  deepStrictEqual(
    SOCKETS.map(({ local, localPort, remote, state }) =>
      `${local} ${localPort} ${remote} ${state}`
    ),
    [
      "0.0.0.0 22 0.0.0.0 10",
      "192.0.2.2 80 0.0.0.0 10",
      "192.0.2.1 22 198.51.100.7 1",
      "192.0.2.1 33332 198.51.100.7 1",
      ":: 22 :: 10",
      "2001:db8::1 22 2001:db8::9 1",
      "192.0.2.1 22 198.51.100.8 1",
    ],
  );
});

const tcp = (first: number, last = first): PortRange => ({
  transport: "tcp",
  first,
  last,
});
const SESSION = "198.51.100.7 50000 192.0.2.1 2222";

// What is shared and kept, on which host → what is said against it.
const CASES: readonly [
  string,
  PortRange[],
  Partial<Host>,
  RegExp | undefined,
][] = [
  ["192.0.2.1", [tcp(22)], { sockets: SOCKETS }, undefined],
  ["192.0.2.1", [tcp(1, 100)], { sockets: SOCKETS }, undefined],
  [
    "192.0.2.1",
    [tcp(23)],
    { sockets: SOCKETS },
    /198\.51\.100\.7 is connected to tcp\/22: add --keep tcp\/22/,
  ],
  [
    "192.0.2.1",
    [{ ...tcp(22), transport: "udp" }],
    { sockets: SOCKETS },
    /connected to tcp\/22/,
  ],
  [
    "2001:db8::1",
    [],
    { sockets: SOCKETS },
    /2001:db8::9 is connected to tcp\/22/,
  ],
  // Nobody is connected there.
  [
    "192.0.2.2",
    [],
    { sockets: SOCKETS },
    /with --keep nothing no way to log in is left; the host listens on tcp\/22, tcp\/80/,
  ],
  [
    "192.0.2.2",
    [tcp(222)],
    { sockets: SOCKETS },
    /with --keep tcp\/222 no way/,
  ],
  ["192.0.2.2", [tcp(80)], { sockets: SOCKETS }, undefined],
  // A host without any server has another way in.
  ["192.0.2.2", [], {}, undefined],
  // A session whose sshd is on no list, as in a namespace of its own.
  [
    "192.0.2.1",
    [tcp(22)],
    { sshConnection: SESSION },
    /this SSH session comes in on tcp\/2222 of 192\.0\.2\.1, from 198\.51\.100\.7: add --keep tcp\/2222/,
  ],
  ["192.0.2.1", [tcp(2222)], { sshConnection: SESSION }, undefined],
  ["192.0.2.2", [tcp(22)], { sshConnection: SESSION }, undefined],
];

for (const [address, keep, more, says] of CASES) {
  Deno.test(`lockouts() of ${address}, keeping ${JSON.stringify(keep)}, with ${more.sshConnection ?? `${more.sockets?.length ?? 0} sockets`}`, () => {
    const options = { iface: "eth0", addresses: [address], keep, force: false };
    const [reason, ...rest] = lockouts(options, host(more));
    deepStrictEqual(rest, []);
    if (says === undefined) strictEqual(reason, undefined);
    else match(reason!, says);
  });
}
