#!/usr/bin/env python3
"""Asks a real coturn and writes what it says to stun.json.

    unshare --net sh -c 'ip link set lo up; test/vectors/stun.py'

Each response tells the address that it was asked from and at.
"""

import json
import pathlib
import socket
import struct
import subprocess
import time
import zlib

PORT = 3478
COOKIE = bytes.fromhex("2112a442")
OLD = bytes.fromhex("aabbccdd")  # RFC 3489 has no cookie, only a longer id
SERVER = ["turnserver", "-S", "-n", "-p", str(PORT), "--no-tls", "--no-dtls",
          "--no-cli", "--no-software-attribute", "--log-file", "stdout"]
# What it says in spite of that to clients of RFC 3489: its name is "None".
SOFTWARE = bytes.fromhex("802200084e6f6e6500000000")


def message(*attributes, kind=1, cookie=COOKIE, crc=None):
    body = b"".join(attributes)
    length = len(body) + (0 if crc is None else 8)
    octets = struct.pack(">HH", kind, length) + cookie + bytes(range(12)) + body
    if crc is None:
        return octets
    octets += struct.pack(">HHI", 0x8028, 4,
                          zlib.crc32(octets) ^ 0x5354554E ^ crc)
    return octets


def attribute(kind, value=b""):
    return (struct.pack(">HH", kind, len(value)) + value +
            bytes(-len(value) % 4))


REQUESTS = {
    "bare": message(),
    "of RFC 3489": message(cookie=OLD),
    "with a fingerprint": message(crc=0),
    "with a wrong fingerprint": message(crc=1),
    "with an unknown attribute that is optional":
        message(attribute(0x8022, b"abc")),
    "with an unknown attribute": message(attribute(0x7777, b"abc")),
    "with two unknown attributes":
        message(attribute(0x7777), attribute(0x7778, b"a")),
    "with an unknown attribute and a fingerprint":
        message(attribute(0x7777), crc=0),
    "of RFC 3489 with an unknown attribute":
        message(attribute(0x7777, b"abcd"), cookie=OLD),
    "with an attribute of a response": message(attribute(1, bytes(8))),
    "that wants no change": message(attribute(3, bytes(4))),
    "of RFC 3489 that wants no change":
        message(attribute(3, bytes(4)), cookie=OLD),
    "with a user name and integrity":
        message(attribute(6, b"a:b"), attribute(8, bytes(20))),
    "with octets behind it": message() + b"abcd",
    "of a length that is odd": struct.pack(">HH", 1, 3) + message()[4:] + b"abc",
    "that is cut off": message(attribute(0x8022, b"abcd"))[:-1],
    "that is an indication": message(kind=0x11),
    "that is a response": message(kind=0x101),
    "that is an error": message(kind=0x111),
}


def ask(family, host, request):
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect((host, PORT))
        client.send(request)
        try:
            response = without_software(client.recv(4096)).hex()
        except TimeoutError:
            response = None
        return client.getsockname()[1], response


def without_software(response):
    if not response.endswith(SOFTWARE):
        return response
    rest = response.removesuffix(SOFTWARE)
    return rest[:2] + struct.pack(">H", len(rest) - 20) + rest[4:]


vectors = []
for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
    # With two addresses it would offer to answer from another port.
    server = subprocess.Popen(SERVER + ["-L", host], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        for name, request in REQUESTS.items():
            port, response = ask(family, host, request)
            vectors.append({"name": name, "host": host, "port": port,
                            "request": request.hex(), "response": response})
    finally:
        server.terminate()
        server.wait()
version = subprocess.run(["turnserver", "--version"], capture_output=True,
                         text=True).stdout.split()[-1]
out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(json.dumps({"server": f"coturn {version}", "vectors": vectors},
                          indent=2) + "\n")
