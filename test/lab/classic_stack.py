"""Checks of classic.py below the application protocols."""

import random

from scapy.all import (
    ARP, ICMP, IP, TCP, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA,
    ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IPv6, Raw)

from classic_client import (
    CLIENT, CLIENT6, CLIENT_MAC, DENIED, MAC, NOT_OURS, OURS, OURS6,
    Connection, ask, check, equal, ip, over_tcp, ports, silent)


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
