/**
 * Conversations with the TCP of the stack, segment by segment. The protocol is
 * that of `line_protocol.ts`, segments of the stack are written as `show()`
 * does.
 *
 * @module
 */

/** A segment of the client and what is answered, all numbers relative. */
export type Step = readonly [
  flags: string,
  seq: number,
  ack: number,
  payload: string,
  answers: readonly string[],
];

/** What is said, and whether it is remembered. */
export interface Conversation {
  /** What the stack does, in words. */
  readonly name: string;
  /** Segments in the order in which they are sent. */
  readonly steps: readonly Step[];
  /** Whether a flow is left at the end. */
  readonly isKept?: boolean;
}

/** What every persona does. */
export const CONVERSATIONS: readonly Conversation[] = [
  {
    name: "answers a request in one segment",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["A", 7, 7, "", []],
      ["PA", 7, 7, "again\n", ["PA 7:13 ack 13"]],
    ],
  },
  {
    name: "answers a request without PSH",
    steps: [["A", 1, 1, "hello\n", ["PA 1:7 ack 7"]]],
  },
  {
    name: "answers a request with URG, ECE and CWR",
    steps: [["PAUEC", 1, 1, "hello\n", ["PA 1:7 ack 7"]]],
  },
  {
    name: "answers a request that comes octet by octet",
    steps: [
      ["PA", 1, 1, "h", ["A 1 ack 2"]],
      ["PA", 2, 1, "i", ["A 1 ack 3"]],
      ["PA", 3, 1, "\n", ["PA 1:4 ack 4"]],
    ],
  },
  {
    name: "answers pipelined requests in one segment",
    steps: [["PA", 1, 1, "a\nbc\n", ["PA 1:6 ack 6"]]],
  },
  {
    name: "keeps the start of a request behind a whole one",
    steps: [
      ["PA", 1, 1, "a\nb", ["PA 1:3 ack 4"]],
      ["PA", 4, 3, "c\nd", ["PA 3:6 ack 7"]],
      ["PA", 7, 6, "\n", ["PA 6:8 ack 8"]],
    ],
  },
  {
    name: "acknowledges a message that has no answer",
    steps: [
      ["PA", 1, 1, "mute\n", ["A 1 ack 6"]],
      ["PA", 6, 1, "a\n", ["PA 1:3 ack 8"]],
    ],
  },
  {
    name: "throws octets away that nobody reads, in any number of segments",
    steps: [
      ["PA", 1, 1, "skip 5\n12", ["PA 1:8 ack 10"]],
      ["PA", 10, 8, "3", ["A 8 ack 11"]],
      ["PA", 11, 8, "45a\n", ["PA 8:10 ack 15"]],
    ],
  },
  {
    name: "only acknowledges after a message that it declined",
    steps: [
      ["PA", 1, 1, "a\nno\nb\n", ["PA 1:3 ack 8"]],
      ["PA", 8, 3, "c\n", ["A 3 ack 10"]],
    ],
  },

  // The answer, or its acknowledgment, was lost: RFC 9293 §3.8.1.
  {
    name: "answers a request that is sent again as before",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["PA", 7, 7, "again\n", ["PA 7:13 ack 13"]],
      ["PA", 7, 7, "again\n", ["PA 7:13 ack 13"]],
    ],
  },
  {
    name: "answers a request as before whose last segment is sent again",
    steps: [
      ["PA", 1, 1, "he", ["A 1 ack 3"]],
      ["PA", 3, 1, "llo\n", ["PA 1:7 ack 7"]],
      ["PA", 3, 1, "llo\n", ["PA 1:7 ack 7"]],
    ],
  },
  {
    name: "answers a request as before whose segments are sent again",
    steps: [
      ["PA", 1, 1, "he", ["A 1 ack 3"]],
      ["PA", 3, 1, "llo\n", ["PA 1:7 ack 7"]],
      ["PA", 1, 1, "he", ["PA 1:7 ack 7"]],
      ["PA", 3, 1, "llo\n", ["PA 1:7 ack 7"]],
    ],
  },
  {
    name: "answers a request as before whose segments are sent again as one",
    steps: [
      ["PA", 1, 1, "h", ["A 1 ack 2"]],
      ["PA", 2, 1, "e", ["A 1 ack 3"]],
      ["PA", 3, 1, "llo\n", ["PA 1:7 ack 7"]],
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["PA", 2, 1, "ello\n", ["PA 1:7 ack 7"]],
    ],
  },
  {
    name: "answers more than was sent before",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["PA", 1, 1, "hello\na\n", ["PA 1:9 ack 9"]],
    ],
  },
  {
    name: "answers again from a buffer that held the start of the next",
    steps: [
      ["PA", 1, 1, "a\nb", ["PA 1:3 ack 4"]],
      ["PA", 4, 3, "c\nd", ["PA 3:6 ack 7"]],
      ["PA", 4, 3, "c\nd", ["PA 3:6 ack 7"]],
      ["PA", 7, 6, "e\n", ["PA 6:9 ack 9"]],
      ["PA", 7, 6, "e\n", ["PA 6:9 ack 9"]],
    ],
  },
  {
    name: "does not skip twice what is thrown away",
    steps: [
      ["PA", 1, 1, "skip 4\n12", ["PA 1:8 ack 10"]],
      ["PA", 1, 1, "skip 4\n12", ["PA 1:8 ack 10"]],
      ["PA", 10, 8, "34a\n", ["PA 8:10 ack 14"]],
      ["PA", 10, 8, "34a\n", ["PA 8:10 ack 14"]],
    ],
  },
  {
    name: "only acknowledges what was sent again though the answer arrived",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["A", 7, 7, "", []],
      ["PA", 1, 1, "hello\n", ["A 7 ack 7"]],
      ["PA", 7, 7, "again\n", ["PA 7:13 ack 13"]],
    ],
  },
  {
    name: "takes what is new of a segment that overlaps",
    steps: [
      ["PA", 1, 1, "he", ["A 1 ack 3"]],
      ["PA", 2, 1, "ello\n", ["PA 1:7 ack 7"]],
    ],
  },

  // FIN, RFC 9293 §3.6.
  {
    name: "answers, then hangs up with a client that sends FIN with its data",
    steps: [
      ["FPA", 1, 1, "hello\n", ["FPA 1:7 ack 8"]],
      ["FPA", 1, 1, "hello\n", ["FPA 1:7 ack 8"]],
      ["A", 8, 8, "", []],
    ],
    isKept: false,
  },
  {
    name: "hangs up with a client that sends FIN at once",
    steps: [
      ["FA", 1, 1, "", ["FA 1 ack 2"]],
      ["FA", 1, 1, "", ["FA 1 ack 2"]],
      ["A", 2, 2, "", []],
    ],
    isKept: false,
  },
  {
    name: "answers a half-closing client whose FIN follows its data",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["FA", 7, 1, "", ["FA 7 ack 8"]],
      ["FA", 7, 1, "", ["FPA 1:7 ack 8"]],
      ["A", 8, 7, "", []],
      ["A", 8, 8, "", []],
    ],
    isKept: false,
  },
  {
    name: "hangs up in the middle of a request",
    steps: [
      ["PA", 1, 1, "hel", ["A 1 ack 4"]],
      ["FPA", 4, 1, "l", ["FA 1 ack 6"]],
      ["A", 6, 2, "", []],
    ],
    isKept: false,
  },
  {
    name: "acknowledges whatever comes behind a FIN",
    steps: [
      ["FA", 1, 1, "", ["FA 1 ack 2"]],
      ["PA", 2, 1, "hello\n", ["FA 1 ack 2"]], // it missed ours
      ["PA", 2, 2, "hello\n", ["A 2 ack 2"]],
    ],
  },
  {
    name: "hangs up first when the protocol says so",
    steps: [
      ["PA", 1, 1, "bye\n", ["FPA 1:5 ack 5"]],
      ["PA", 1, 1, "bye\n", ["FPA 1:5 ack 5"]],
      ["A", 5, 5, "", []],
      ["A", 5, 6, "", []],
      ["FA", 5, 6, "", ["A 6 ack 6"]],
      ["FA", 5, 6, "", ["A 6 ack 6"]], // our acknowledgment was lost
      ["A", 6, 6, "", []],
    ],
  },
  {
    name: "says FIN once when both hang up with the same segment",
    steps: [
      ["FPA", 1, 1, "bye\n", ["FPA 1:5 ack 6"]],
      ["A", 6, 6, "", []],
    ],
    isKept: false,
  },
  {
    name: "acknowledges data behind its own FIN and does not answer it",
    steps: [
      ["PA", 1, 1, "bye\na\n", ["FPA 1:5 ack 7"]],
      ["PA", 7, 6, "hello\n", ["A 6 ack 13"]],
    ],
  },

  // RST, RFC 5961 §3.2.
  {
    name: "forgets a flow that is reset",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["R", 7, 0, "", []],
      ["PA", 7, 7, "hello\n", []],
    ],
    isKept: false,
  },
  {
    name: "ignores a reset anywhere but at the next octet, and challenges it",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["R", 6, 7, "", []],
      ["RA", 8, 7, "", ["A 7 ack 7"]],
      ["R", 7 + 65_536, 7, "", []],
      ["PA", 7, 7, "hello\n", ["PA 7:13 ack 13"]],
    ],
  },

  // Numbers that nobody honest sends, RFC 9293 §3.10.7.4 and RFC 5961 §5.2.
  {
    name: "answers a keep-alive probe, RFC 9293 §3.8.4",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["A", 7, 7, "", []],
      ["A", 6, 7, "", ["A 7 ack 7"]],
      ["A", 6, 7, "?", ["A 7 ack 7"]],
    ],
  },
  {
    name: "ignores what acknowledges octets that were never sent",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["PA", 7, 8, "hello\n", []],
      ["PA", 7, 7 + 2 ** 31, "hello\n", []],
      ["PA", 7, 7, "again\n", ["PA 7:13 ack 13"]],
    ],
  },
  {
    name: "ignores what is far from its window",
    steps: [
      ["PA", 1, 1, "hello\n", ["PA 1:7 ack 7"]],
      ["PA", 7 + 65_536, 7, "hello\n", []],
      ["PA", 7 - 65_536, 7, "hello\n", []],
      ["PA", 7, 1 - 65_536, "hello\n", []],
      ["FA", 7 + 2 ** 31, 7, "", []],
      ["PA", 7, 7, "again\n", ["PA 7:13 ack 13"]],
    ],
  },

  // A cookie is the only way in.
  {
    name: "starts with the first octet only",
    steps: [
      ["PA", 3, 1, "llo\n", []],
      ["PA", 1, 1, "he", ["A 1 ack 3"]],
      ["PA", 3, 1, "llo\n", ["PA 1:7 ack 7"]],
    ],
  },
  {
    name: "ignores data with a wrong cookie",
    steps: [
      ["PA", 1, 1 + 32, "hello\n", []],
      ["PA", 1, 1 - 32, "hello\n", []],
      ["PA", 1, 1 + 2 ** 31, "hello\n", []],
      ["PA", 2, 1, "hello\n", []],
      ["PA", 0, 1, "hello\n", []],
    ],
    isKept: false,
  },
  {
    name: "ignores a FIN with a wrong cookie",
    steps: [
      ["FA", 1, 1 + 32, "", []],
      ["FA", 2, 1, "", []],
    ],
    isKept: false,
  },
  {
    name: "ignores what has no ACK, and SYN with what contradicts it",
    steps: [
      ["P", 1, 1, "hello\n", []],
      ["F", 1, 1, "", []],
      ["", 1, 1, "hello\n", []],
      ["SF", 1, 1, "hello\n", []],
      ["SR", 1, 1, "hello\n", []],
    ],
    isKept: false,
  },
];

/** What tells the personas apart. */
export const AHEAD: Readonly<Record<"linux" | "classic", Conversation>> = {
  linux: {
    name: "keeps a segment until what is missing before it comes",
    steps: [
      ["PA", 1, 1, "he", ["A 1 ack 3"]],
      ["PA", 5, 1, "o\n", ["A 1 ack 3"]],
      ["PA", 3, 1, "ll", ["PA 1:7 ack 7"]],
    ],
  },
  classic: {
    name: "takes a segment as if nothing was missing before it",
    steps: [
      ["PA", 1, 1, "he", ["A 1 ack 3"]],
      ["PA", 5, 1, "o\n", ["PA 1:5 ack 7"]],
    ],
  },
};
