/**
 * What is open, and what is said there.
 *
 * @module
 */

import type { Criterion } from "./finding.ts";
import { IPPROTO } from "./packet.ts";
import { NONSENSE, TCP_REQUESTS, UDP_REQUESTS, USUAL } from "./requests.ts";
import type { Suspect } from "./suspect.ts";

// https://github.com/ivre/ivre/pull/1292, VIEW_SYNACK_HONEYPOT_COUNT.
const IVRE_MAX = 200;
// https://github.com/praetorian-inc/chariot-ui/issues/741: 25 once, then 50.
const PRAETORIAN_MAX = 50;
const PRAETORIAN_ONCE_MAX = 25;

const SAMPLE = 32; // ports that are talked to
const SAME_MAX = 5; // ports of one host where the same page is nothing odd
const UDP_SAMPLE = 64;
const UDP_PAUSE_MS = 1000; // in which budgets fill up

/** More open ports than any host has. */
const manyPorts: Criterion = {
  name: "number of open TCP ports",
  examine: ({ openPorts: { length } }) => {
    if (length <= PRAETORIAN_ONCE_MAX) return undefined;
    const who = length >= IVRE_MAX
      ? `IVRE calls that a honeypot from ${IVRE_MAX} on, Praetorian from ${PRAETORIAN_MAX}`
      : length > PRAETORIAN_MAX
      ? `Praetorian calls more than ${PRAETORIAN_MAX} a honeypot`
      : `some call more than ${PRAETORIAN_ONCE_MAX} a honeypot`;
    return {
      level: length > PRAETORIAN_MAX ? "high" : "medium",
      what: `${length} TCP ports are open: ${who}`,
      remedy: `--ports, with ${PRAETORIAN_ONCE_MAX} of them or fewer`,
    };
  },
};

/** One page on many ports. */
const samePage: Criterion = {
  name: "one page on many ports",
  examine: (suspect) => {
    const asked = sample(suspect.openPorts);
    const pages = asked.map((port) =>
      suspect.call(port).ask(TCP_REQUESTS.http!).toHex()
    ).filter((page) => page !== "");
    const most = Math.max(
      0,
      ...Map.groupBy(pages, (page) => page).values().map((some) => some.length),
    );
    if (most <= SAME_MAX) return undefined;
    return {
      level: "high",
      what: `${most} of the ${asked.length} ports that were asked serve ` +
        `the same page: nuclei counts such matches, and a person sees it at once`,
      remedy:
        `--ports, with ${SAME_MAX} of them or fewer; or --no-protocols http`,
    };
  },
};

/** Everything on one port. */
const manyServices: Criterion = {
  name: "services on one port",
  examine: (suspect) => {
    const [port] = suspect.openPorts;
    if (port === undefined) return undefined;
    const spoken = Object.entries(TCP_REQUESTS)
      .filter(([, request]) => suspect.call(port).ask(request).length > 0)
      .map(([name]) => name);
    if (spoken.length < 2) return undefined;
    return {
      level: "note",
      what: `port ${port} speaks ${spoken.join(", ")}, whichever a client ` +
        `speaks first: nobody tries that by chance, and no server does it`,
      remedy: "so it is meant; --protocols with fewer of them",
    };
  },
};

/** A door with nobody behind it. */
const idlePorts: Criterion = {
  name: "what the open ports are known for",
  examine: ({ openPorts, options: { spoken } }) => {
    if (openPorts.length >= IVRE_MAX) return undefined; // said already
    const idle = openPorts.filter((port) => {
      const service = USUAL.get(port);
      return service !== undefined && !spoken.includes(service);
    });
    if (idle.length === 0) return undefined;
    const ports = idle.map((port) => `${port} (${USUAL.get(port)})`).join(", ");
    return {
      level: "medium",
      what: `open, but what clients expect there is not spoken: ${ports}`,
      remedy: "--ports without them, or --protocols with that",
    };
  },
};

/** Datagrams answered wherever they go. */
const udpEverywhere: Criterion = {
  name: "UDP ports that answer",
  examine: (suspect) => {
    for (const [name, request] of Object.entries(UDP_REQUESTS)) {
      suspect.wait(UDP_PAUSE_MS);
      const answering = sample(ALL_PORTS, UDP_SAMPLE).filter((port) =>
        suspect.datagram(port, request)
          .some(({ protocol }) => protocol === IPPROTO.udp)
      );
      if (answering.length <= SAME_MAX) continue;
      return {
        level: "high",
        what:
          `${answering.length} of ${UDP_SAMPLE} UDP ports answer ${name}: ` +
          `no server has it on more than one or two`,
        remedy: `--ports, such as udp/53`,
      };
    }
    return undefined;
  },
};

/** What LZR calls "does not speak TCP". */
const acknowledgesData: Criterion = {
  name: "whether data is acknowledged",
  examine: (suspect) => {
    const ports = sample(suspect.openPorts);
    const deaf = ports.filter((port) =>
      suspect.call(port).say(NONSENSE).length === 0
    );
    if (deaf.length === 0) return undefined;
    return {
      level: "high",
      what: `${deaf.length} of ${ports.length} ports take a connection and ` +
        `acknowledge nothing: LZR calls that "does not speak TCP"`,
      remedy: "--persona linux",
    };
  },
};

/** Criteria on ports. */
export const PORT_CRITERIA: readonly Criterion[] = [
  manyPorts,
  samePage,
  idlePorts,
  udpEverywhere,
  acknowledgesData,
  manyServices,
];

const ALL_PORTS: readonly number[] = Array.from(
  { length: 65_535 },
  (_, i) => i + 1,
);

/** Some of many, evenly. */
function sample(
  ports: Suspect["openPorts"],
  count: number = SAMPLE,
): readonly number[] {
  const step = Math.max(ports.length / count, 1);
  return Array.from(
    { length: Math.min(ports.length, count) },
    (_, i) => ports[Math.floor(i * step)]!,
  );
}
