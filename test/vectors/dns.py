#!/usr/bin/env python3
"""Asks a real BIND and writes what it says to dns.json.

    unshare --net sh -c 'ip link set lo up; test/vectors/dns.py'

The zone is one that has 192.0.2.2 for every name, as our persona does.
"""

import json
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

PORT = 5399
CONF = """
options {{
  directory "{dir}"; pid-file none; session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  dnssec-validation no; minimal-responses yes;
  hostname "server";
}};
controls {{ }};
zone "." {{ type primary; file "root"; allow-transfer {{ none; }}; }};
"""
ZONE = """$TTL 43200
@ SOA a. b. 1 2 3 4 5
@ NS a.
@ A 192.0.2.2
* A 192.0.2.2
"""

NAME = b"\3www\7example\3com\0"
IN_A = b"\0\1\0\1"
ONE = (1, 0, 0, 0)


def header(flags=0x0100, counts=ONE):
    return struct.pack(">6H", 0x1234, flags, *counts)


def opt(version=0, flags=0, options=b"", size=1232, owner=b"\0"):
    return owner + struct.pack(
        ">HHBBHH", 41, size, 0, version, flags, len(options)) + options


def question(rr_type=1, rr_class=1, name=NAME):
    return name + struct.pack(">HH", rr_type, rr_class)


VERSION = b"\7version\4bind\0"
HOSTNAME = b"\x08HostName\4BIND\0"
ADDITIONAL = (1, 0, 0, 1)
REQUESTS = {
    "an address": header() + question(),
    "an address, without recursion": header(0) + question(),
    "an address of the root": header() + question(name=b"\0"),
    "an address of a name of 255 octets":
        header() + question(name=b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 +
                            b"\x3f" + b"c" * 63 + b"\x3d" + b"d" * 61 + b"\0"),
    "an address, with AD and CD": header(0x0130) + question(),
    "an address, with TC": header(0x0300) + question(),
    "an address, with Z": header(0x0140) + question(),
    "an address, with AA": header(0x0500) + question(),
    "an address, and octets behind it": header() + question() + b"junk",
    "EDNS": header(counts=ADDITIONAL) + question() + opt(),
    "EDNS with DO": header(counts=ADDITIONAL) + question() + opt(flags=0x8000),
    "EDNS with a small size":
        header(counts=ADDITIONAL) + question() + opt(size=0),
    "EDNS with an unknown option":
        header(counts=ADDITIONAL) + question() + opt(options=b"\xfd\xe9\0\3abc"),
    "EDNS version 1": header(counts=ADDITIONAL) + question() + opt(version=1),
    "EDNS without a question": header(counts=(0, 0, 0, 1)) + opt(),
    "EDNS twice": header(counts=(1, 0, 0, 2)) + question() + opt() + opt(),
    "EDNS of another name":
        header(counts=ADDITIONAL) + question() + opt(owner=b"\1a\0"),
    "EDNS in another section":
        header(counts=(1, 0, 1, 0)) + question() + opt(),
    "EDNS cut off": header(counts=ADDITIONAL) + question() + opt()[:-1],
    "EDNS with half an option":
        header(counts=ADDITIONAL) + question() + opt(options=b"\0\x0a\0\x09abc"),
    "version.bind": header() + question(16, 3, VERSION),
    "version.bind, as nmap asks":
        bytes.fromhex("000601000001000000000000") + question(16, 3, VERSION),
    "hostname.bind in mixed case": header() + question(16, 3, HOSTNAME),
    "another name of class CH": header() + question(16, 3),
    "an address of class HS": header() + question(1, 4),
    "class 0": header() + question(1, 0),
    "class NONE": header() + question(1, 254),
    "class ANY": header() + question(1, 255),
    "an unknown class": header() + question(1, 9),
    **{f"type {t}": header() + question(t)
       for t in (41, 128, 200, 248, 249, 250, 253, 254)},
    "a name that ends too early": header() + b"\3www",
    "a question without its class": header() + NAME + b"\0\1",
    "a name that points to itself": header() + b"\xc0\x0c" + IN_A,
    "a name that points ahead": header() + b"\xc0\x10" + IN_A + b"\0",
    "a label of type 1": header() + b"\x41a\0" + IN_A,
    "a name of 256 octets":
        header() + question(name=(b"\x3f" + b"a" * 63) * 3 +
                            b"\x3e" + b"d" * 62 + b"\0"),
    **{f"operation {o}": header(o << 11 | 0x0100) + question()
       for o in (1, 2, 3, 6, 9, 15)},
    "a bare status, as nmap asks":
        bytes.fromhex("000010000000000000000000"),
    "a response": header(0x8100) + question(),
    "eleven octets": header()[:-1],
}


def ask(request):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.sendto(request, ("127.0.0.1", PORT))
        try:
            return client.recv(4096).hex()
        except TimeoutError:
            return None


with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder)
    path.chmod(0o755)
    (path / "named.conf").write_text(CONF.format(dir=folder, port=PORT))
    (path / "root").write_text(ZONE)
    server = subprocess.Popen(
        ["named", "-f", "-c", path / "named.conf", "-p", str(PORT)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        vectors = [{"name": name, "request": request.hex(),
                    "response": ask(request)}
                   for name, request in REQUESTS.items()]
    finally:
        server.terminate()
        server.wait()
version = subprocess.run(["named", "-v"], capture_output=True, text=True,
                         check=True).stdout.strip()
out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(json.dumps({"server": version, "vectors": vectors}, indent=2)
               + "\n")
