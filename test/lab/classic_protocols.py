"""Checks of classic.py of each application protocol."""

import random
import re
import struct
import threading
import zlib

from scapy.all import TCP, UDP, AsyncSniffer, Ether, Raw, sendp

from classic_client import (
    ANSWER, CLIENT_MAC, LINK, MAC, OURS, OURS6, Connection, ask, check,
    equal, ip, over_tcp, over_udp, ports)

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
        listens = threading.Event()
        sniffer = AsyncSniffer(
            iface=LINK, count=1, timeout=ANSWER, store=True,
            started_callback=listens.set,
            lfilter=lambda it: it.src == MAC and UDP in it
            and it[UDP].dport == client)
        sniffer.start()
        listens.wait()
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
