import { deepStrictEqual } from "node:assert/strict";
import { lab, Masscanned, OURS, OURS_6, succeed } from "./lab.ts";

// What an infected machine does: it says one octet, deflated, and reads a
// packet of as many octets as its header says.
const CLIENT = `
import socket, struct, sys, zlib

def packet(data):
    deflated = zlib.compress(data)
    return b"Gh0st" + struct.pack("<II", 13 + len(deflated), len(data)) + deflated

client = socket.create_connection((sys.argv[1], 31337), timeout=60)
for data in bytes([102]) + b"host name", b"again":
    client.sendall(packet(data))
    head = client.recv(13, socket.MSG_WAITALL)
    length, inflated = struct.unpack("<5xII", head)
    answer = zlib.decompress(client.recv(length - 13, socket.MSG_WAITALL))
    assert head[:5] == b"Gh0st" and len(answer) == inflated, head
    print(answer.hex())
`;

lab("an infected machine finds its controller", ["python3"], async () => {
  await using masscanned = await Masscanned.start();
  for (const address of [OURS, OURS_6]) {
    const said = await succeed("python3 -c", CLIENT, address);
    deepStrictEqual(said, "00\n00\n"); // for each packet: go ahead
  }
  await masscanned.says("WARN - Gh0st answer");
});
