"""The client of the checks in classic.py: nobody that the kernel knows, so that
it does not reset what scapy says.
"""

import random
import socket
import sys

from scapy.all import (
    IP, TCP, Ether, IPv6, Raw, conf, get_if_hwaddr, sendp, srp1)

conf.verb = 0
LINK = "client0"
MAC, OURS, OURS6, NOT_OURS, DENIED = sys.argv[1:]
CLIENT, CLIENT6 = "192.0.2.50", "2001:db8::50"
CLIENT_MAC = get_if_hwaddr(LINK)
ANSWER, SILENCE = 10, 0.25  # how long each is waited for, in seconds
ports = iter(random.sample(range(20_000, 60_000), 10_000))


def ask(packet, answered=True, dst=MAC):
    frame = Ether(src=CLIENT_MAC, dst=dst) / packet
    return srp1(frame, iface=LINK, timeout=ANSWER if answered else SILENCE)


def ip(version=4, **fields):
    if version == 4:
        return IP(src=CLIENT, dst=OURS, **fields)
    return IPv6(src=CLIENT6, dst=OURS6, **fields)


def silent(packet, **more):
    answer = ask(packet, answered=False, **more)
    assert answer is None, f"answered: {answer.summary()}"


def equal(got, wanted):
    assert got == wanted, f"{got!r} is not {wanted!r}"


class Connection:
    """A client's side of TCP, as simple as the original's own tests have it."""

    def __init__(self, port, version=4):
        self.base = ip(version)
        self.ports = {"sport": next(ports), "dport": port}
        self.seq = random.getrandbits(32)
        answer = self.send("S", ack=0)
        equal(str(answer[TCP].flags), "SA")
        equal(answer[TCP].ack, (self.seq + 1) % 2**32)
        self.seq = answer[TCP].ack
        self.ack = (answer[TCP].seq + 1) % 2**32
        self.send("A", answered=False)

    def send(self, flags, data=b"", answered=True, **fields):
        fields = {"seq": self.seq, "ack": getattr(self, "ack", 0), **fields}
        segment = TCP(**self.ports, flags=flags, **fields)
        packet = self.base / segment
        if data:
            packet /= Raw(data)
        if answered:
            return ask(packet)
        return sendp(Ether(src=CLIENT_MAC, dst=MAC) / packet, iface=LINK)

    def say(self, data):
        """Says data, and returns what comes back with its acknowledgment."""
        answer = self.send("PA", data)
        self.seq = (self.seq + len(data)) % 2**32
        equal(answer[TCP].ack, self.seq)
        equal(answer[TCP].seq, self.ack)
        equal(answer[TCP].sport, self.ports["dport"])
        said = bytes(answer[TCP].payload)[: len_of(answer)]
        equal(str(answer[TCP].flags), "PA" if said else "A")
        self.ack = (self.ack + len(said)) % 2**32
        return said


def len_of(packet):
    """Length of a segment's payload, without what pads the frame."""
    if IP in packet:
        return packet[IP].len - 4 * packet[IP].ihl - 4 * packet[TCP].dataofs
    return packet[IPv6].plen - 4 * packet[TCP].dataofs


def over_tcp(data, port=80, version=4):
    return Connection(port, version).say(data)


def over_udp(data, port=80, version=4, answered=True):
    """Asks from a socket of the kernel's: scapy would read what comes back."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(ANSWER if answered else SILENCE)
        client.connect((OURS if version == 4 else OURS6, port))
        client.send(data)
        try:
            answer = client.recv(65535)
        except TimeoutError:
            answer = None
    equal(answer is not None, answered)
    return answer


CHECKS = []


def check(test):
    CHECKS.append(test)
    return test
