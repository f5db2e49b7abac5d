import {
  deepStrictEqual,
  notStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { Harness } from "../harness.ts";
import { TcpClient } from "../tcp_client.ts";

// RFC 6437 §3, and Linux with net.ipv6.auto_flowlabels at its default: in the
// lab, all segments of a connection had one label and each connection another;
// neighbour advertisements had none.

const LABEL_AT = 14;

/** Flow labels of what is sent to a client that asks for a page. */
function labelsOf(
  harness: Harness,
  port: number,
  peerPort = 80,
): Set<number> {
  const labels = new Set<number>();
  const client = new TcpClient({
    receive: (frame) => {
      const answers = harness.receive(frame);
      for (const { buffer } of answers) {
        labels.add(new DataView(buffer).getUint32(LABEL_AT) & 0xfffff);
      }
      return answers;
    },
  }, { version: 6, port, peerPort });
  client.connect();
  client.say("GET / HTTP/1.1\r\n\r\n");
  return labels;
}

Deno.test("Ipv6 (linux) labels all that is sent on a connection alike", () => {
  const [label, ...others] = labelsOf(new Harness(), 40_000);
  notStrictEqual(label, 0);
  deepStrictEqual(others, []);
});

Deno.test("Ipv6 (linux) labels each connection between two hosts anew", () => {
  const harness = new Harness();
  const ports = [[40_000, 80], [40_001, 80], [40_000, 81], [80, 40_000]];
  const labels = ports
    .flatMap(([port, peerPort]) => [...labelsOf(harness, port!, peerPort)]);
  strictEqual(new Set(labels).size, ports.length);
});

Deno.test("Ipv6 (classic) labels nothing", () => {
  const harness = new Harness({ persona: "classic" });
  deepStrictEqual([...labelsOf(harness, 40_000)], [0]);
});
