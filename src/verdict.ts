/**
 * What became of a frame. Every path through the stack ends in one of these,
 * so that each frame is counted exactly once and nothing is dropped silently.
 *
 * @module
 */

/** Names of all verdicts; a verdict is an index into this list. */
export const VERDICTS = [
  // Answered.
  "arp_reply",
  "icmpv4_echo_reply",
  "icmpv6_echo_reply",
  "neighbor_advertisement",
  "tcp_syn_ack",
  "tcp_ack",
  "tcp_fin_ack",
  "tcp_answer",
  "udp_answer",
  "tcp_reset_sent",
  "port_unreachable",
  // Malformed.
  "arp_malformed",
  "ip_malformed",
  "transport_malformed",
  // Understood, and nothing to say.
  "tcp_handshake_ack",
  "tcp_acknowledged",
  "tcp_reset",
  // Dropped.
  "frame_cut",
  "frame_short",
  "frame_not_for_us",
  "frame_from_group",
  "ethertype_unknown",
  "arp_not_request",
  "address_probe",
  "ip_fragment",
  "ip_not_for_us",
  "ip_martian",
  "ip_from_us",
  "ip_denied",
  "protocol_unknown",
  "checksum_wrong",
  "icmp_not_request",
  "neighbor_solicitation_invalid",
  "tcp_flags",
  "tcp_cookie_wrong",
  "tcp_out_of_window",
  "udp_not_recognised",
  "udp_declined",
  "udp_amplification",
  "udp_over_budget",
  "udp_muted",
  "port_zero",
  "port_closed",
  "icmp_over_limit",
  "reply_too_long",
  "internal_error",
] as const;

/** One of {@linkcode VERDICTS}. */
export type VerdictName = typeof VERDICTS[number];

/** Number of each verdict, by name. */
export const VERDICT: Readonly<Record<VerdictName, number>> = Object
  .fromEntries(VERDICTS.map((name, number) => [name, number])) as Record<
    VerdictName,
    number
  >;

/** The first verdict that is not an answer. */
export const FIRST_UNANSWERED: number = VERDICT.arp_malformed;
/** The first verdict that means that all is well and nothing is to be said. */
export const FIRST_QUIET: number = VERDICT.tcp_handshake_ack;
/** The first verdict of a frame that was dropped though it could be read. */
export const FIRST_DROPPED: number = VERDICT.frame_cut;

/** Verdicts on segments of a connection that is remembered, or seems to be. */
const OF_FLOWS: readonly VerdictName[] = [
  "tcp_ack",
  "tcp_fin_ack",
  "tcp_answer",
  "tcp_handshake_ack",
  "tcp_acknowledged",
  "tcp_reset",
  "tcp_out_of_window",
];

/** Verdicts on frames that have nothing to do with us. */
const OF_OTHERS: readonly VerdictName[] = [
  "frame_cut",
  "frame_short",
  "frame_not_for_us",
  "frame_from_group",
  "ethertype_unknown",
  "arp_not_request",
  "address_probe",
  "ip_malformed",
  "ip_not_for_us",
  "ip_martian",
  "ip_from_us",
  "internal_error",
];

/** For each verdict, 1 if the frame belongs to no exchange of its own. */
const HAS_NO_EXCHANGE: Uint8Array = Uint8Array.from(
  VERDICTS,
  (name) => Number(OF_FLOWS.includes(name) || OF_OTHERS.includes(name)),
);

/**
 * Tells whether a frame is an exchange of its own: somebody asked us something,
 * outside of any connection.
 *
 * @param verdict What became of the frame.
 */
export function isExchange(verdict: number): boolean {
  return HAS_NO_EXCHANGE[verdict] === 0;
}
