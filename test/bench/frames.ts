/**
 * What frames of each kind cost.
 *
 * @module
 */

import { frameOfEachVerdict } from "../verdict_frames.ts";
import { Clients } from "./clients.ts";
import type { Contest } from "./report.ts";
import type { Rival } from "./rounds.ts";

// [name for a person, verdict]
const OTHERS: readonly [name: string, verdict: string][] = [
  ["ARP request", "arp_reply"],
  ["IPv4 ping", "icmpv4_echo_reply"],
  ["IPv6 ping", "icmpv6_echo_reply"],
  ["neighbour solicitation", "neighbor_advertisement"],
  ["datagram of nobody's", "udp_not_recognised"],
  ["frame for somebody else", "frame_not_for_us"],
  ["malformed IP header", "ip_malformed"],
];

/** Makes the contest. */
export function frames(): Contest {
  const clients = new Clients({});
  const vectors = frameOfEachVerdict("vectors.json", {});
  let client = 0;
  const rival = (name: string, once: () => void): Rival => ({
    name,
    run: (count) => {
      for (let i = 0; i < count; i++) once();
      clients.flush();
    },
  });
  return {
    title: "By kind of frame",
    rivals: [
      rival("SYN", () => clients.syn(client++)),
      rival("HTTP exchange of ten frames", () => clients.exchange(client++)),
      rival("DNS query", () => clients.query(client++)),
      ...OTHERS.map(([name, verdict]) =>
        rival(name, clients.other(vectors.get(verdict)!))
      ),
    ],
  };
}
