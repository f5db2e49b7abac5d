/**
 * How records are laid out in the buffers that cross from a packet worker to
 * the control thread.
 *
 * ```text
 *  every record      | length (2) | kind (1) | what (1) | time, ms (8) |
 *  of a packet       | the head   | peers     |
 *  frame             | the head   | peers     | numbers … | first octets |
 *  message           | the head   | peers     | lengths   | notes …      |
 *  flow              | the head   | peers     | counts …  |
 *  more or dropped   | the head   | count (4) |
 * ```
 *
 * Lengths and offsets are in octets, numbers in network order.
 *
 * @module
 */

/** Length of a buffer, in octets. */
export const BUFFER_LEN = 65_536;

/** What is recorded: a set of bits. */
export const LISTEN = {
  /** Nothing at all. */
  nothing: 0,
  /**
   * News: what was answered and what could not be read; of each sort a few a
   * second, the others counted.
   */
  answers: 1,
  /** News, and among them what was dropped too. */
  drops: 3,
  /** Every frame. The news, of drops too, are marked. */
  everything: 7,
  /**
   * Every connection, every message, and every frame to us that belongs to no
   * connection.
   */
  exchanges: 8,
  /** Every segment that proves that its sender got our SYN-ACK. */
  handshakes: 16,
} as const;

/** Bit set of {@linkcode LISTEN}. */
export type Listen = number;

/** Bit of {@linkcode LISTEN}: drops are news. */
export const LISTEN_DROPS = 2;
/** Bit of {@linkcode LISTEN}: every frame. */
export const LISTEN_FRAMES = 4;

/** Bit of {@linkcode LISTEN}: handshakes. */
export const LISTEN_HANDSHAKES = 16;

/** Values of {@linkcode KIND}. */
export const FRAME = 0;
/** See {@linkcode FRAME}. */
export const MESSAGE = 1;
/** See {@linkcode FRAME}. */
export const FLOW = 2;
/** See {@linkcode FRAME}. */
export const MORE_OF = 3;
/** See {@linkcode FRAME}. */
export const DROPPED = 4;

// The head.
/** Offset: kind of the record. */
export const KIND = 2;
/** Offset: verdict, index of a protocol, sort, or why a flow ended. */
export const WHAT = 3;
/** Offset: time, in milliseconds since 1970. */
export const TIME = 4;
/** Offset: how many, of what is only counted. */
export const COUNT = 12;
/** Length of a record that only counts. */
export const COUNT_LEN = 16;

// The peers, of what is about packets.
/** Offset: how far into a frame the stack could see; outcome of a message. */
export const DEPTH = 12;
/** Offset: length of an address: 0, 4 or 16. */
export const ADDRESS_LEN = 13;
/** Offset: IANA protocol number. */
export const PROTOCOL = 14;
/** Offset: {@linkcode HAS_TARGET} and others. */
export const BITS = 15;
/** Offset: source port. */
export const SRC_PORT = 16;
/** Offset: destination port. */
export const DST_PORT = 18;
/** Offset: VLAN identifiers. */
export const VLAN = 20;
/** Offset: what tells exchanges between the same ports apart. */
export const SEED = 24;
/** Offset: source address. */
export const SRC = 28;
/** Offset: destination address. */
export const DST = 44;

// A frame.
/** Offset: both hardware addresses, destination first. */
export const MACS = 60;
/** Offset: EtherType. */
export const ETHERTYPE = 72;
/** Offset: ICMP type and code, ARP operation or TCP flags. */
export const TYPE_CODE = 74;
/** Offset: TCP sequence number. */
export const SEQ = 76;
/** Offset: TCP acknowledgment number. */
export const ACK = 80;
/** Offset: sequence number of what was sent last in answer. */
export const SENT_SEQ = 84;
/** Offset: acknowledgment number of the same. */
export const SENT_ACK = 88;
/** Offset: flags of the same. */
export const SENT_FLAGS = 92;
/** Offset: length of all packets that were sent in answer. */
export const SENT_LEN = 96;
/** Offset: length of the packet. */
export const PACKET_LEN = 100;
/** Offset: address that a neighbour solicitation asks for. */
export const TARGET = 104;
/** Offset: the packet's first octets. */
export const PACKET = 120;

// A message.
/** Offset: length of the message. */
export const REQUEST_LEN = 60;
/** Offset: length of the answer. */
export const ANSWER_LEN = 64;
/** Offset: the notes, each with field (1) and length (2) before it. */
export const NOTES = 68;

// A flow.
/** Offset: when it began, in milliseconds since 1970. */
export const START = 60;
/** Offset: when the peer spoke last, in the same way. */
export const END = 68;
/** Offset: what the flow ledger counts, 8 octets each. */
export const COUNTS = 76;
/** Offset: the peer's hardware address. */
export const MAC = 132;
/** Length of a flow's record. */
export const FLOW_LEN = 138;

/** Bit of {@linkcode BITS}: there is a {@linkcode TARGET}. */
export const HAS_TARGET = 1;
/** Bit of {@linkcode BITS}: the operator is to be told. */
export const IS_NEWS = 2;
/** Bit of {@linkcode BITS}: the sender proved that it got our SYN-ACK. */
export const IS_PROOF = 4;

/** Longest address. */
export const ADDRESS_MAX = 16;
/** Octets of one note that are kept. */
export const NOTE_MAX = 1024;
/** Octets in front of a note. */
export const NOTE_HEADER_LEN = 3;
/**
 * Octets of a packet that are kept: the longest headers of IPv4 and TCP, and
 * some of what follows shorter ones.
 */
export const PACKET_MAX = 128;

/** Octets of an answer that are kept: what it is, not all that it says. */
export const ANSWER_MAX = 256;

/** In place of a protocol's index: nobody's. */
export const NO_PROTOCOL = 0xff;
/** In place of a note's field: the message itself, of which nobody noted. */
export const PAYLOAD_FIELD = 0xff;
/** In place of a note's field: the first octets of the answer. */
export const ANSWER_FIELD = 0xfe;

/** How far into a frame the stack could see. */
export const DEPTH_OF = { link: 0, arp: 1, ip: 2, transport: 3 } as const;
