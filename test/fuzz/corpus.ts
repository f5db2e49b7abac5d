/**
 * What the fuzzers begin with.
 *
 * @module
 */

import { TCP, UDP } from "../../src/protocol.ts";
import { type Capture, CAPTURES } from "../captures.ts";

/** What runs begin with. */
export interface Corpus {
  /** Frames to mutate. */
  readonly frames: readonly Uint8Array[];
  /** What clients say: streams and datagrams. */
  readonly messages: readonly Uint8Array[];
}

/** Requests of all vectors that scapy made. */
export function vectorFrames(): Uint8Array[] {
  const url = new URL("../vectors/vectors.json", import.meta.url);
  const { vectors } = JSON.parse(Deno.readTextFileSync(url));
  return vectors.map(({ request }: { request: string }) =>
    Uint8Array.fromHex(request)
  );
}

/** What clients and the program have said in all captures. */
export function recordedFrames(): Uint8Array[] {
  return CAPTURES.flatMap(({ frames }) => frames.map(({ octets }) => octets));
}

/** Octets, and whether they come over TCP or UDP. */
export interface Message {
  /** `TCP`, where it is all that a client said, or `UDP`. */
  readonly transport: number;
  /** The octets. */
  readonly message: Uint8Array;
}

/** What clients said in all captures: streams, and datagrams. */
export function recordedMessages(): Message[] {
  return CAPTURES.flatMap(requestsOf);
}

/** Takes what clients said to us out of the frames of a capture. */
function requestsOf({ requests }: Capture): Message[] {
  const streams = new Map<string, Uint8Array[]>();
  const datagrams: Message[] = [];
  for (const { octets } of requests) {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const isIpv6 = view.getUint16(12) === 0x86dd;
    if (!isIpv6 && view.getUint16(12) !== 0x0800) continue;
    const transportAt = isIpv6 ? 54 : 14 + 4 * (octets[14]! & 0x0f);
    const end = isIpv6 ? 54 + view.getUint16(18) : 14 + view.getUint16(16);
    const protocol = octets[isIpv6 ? 20 : 23];
    if (protocol === 17) {
      const message = octets.slice(transportAt + 8, end);
      if (message.length > 0) datagrams.push({ transport: UDP, message });
    } else if (protocol === 6) {
      const payload = transportAt + 4 * (octets[transportAt + 12]! >> 4);
      const ports = octets.subarray(transportAt, transportAt + 4).toHex();
      const stream = streams.get(ports) ?? [];
      streams.set(ports, stream);
      if (payload < end) stream.push(octets.slice(payload, end));
    }
  }
  const messages = [...streams.values()].filter(({ length }) => length > 0)
    .map((segments) => Uint8Array.from(segments.flatMap((it) => [...it])));
  return [
    ...datagrams,
    ...messages.filter(({ length }) => length <= 8192)
      .map((message) => ({ transport: TCP, message })),
  ];
}

const OFTEN = 6; // times

/** What no client in the captures says: bodies with requests behind them. */
const WRITTEN = [
  "POST /x HTTP/1.1\r\nContent-Length: 60\r\n\r\n" + "b".repeat(60) +
  "GET /y HTTP/1.1\r\n\r\n",
  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n14\r\n" +
  "c".repeat(20) + "\r\n0\r\n\r\nGET / HTTP/1.0\r\n\r\n",
  "HEAD * HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
  "\r\n\r\nOPTIONS * HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
  "GET /\r\n",
  "SSH-2.0-x\r\n",
].map((text) => new TextEncoder().encode(text));

/** All that the fuzzers begin with. */
export function corpus(): Corpus {
  return {
    frames: [...vectorFrames(), ...recordedFrames()],
    messages: [
      ...recordedMessages().map(({ message }) => message),
      ...Array.from({ length: OFTEN }, () => WRITTEN).flat(),
    ],
  };
}
