#!/usr/bin/env python3
"""Asks a Linux kernel's closed and open ports what scanners ask, and writes
down what it answers: closed.json, by

    scripts/lab.sh python3 test/vectors/closed.py

The kernel is given the addresses of the stack under test, so that all octets of
an answer can be compared but those that are random: `ignore` has their ranges.
"""

import json
import os
import pathlib
import select
import socket
import subprocess
import time

from scapy.all import (
    Ether,
    IP,
    IPOption_NOP,
    IPv6,
    IPv6ExtHdrDestOpt,
    PadN,
    TCP,
    UDP,
)

SELF_MAC = "02:00:00:00:00:01"
PEER_MAC = "02:00:00:00:00:02"
OPEN = 80
CLOSED = 81
PATIENCE = 0.3  # seconds
ICMP_PAUSE = 1.1  # seconds: net.ipv4.icmp_ratelimit

# Octets of the answer, Ethernet header included.
IPV4_ID_AND_SUM = [[18, 20], [24, 26]]
FLOW_LABEL = [[15, 18]]

ON_SENSOR = ["nsenter", f"--net=/proc/{os.environ['LAB_SENSOR']}/ns/net"]


def setup():
    """Gives the kernel on the sensor's side the stack's addresses."""
    for command in (
        f"link set sensor0 address {SELF_MAC}",
        "address add 192.0.2.10/24 dev sensor0",
        "address add 2001:db8::10/64 dev sensor0 nodad",
        f"neighbour replace 192.0.2.1 lladdr {PEER_MAC} dev sensor0",
        f"neighbour replace 2001:db8::1 lladdr {PEER_MAC} dev sensor0",
    ):
        subprocess.run([*ON_SENSOR, "ip", *command.split()], check=True)
    subprocess.run(["ip", "link", "set", "client0", "promisc", "on"], check=True)
    server = f"""
import socket, time
server = socket.create_server(("::", {OPEN}), family=socket.AF_INET6,
                              dualstack_ipv6=True)
time.sleep(120)"""
    return subprocess.Popen([*ON_SENSOR, "python3", "-c", server])


def ask(client, packet):
    """The frame that carries a packet, and the first that answers it."""
    request = bytes(Ether(src=PEER_MAC, dst=SELF_MAC) / packet)
    client.send(request)
    end = time.time() + PATIENCE
    while time.time() < end:
        if not select.select([client], [], [], 0.05)[0]:
            continue
        frame = client.recv(4096)
        if frame[:12] == request[6:12] + request[:6]:
            return request, summed(frame)
    return request, None


def summed(frame):
    """A frame whose TCP checksum is filled in, be it left to the hardware."""
    packet = Ether(frame)
    if TCP in packet and packet.lastlayer().name != "TCPerror":
        del packet[TCP].chksum
    return bytes(packet)


def segments():
    """Segments, each with its name and whether the port is open."""
    versions = (
        ("IPv4", IP(src="192.0.2.1", dst="192.0.2.10", id=7)),
        ("IPv6", IPv6(src="2001:db8::1", dst="2001:db8::10", fl=0x12345)),
    )
    options = [("NOP", None), ("NOP", None), ("Timestamp", (5, 6))]
    for is_open in (False, True):
        port = OPEN if is_open else CLOSED
        for version, ip in versions:
            for i, flags in enumerate(
                ["S", "SF", "SA", "SEC", "SR", "A", "PA", "FA", "F", "",
                 "P", "FPU", "R", "RA"]
            ):
                if is_open and flags in ("S", "SEC"):
                    continue  # a SYN-ACK: recorded elsewhere
                tcp = TCP(sport=40000 + i, dport=port, seq=1000, ack=2000,
                          flags=flags)
                name = f"{version}, flags {flags or 'none'}"
                yield name, is_open, ip / tcp
                tcp.options = options if "A" in flags else []
                tcp.seq = 0xFFFFFFF8
                yield f"{name}, data", is_open, ip / tcp / (b"x" * 20)
            if is_open:
                continue
            marked = ip.copy()
            setattr(marked, "tos" if version == "IPv4" else "tc", 0x2B)
            for flags in "S", "A":
                tcp = TCP(sport=5, dport=port, seq=9, ack=8, flags=flags)
                yield f"{version}, flags {flags}, TOS 0x2b", False, marked / tcp


def datagrams():
    """Datagrams to a closed port, each with its name."""
    ipv4 = IP(src="192.0.2.1", dst="192.0.2.10", id=7, tos=0x2B)
    ipv6 = IPv6(src="2001:db8::1", dst="2001:db8::10", tc=0x2B, fl=0x777)
    udp = UDP(sport=5, dport=CLOSED)
    for length in (0, 5, 520, 521, 1472):
        yield f"IPv4, {length} octets", ipv4 / udp / (b"y" * length)
    for length in (0, 5, 1184, 1185, 1452):
        yield f"IPv6, {length} octets", ipv6 / udp / (b"y" * length)
    ipv4.options = [IPOption_NOP()] * 4
    yield "IPv4, options", ipv4 / udp / b"yyy"
    unsummed = UDP(sport=5, dport=CLOSED, chksum=0)
    del ipv4.options
    yield "IPv4, without checksum", ipv4 / unsummed / b"yyy"
    extension = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])
    yield "IPv6, extension header", ipv6 / extension / udp / b"yyy"


def main():
    server = setup()
    client = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    client.bind(("client0", 0))
    time.sleep(1)
    vectors = []

    def note(name, is_open, packet, ignore):
        request, reply = ask(client, packet)
        vectors.append({
            "name": name,
            "open": is_open,
            "request": request.hex(),
            "reply": reply and reply.hex(),
            **({"ignore": ignore} if reply and ignore else {}),
        })

    for name, is_open, packet in segments():
        ignore = FLOW_LABEL if IPv6 in packet else []
        note(f"TCP over {name}", is_open, packet, ignore)
    for name, packet in datagrams():
        ignore = FLOW_LABEL if IPv6 in packet else IPV4_ID_AND_SUM
        note(f"UDP over {name}", False, packet, ignore)
        time.sleep(ICMP_PAUSE)
    server.kill()
    release = os.uname().release.split("-")[0]
    text = json.dumps({"kernel": release, "vectors": vectors}, indent=1)
    pathlib.Path(__file__).with_name("closed.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
