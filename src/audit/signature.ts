/**
 * What the stack looks like, whatever is said over it.
 *
 * @module
 */

import { ACK, FIN, SYN } from "../wire/tcp.ts";
import type { Criterion, Finding } from "./finding.ts";
import { IPPROTO, type Packet, type Segment } from "./packet.ts";
import { NONSENSE } from "./requests.ts";
import type { Call, Suspect } from "./suspect.ts";

const REMEDY = "--persona linux";
const DEGREASER_WINDOW = 20; // LaBrea's are 5 and 10
const WAIT_MS = 1000;
const HIGH_PORTS = [49_151, 65_535];
const RETRY_MS = 4000; // Linux has tried twice by then

/** How systems answer a SYN with all options: p0f.fp, [tcp:response]. */
const SYSTEMS: readonly { ttl: number; options: string; name: string }[] = [
  { ttl: 64, options: "mss,sok,ts,nop,ws", name: "Linux" },
  { ttl: 64, options: "mss,nop,ws,sok,ts", name: "FreeBSD" },
  { ttl: 64, options: "mss,nop,nop,sok,nop,ws,nop,nop,ts", name: "OpenBSD" },
  { ttl: 64, options: "mss,nop,ws,nop,nop,ts,sok,eol", name: "macOS" },
  { ttl: 128, options: "mss,nop,ws,sok,ts", name: "Windows" },
];

/** A SYN-ACK that no system sends. */
const synAckSignature: Criterion = {
  name: "signature of the SYN-ACK",
  examine: ifOpen((call) => {
    const { answer, synAck } = call;
    const isKnown = SYSTEMS.some((system) =>
      system.options === synAck!.options && system.ttl === answer!.ttl
    );
    if (isKnown && answer!.dontFragment) return undefined;
    return {
      level: "high",
      what: `a SYN with all options is answered with what is no system's: ` +
        `p0f's signature ${signatureOf(answer!, synAck!)}`,
      remedy: REMEDY,
    };
  }),
};

/** What p0f calls a raw signature: version to payload class. */
function signatureOf(
  { dontFragment, id, ttl }: Packet,
  { mss, options, window, windowScale }: Segment,
): string {
  const hasMss = options.startsWith("mss");
  const quirks = dontFragment
    ? `df${id === 0 ? "" : ",id+"}`
    : id === 0
    ? "id-"
    : "";
  return `4:${ttl}+0:0:${hasMss ? mss : 0}:${window},` +
    `${Math.max(windowScale, 0)}:${options}:${quirks}:0`;
}

/** Three signs by which degreaser knows a tar pit. */
const tarPit: Criterion = {
  name: "window, options and FIN",
  examine: ifOpen((call) => {
    const { options, window } = call.synAck!;
    call.say(NONSENSE);
    const isDeaf = !call.finish().some(({ segment }) =>
      segment !== undefined && (segment.flags & (FIN | ACK)) !== 0
    );
    const signs = [
      window < DEGREASER_WINDOW ? `a window of ${window}` : [],
      options === "" ? "no options" : [],
      isDeaf ? "silence after FIN" : [],
    ].flat();
    if (signs.length === 0) return undefined;
    return {
      level: "high",
      what: `${signs.join(", ")}: degreaser calls that a tar pit`,
      remedy: REMEDY,
    };
  }),
};

/** Different ways to the same host. */
const ttlSpread: Criterion = {
  name: "TTL of all kinds of answers",
  examine: (suspect) => {
    const [open = 0] = suspect.openPorts;
    const packets = [
      suspect.call(open).answer,
      ...suspect.call(open).say(NONSENSE),
      // Closed, unless every port is open.
      ...HIGH_PORTS.map((port) => suspect.call(port).answer),
      ...HIGH_PORTS.flatMap((port) => suspect.datagram(port, NONSENSE)),
      ...suspect.ping(),
    ].filter((packet): packet is Packet => packet !== undefined);
    const ttls = [...new Set(packets.map(({ ttl }) => ttl))];
    if (ttls.length <= 1) return undefined;
    return {
      level: "high",
      what: `answers have the TTLs ${ttls.join(", ")}: spoonmap sees several ` +
        `machines behind one address`,
      remedy: REMEDY,
    };
  },
};

/** A clock that stands still. */
const timestamps: Criterion = {
  name: "clock of the timestamps",
  examine: ifOpen((call, suspect) => {
    const before = call.synAck!.timestamp;
    if (before === undefined) return undefined; // see the signature
    suspect.wait(WAIT_MS);
    const after = call.again().synAck?.timestamp ?? before;
    const elapsed = after - before | 0;
    if (elapsed >= WAIT_MS / 10 && elapsed <= WAIT_MS * 10) return undefined;
    return {
      level: "high",
      what:
        `TCP timestamps go on by ${elapsed} in a second: a clock of 100 to ` +
        `1,000 Hz is what systems have`,
      remedy: REMEDY,
    };
  }),
};

/** Numbers of packets that never change. */
const identification: Criterion = {
  name: "identification of IP packets",
  examine: ifOpen((call) => {
    const first = call.say(NONSENSE);
    const packets = [...first, ...call.say(NONSENSE)]
      .filter(({ protocol }) => protocol === IPPROTO.tcp);
    const ids = new Set(packets.map(({ id }) => id));
    if (packets.length < 2 || ids.size > 1) return undefined;
    return {
      level: "medium",
      what: `every packet of a connection has the identification ` +
        `${[...ids][0]}: systems count`,
      remedy: REMEDY,
    };
  }),
};

/** Sequence numbers that can be known. */
const sequence: Criterion = {
  name: "sequence numbers",
  examine: ({ options: { cookieKey } }) =>
    cookieKey === undefined ? undefined : {
      level: "high",
      what:
        "the key of the sequence numbers is fixed: whoever knows it talks " +
        "to us from any address",
      remedy: "no --cookie-key",
    },
};

/** One SYN-ACK where others send six. */
const retransmission: Criterion = {
  name: "repetition of the SYN-ACK",
  examine: ifOpen((_, suspect) => {
    const again = suspect.wait(RETRY_MS);
    if (again.some(({ segment }) => segment?.flags === (SYN | ACK))) {
      return undefined;
    }
    return {
      level: "note",
      what: "a SYN-ACK that is not acknowledged is not sent again, as JA4TS " +
        "and Hershel measure",
      remedy: "so it is meant: the sender may be forged, and harmed by more",
    };
  }),
};

/** Criteria on the stack. */
export const SIGNATURE_CRITERIA: readonly Criterion[] = [
  synAckSignature,
  tarPit,
  ttlSpread,
  timestamps,
  identification,
  sequence,
  retransmission,
];

/** Looks at a connection, if there is a port that takes one. */
function ifOpen(
  look: (call: Call, suspect: Suspect) => Finding | undefined,
): Criterion["examine"] {
  return (suspect) => {
    const [port] = suspect.openPorts;
    if (port === undefined) return undefined;
    return look(suspect.call(port), suspect);
  };
}
