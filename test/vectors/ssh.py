#!/usr/bin/env python3
"""Asks a real OpenSSH server and writes what it says to ssh.json.

    unshare --net sh -c 'ip link set lo up; test/vectors/ssh.py /usr/sbin/sshd'

It needs openssh-server's sshd and ssh-keygen, and the user "sshd". The server
is given a host key of each kind, as Debian's package does. It greets first:
what it says then is kept apart from its answers. "offer" stands for its KEXINIT,
whose cookie is zeroed.
"""

import json
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

PORT = 22
NAME = b"SSH-2.0-probe_1.0\r\n"
DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG = 1, 2, 3, 4
KEXINIT, ECDH_INIT = 20, 30


def string(octets=b""):
    return struct.pack(">I", len(octets)) + octets


def packet(*payload):
    octets = b"".join(bytes([p]) if isinstance(p, int) else p for p in payload)
    padding = 8 - (5 + len(octets)) % 8
    padding += 8 if padding < 4 else 0
    return (struct.pack(">IB", 1 + len(octets) + padding, padding) + octets +
            bytes(padding))


def offer(rest=b""):
    lists = [b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr",
             b"hmac-sha2-256", b"hmac-sha2-256", b"none", b"none", b"", b""]
    return packet(KEXINIT, b"c" * 16, *map(string, lists), bytes(5), rest)


KEX = packet(ECDH_INIT, string(bytes(32)))
REQUESTS = {
    "an identification": [NAME],
    "one that ends with LF": [b"SSH-2.0-probe\n"],
    "one with a comment": [b"SSH-2.0-probe a comment\r\n"],
    "version 1.99": [b"SSH-1.99-probe\r\n"],
    "version 1.99 and LF": [b"SSH-1.99-probe\n"],
    "version 1.5": [b"SSH-1.5-probe\r\n"],
    "version 1.991": [b"SSH-1.991-probe\r\n"],
    "version 2.1": [b"SSH-2.1-probe\r\n"],
    "version 3.0": [b"SSH-3.0-probe\r\n"],
    "version 22.0": [b"SSH-22.0-probe\r\n"],
    "no version": [b"SSH-abc\r\n"],
    "half a version": [b"SSH-2-abc\r\n"],
    "no software": [b"SSH-2.0-\r\n"],
    "a blank as software": [b"SSH-2.0- \r\n"],
    "no dash": [b"SSH-2.0\r\n"],
    "CR in it": [b"SSH-2.0-a\rb\r\n"],
    "CR CR LF": [b"SSH-2.0-a\r\r\n"],
    "NUL in it": [b"SSH-2.0-a\0b\r\n"],
    "300 octets of software": [b"SSH-2.0-" + b"a" * 300 + b"\r\n"],
    "a packet that means nothing": [NAME, packet(IGNORE, string(b"x"))],
    "a debug message": [NAME, packet(DEBUG, 0, string(b"x"), string())],
    "UNIMPLEMENTED": [NAME, packet(UNIMPLEMENTED, bytes(4))],
    "a disconnect": [NAME, packet(DISCONNECT, b"\0\0\0\x0b", string(b"bye"),
                                  string())],
    "an offer": [NAME, offer()],
    "an offer along with its name": [NAME + offer()],
    "two offers": [NAME, offer(), offer()],
    "an offer that is cut short": [NAME, packet(KEXINIT, b"a" * 10)],
    "an offer with something behind it": [NAME, offer(b"zz")],
    "keys before an offer": [NAME, KEX],
    "a service request": [NAME, packet(5, string(b"ssh-userauth"))],
    "other keys after an offer": [NAME, offer(), packet(32, string(b"\0"))],
    "number 99": [NAME, packet(99)],
    "number 99 after an offer": [NAME, offer(), packet(99)],
    "the count goes on": [NAME, packet(IGNORE, string()), packet(5), packet(6)],
    "number 0": [NAME, packet(0)],
    "number 192": [NAME, packet(192)],
    "number 255": [NAME, packet(255)],
    "no payload": [NAME, b"\0\0\0\x0c\x0b" + bytes(11)],
    "more padding than packet": [NAME, b"\0\0\0\x0c\x20" + bytes(11)],
    "3 octets of padding": [NAME, b"\0\0\0\x0c\x03" + b"\2" * 11],
    "no padding": [NAME, b"\0\0\0\x0c\x00" + b"\2" * 11],
    "length 0": [NAME, bytes(8)],
    "length 4": [NAME, b"\0\0\0\x04" + bytes(4)],
    "a length that is no multiple": [NAME, b"\0\0\0\x11\x04" + bytes(16)],
    "length 2^32 - 1": [NAME, b"\xff\xff\xff\xff" + bytes(4)],
}


def listen(stream):
    stream.settimeout(0.4)
    heard = b""
    try:
        while octets := stream.recv(65536):
            heard += octets
        return heard, True
    except socket.timeout:
        return heard, False
    except ConnectionResetError:  # there was more than it read
        return heard, True


offers = set()


def ask(name, parts):
    with socket.create_connection(("127.0.0.1", PORT)) as stream:
        greeting, _ = listen(stream)
        answers, closes = [], False
        for part in parts:
            stream.sendall(part)
            answer, closes = listen(stream)
            if len(answer) > 22 and answer[5] == KEXINIT:
                answer = answer[:6] + bytes(16) + answer[22:]  # its cookie
                offers.add(answer.hex())
                answers.append("offer")
            else:
                answers.append(answer.hex())
            if closes:
                break
    return greeting.decode(), {
        "name": name, "requests": [part.hex() for part in parts],
        "answers": answers, "closes": closes,
    }


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    config = ["UsePAM no", f"ListenAddress 127.0.0.1:{PORT}",
              "MaxStartups 100", "PidFile none"]
    for kind in "rsa", "ecdsa", "ed25519":
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", kind, "-f",
                        folder / kind], check=True)
        config.append(f"HostKey {folder / kind}")
    (folder / "config").write_text("\n".join(config) + "\n")
    server = subprocess.Popen([sys.argv[1], "-D", "-f", folder / "config"])
    try:
        time.sleep(1)
        asked = [ask(name, parts) for name, parts in REQUESTS.items()]
    finally:
        server.terminate()
[offer_of_all] = offers
out = {"server": asked[0][0].strip(), "offer": offer_of_all,
       "vectors": [it for _, it in asked]}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, indent=2) + "\n")
