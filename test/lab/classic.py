#!/usr/bin/env python3
"""What the original program's functional tests ask of it, by numbers of
reference behaviour (ETH, ARP, IC4, IC6, TCP, UDP, HTTP, …), asked of ours.

    classic.py OUR-MAC OUR-IPV4 OUR-IPV6 NOT-OURS DENIED

Prints one line a check: "ok NAME" or "not ok NAME: WHY". The client is nobody
that the kernel knows, so that it does not reset what scapy says.
"""

import random
import re
import socket
import struct
import sys
import zlib

from scapy.all import (
    ARP, ICMP, IP, TCP, UDP, AsyncSniffer, Ether, ICMPv6EchoReply,
    ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IPv6,
    Raw, conf, get_if_hwaddr, sendp, srp1)

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


@check
def arp_answers_for_ours_alone():  # ARP-02, ARP-04
    request = ARP(hwsrc=CLIENT_MAC, psrc=CLIENT, pdst=OURS)
    reply = ask(request, dst="ff:ff:ff:ff:ff:ff")[ARP]
    equal((reply.op, reply.hwsrc, reply.psrc), (2, MAC, OURS))
    equal((reply.hwdst, reply.pdst), (CLIENT_MAC, CLIENT))
    silent(ARP(hwsrc=CLIENT_MAC, psrc=CLIENT, pdst=NOT_OURS),
           dst="ff:ff:ff:ff:ff:ff")


@check
def echo_comes_back():  # IC4-01, IC4-02, IP4-08
    data = b"idrinkwaytoomuchcoffee"
    reply = ask(ip(id=0x1337) / ICMP(id=7, seq=9) / Raw(data))
    equal((reply[IP].id, str(reply[IP].flags), reply[IP].ttl), (0, "DF", 64))
    equal((reply[ICMP].type, reply[ICMP].code), (0, 0))
    equal((reply[ICMP].id, reply[ICMP].seq), (7, 9))
    equal(reply[Raw].load[: len(data)], data)
    silent(ip() / ICMP(code=1) / Raw(data))
    silent(ip() / ICMP(type=0) / Raw(data))


@check
def echo_comes_back_over_ipv6():  # IC6-02
    data = b"waytoomanynapkins"
    reply = ask(ip(6) / ICMPv6EchoRequest(data=data))
    equal((reply[IPv6].src, reply[IPv6].dst), (OURS6, CLIENT6))
    equal(reply[ICMPv6EchoReply].data, data)


@check
def neighbours_find_us():  # IC6-03 to IC6-06
    tail = OURS6.split(":")[-1].rjust(4, "0")
    solicited = f"33:33:ff:00:{tail[:2]}:{tail[2:]}"
    for dst in ("ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01", MAC, solicited):
        request = IPv6(src=CLIENT6, dst=OURS6, hlim=255)
        reply = ask(request / ICMPv6ND_NS(tgt=OURS6), dst=dst)
        equal((reply[IPv6].src, reply[IPv6].dst), (OURS6, CLIENT6))
        equal((reply[IPv6].hlim, reply[IPv6].plen), (255, 32))
        equal(bytes(reply[ICMPv6ND_NA])[4:8], b"\x60\0\0\0")
        equal(reply[ICMPv6ND_NA].tgt, OURS6)
        equal(reply[ICMPv6NDOptDstLLAddr].lladdr, MAC)
    silent(request / ICMPv6ND_NS(tgt="2020:4141:3030:2020::bdbd"))


@check
def frames_for_others_are_left_alone():  # ETH-01 to ETH-06
    echo = ip() / ICMP()
    for dst in (MAC, "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"):
        assert ask(echo, dst=dst) is not None, dst
    for dst in ("02:00:00:00:00:77", "ff:ff:ff:ff:ff:fe", "01:00:5e:00:11:22",
                "33:33:aa:bb:cc:dd"):
        silent(echo, dst=dst)


@check
def the_denied_get_nothing():  # IP4-01
    silent(IP(src=DENIED, dst=OURS) / ICMP())
    silent(IP(src=CLIENT, dst=NOT_OURS) / ICMP())
    silent(IP(src=DENIED, dst=OURS) / TCP(sport=next(ports), dport=80))


@check
def syn_flags():  # TCP-07, TCP-10
    for version in (4, 6):
        for flags in "S SP SU SC SE SPU SPC SPE SUC SUE SPUC SPUE".split():
            segment = TCP(sport=next(ports), dport=80, flags=flags, seq=12345)
            answer = ask(ip(version) / segment)[TCP]
            equal((str(answer.flags), answer.ack), ("SA", 12346))
            equal((answer.window, answer.dataofs, answer.urgptr), (65535, 5, 0))
        for flags in "SA SR SF SCE SPUCE P".split():
            silent(ip(version) / TCP(sport=next(ports), dport=80, flags=flags))


@check
def every_port_is_open():  # TCP-09
    for port in random.sample(range(1, 65536), 100):
        answer = ask(ip() / TCP(sport=next(ports), dport=port, flags="S"))
        equal((str(answer[TCP].flags), answer[TCP].sport), ("SA", port))


@check
def data_without_a_handshake():  # TCP-13
    for ack in (0, 12345):
        segment = TCP(sport=next(ports), dport=80, flags="PA", ack=ack)
        silent(ip() / segment / Raw(b"GET / HTTP/1.1\r\n\r\n"))


@check
def data_that_is_unknown():  # TCP-16
    equal(over_tcp(b"XXX / HTTP/1.1\r\n\r\n"), b"")
    equal(over_tcp(b"", 80), b"")


@check
def fin_is_answered():  # TCP-22
    connection = Connection(80)
    answer = connection.send("FA")[TCP]
    equal((str(answer.flags), answer.seq), ("FA", connection.ack))
    equal(answer.ack, (connection.seq + 1) % 2**32)


PAGE = re.compile(
    rb"HTTP/1\.1 401 Unauthorized\n"
    rb"Server: nginx/1\.14\.2\n"
    rb"Date: \w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d (\+0000|GMT)\n"
    rb"Content-Type: text/html\n"
    rb"Content-Length: 188\n"
    rb"Connection: keep-alive\n"
    rb'WWW-Authenticate: Basic realm="Access to admin page"\n'
    rb"\n"
    rb"<html>\n"
    rb"<head><title>401 Authorization Required</title></head>\n"
    rb'<body bgcolor="white">\n'
    rb"<center><h1>401 Authorization Required</h1></center>\n"
    rb"<hr><center>nginx/1\.14\.2</center>\n"
    rb"</body>\n"
    rb"</html>\n")
VERBS = b"GET PUT POST DELETE CONNECT OPTIONS TRACE PATCH".split()


@check
def http_asks_for_a_password():  # HTTP-03, HTTP-06 to HTTP-09, HTTP-12
    for verb in VERBS:
        request = verb + b" /admin HTTP/1.1\r\nHost: a\r\n\r\n"
        assert PAGE.fullmatch(over_tcp(request)), verb
    for version in (4, 6):
        for end in (b"\r\n", b"\n"):
            request = b"GET / HTTP/2.0" + end + b"Host: a" + 2 * end
            assert PAGE.fullmatch(over_tcp(request, 8000, version)), end
            assert PAGE.fullmatch(over_udp(request, 8000, version)), end


@check
def http_comes_in_parts():  # HTTP-05, TCP-31
    connection = Connection(80)
    equal(connection.say(b"GET / HTTP/1.1\r\n"), b"")
    assert PAGE.fullmatch(connection.say(b"\r\n"))
    over_udp(b"GET / HTTP/1.1\r\n", answered=False)
    over_udp(b"OPTIONS", answered=False)  # UDP-02


def stun(client, port, version=4, kind=b"\x21\x12\xa4\x42", flags=None):
    """Asks from a port, and returns the answer and whence it came."""
    ident = kind + random.randbytes(12)
    attribute = b"" if flags is None else struct.pack(">HHI", 3, 4, flags)
    request = struct.pack(">HH", 1, len(attribute)) + ident + attribute
    packet = ip(version) / UDP(sport=client, dport=port) / Raw(request)
    if flags is None:
        answer = ask(packet)
    else:  # from another port, which scapy does not take for an answer
        sniffer = AsyncSniffer(
            iface=LINK, count=1, timeout=ANSWER, store=True,
            lfilter=lambda it: it.src == MAC and UDP in it
            and it[UDP].dport == client)
        sniffer.start()
        while not getattr(sniffer, "running", False):
            pass
        sendp(Ether(src=CLIENT_MAC, dst=MAC) / packet, iface=LINK)
        sniffer.join()
        [answer] = sniffer.results
    length = answer[UDP].len - 8
    return ident, bytes(answer[UDP].payload)[:length], answer[UDP].sport


@check
def stun_tells_the_address():  # STUN-05, STUN-06
    for kind in (b"\x21\x12\xa4\x42", b"\xaa\xbb\xcc\xdd"):
        client = next(ports)
        ident, answer, port = stun(client, 3478, kind=kind)
        mapped = struct.pack(">HHHH", 1, 8, 1, client) + b"\xc0\0\x02\x32"
        equal(answer, b"\x01\x01\x00\x0c" + ident + mapped)
        equal(port, 3478)
    client = next(ports)
    ident, answer, port = stun(client, 3478, 6)
    address = bytes.fromhex("20010db8000000000000000000000050")
    mapped = struct.pack(">HHHH", 1, 20, 2, client) + address
    equal(answer, b"\x01\x01\x00\x18" + ident + mapped)


@check
def stun_changes_the_port():  # STUN-04
    for asked, answered in ((800, 801), (65535, 0)):
        _, answer, port = stun(next(ports), asked, flags=2)
        equal((answer[:4], port), (b"\x01\x01\x00\x0c", answered))


@check
def ssh_says_who_it_is():  # SSH-02, SSH-03, SSH-05, SSH-07
    for banner in (b"SSH-2.0-OpenSSH_9.2", b"SSH-1.99-x", b"SSH-2.0-a b c"):
        for say in (over_tcp, over_udp):
            for version in (4, 6):
                answer = say(banner + b"\r\n", 22, version)
                equal(answer, b"SSH-2.0-1\r\n")
    for banner in (b"SSH-2.0-x\n", b"SSH-2.0 -x\r\n", b"S SH-2.0-x\r\n"):
        equal(over_tcp(banner, 22), b"")
        over_udp(banner, 22, answered=False)


@check
def gh0st_agrees():  # GHO-02
    deflated = zlib.compress(b"fhost")
    request = b"Gh0st" + struct.pack("<II", 13 + len(deflated), 5) + deflated
    answer = over_tcp(request, 31337)
    total, length = struct.unpack("<5xII", answer[:13])
    equal((answer[:5], total), (b"Gh0st", len(answer)))
    equal(len(zlib.decompress(answer[13:])), length)


def call(program, version, procedure, xid=0x72FE1D13):
    return struct.pack(">10I", xid, 0, 2, program, version, procedure, 0, 0, 0, 0)


def reply(*words, xid=0x72FE1D13):
    return struct.pack(f">{6 + len(words) - 1}I", xid, 1, 0, 0, 0, *words)


def over_both(request, port, version=4):
    """Asks by datagram and by record, which have to agree."""
    datagram = over_udp(request, port, version)
    record = struct.pack(">I", 0x80000000 | len(request)) + request
    stream = over_tcp(record, port, version)
    mark, = struct.unpack(">I", stream[:4])
    equal((mark, stream[4:]), (0x80000000 | len(datagram), datagram))
    return datagram


@check
def rpc_knows_the_port_mapper():  # RPC-05 to RPC-08
    equal(over_both(call(100000, 104316, 0), 111), reply(2, 2, 4))
    equal(over_both(call(100003, 3, 0), 111), reply(0))
    equal(over_both(call(100003, 3, 1), 111), reply(1))
    equal(over_both(call(100000, 2, 3), 111), reply(0, 111))
    equal(over_both(call(100000, 2, 9), 111), reply(5))
    for version, our in ((4, OURS), (6, OURS6)):
        where = f"{our}.0.111".encode()
        xdr = struct.pack(">I", len(where)) + where + b"\0" * (-len(where) % 4)
        equal(over_both(call(100000, 4, 3), 111, version), reply(0) + xdr)


@check
def rpc_dumps_its_map():  # RPC-09
    entries = [word for version in (2, 3, 4)
               for word in (1, 100000, version, 6, 111)]
    equal(over_both(call(100000, 2, 4), 111), reply(0, *entries, 0))


@check
def rpc_comes_in_parts():  # RPC-02, TCP-31
    request = call(100000, 2, 0)
    record = struct.pack(">I", 0x80000000 | len(request)) + request
    connection = Connection(111)
    equal(connection.say(record[:30]), b"")
    equal(connection.say(record[30:])[4:], reply(0))


QUESTION = bytes.fromhex("0377777707657861 6d706c6503636f6d00 00010001")


@check
def dns_has_our_address():  # DNS-06 to DNS-10
    address = bytes(map(int, OURS.split(".")))
    for port in (53, 5353, 80, 161, 24732):
        for count in (1, 3):
            head = struct.pack(">6H", 0x1337, 0x0100, count, 0, 0, 0)
            record = QUESTION + struct.pack(">IH", 43200, 4) + address
            wanted = struct.pack(">6H", 0x1337, 0x8500, count, count, 0, 0)
            wanted += count * QUESTION + count * record
            equal(over_udp(head + count * QUESTION, port), wanted)


@check
def dns_knows_nothing_else():  # DNS-03, DNS-06
    head = struct.pack(">6H", 0x1337, 0x0100, 1, 0, 0, 0)
    for kind in (2, 5, 6, 12, 15, 16, 28, 33, 255):
        question = QUESTION[:-4] + struct.pack(">HH", kind, 1)
        over_udp(head + question, 53, answered=False)
    for other in (2, 3, 4, 254, 255):
        question = QUESTION[:-4] + struct.pack(">HH", 1, other)
        over_udp(head + question, 53, answered=False)
    over_udp((head + QUESTION)[:-1], 53, answered=False)


def main():
    failed = False
    for test in CHECKS:
        name = test.__name__.replace("_", " ")
        try:
            test()
            print("ok", name, flush=True)
        except Exception as error:  # of any kind: it is the report
            failed = True
            where = error.__traceback__.tb_next
            while where.tb_next:
                where = where.tb_next
            reason = f"{type(error).__name__} in line {where.tb_lineno}: {error}"
            print("not ok", f"{name}: {reason}", flush=True)
    return failed


sys.exit(main())
