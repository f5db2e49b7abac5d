#!/usr/bin/python3
"""Writes vectors.json: frames, and the frames a correct responder answers with.

Every octet here comes from scapy and the standards, none from our own stack,
so a row that fails is two opinions that differ: read the section in `shows`
before changing either. Run by hand where scapy is (Debian's python3-scapy):

    /usr/bin/python3 test/vectors/make.py

Each row is a request and one reply, or null for silence. `list` is true when
the responder is given the addresses of `self`, false when it answers for every
address. `vlan` is the TCI of a tag the kernel took out of the frame. `ignore`
holds `[from, to)` octets of the reply that no standard fixes; `shows` says
which they are. The group of a row is its name up to the colon. Requests are as
long as their headers say unless the row is about padding, and so are replies:
padding is the link's work.

Before writing, every reply is dissected again and its lengths and checksums
are made anew; one that comes out different is an error. So are a question with
two answers and a name given twice.
"""

import json
import logging
import pathlib
import struct

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

# pylint: disable=wrong-import-position
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_Redirect,
    ICMPv6ND_RS,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    HBHOptUnknown,
    PadN,
    RouterAlert,
    in6_chksum,
)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import checksum

MAC, MAC4, MAC6 = "02:00:00:00:00:01", "01:00:5e:00:02:0a", "33:33:ff:00:00:10"
OUR4, OUR4B, OUR6 = "192.0.2.10", "192.0.2.11", "2001:db8::10"
PEER_MAC = "02:00:00:00:00:02"
PEER4, PEER6, PEER_LINK6 = "192.0.2.1", "2001:db8::1", "fe80::ff:fe00:2"
OTHER_MAC, OTHER4, OTHER6 = "02:00:00:00:00:99", "192.0.2.99", "2001:db8::99"
ALL_MAC, NODES_MAC = "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"
ZERO_MAC = "00:00:00:00:00:00"
SOLICITED6 = "ff02::1:ff00:10"
PERSONAS = ("classic", "linux")

rows = []


# ---- rows and frames -------------------------------------------------------


def row(name, shows, request, reply=None, **more):
    """Adds one row; `more` holds persona, list, deny, vlan, ignore."""
    vector = {
        "name": name,
        "shows": shows,
        "persona": more.get("persona", "any"),
        "list": more.get("list", True),
    }
    for key in ("deny", "vlan"):
        if key in more:
            vector[key] = more[key]
    vector["request"] = bytes(request).hex()
    vector["reply"] = None if reply is None else bytes(reply).hex()
    if reply is not None and more.get("ignore"):
        vector["ignore"] = [list(pair) for pair in more["ignore"]]
    rows.append(vector)


def octets(length):
    """Data of that many octets with no period that a copy could hide in."""
    return bytes((at * 7 + at // 251 + 1) & 0xFF for at in range(length))


def to_us(upper, dst=MAC, src=PEER_MAC, tags=()):
    """Frame from the peer; `tags` are (TPID, TCI) from the outside in."""
    return link(upper, dst, src, tags)


def to_peer(upper, dst=PEER_MAC, tags=()):
    """Frame from us."""
    return link(upper, dst, MAC, tags)


def link(upper, dst, src, tags):
    frame = Ether(dst=dst, src=src)
    for tpid, tci in tags:
        tag = Dot1AD if tpid == 0x88A8 else Dot1Q
        frame /= tag(prio=tci >> 13, id=(tci >> 12) & 1, vlan=tci & 0xFFF)
    return frame / upper


def flip(frame, at, bits=0x01):
    """The frame with some bits of one octet inverted."""
    frame = bytearray(bytes(frame))
    frame[at] ^= bits
    return bytes(frame)


def patch(frame, at, new):
    """The frame with other octets at an offset."""
    frame = bytearray(bytes(frame))
    frame[at : at + len(new)] = new
    return bytes(frame)


def seal4(frame):
    """The untagged IPv4 frame with a header checksum right for its IHL."""
    frame = patch(frame, 24, b"\0\0")
    header_len = max(20, (frame[14] & 15) * 4)
    return patch(frame, 24, struct.pack("!H", checksum(frame[14 : 14 + header_len])))


# ---- requests and the replies to them --------------------------------------


def arp(src=PEER4, dst=OUR4, mac=PEER_MAC, **more):
    return ARP(**{"op": 1, "hwsrc": mac, "psrc": src, "hwdst": ZERO_MAC, "pdst": dst, **more})


def arp_reply(src=PEER4, dst=OUR4, mac=PEER_MAC):
    return ARP(op=2, hwsrc=MAC, psrc=dst, hwdst=mac, pdst=src)


def echo4(data=octets(32), src=PEER4, dst=OUR4, ident=0xBEEF, seq=7, **header):
    fields = {"id": 0x1337, "ttl": 57, "flags": 0, **header}
    return IP(src=src, dst=dst, **fields) / ICMP(type=8, id=ident, seq=seq) / Raw(data)


def echo4_reply(data=octets(32), src=PEER4, dst=OUR4, ident=0xBEEF, seq=7, tos=0, code=0):
    header = IP(src=dst, dst=src, ttl=64, id=0, flags="DF", tos=tos)
    return header / ICMP(type=0, code=code, id=ident, seq=seq) / Raw(data)


def echo6(data=octets(32), src=PEER6, dst=OUR6, ident=0xBEEF, seq=7, **header):
    header = IPv6(src=src, dst=dst, **{"hlim": 57, **header})
    return header / ICMPv6EchoRequest(id=ident, seq=seq, data=data)


def echo6_reply(data=octets(32), src=PEER6, dst=OUR6, ident=0xBEEF, seq=7, tc=0, code=0):
    header = IPv6(src=dst, dst=src, hlim=64, tc=tc)
    return header / ICMPv6EchoReply(code=code, id=ident, seq=seq, data=data)


def ns(src=PEER6, dst=SOLICITED6, tgt=OUR6, options=None, hlim=255, **more):
    if options is None:
        options = ICMPv6NDOptSrcLLAddr(lladdr=PEER_MAC)
    message = IPv6(src=src, dst=dst, hlim=hlim) / ICMPv6ND_NS(tgt=tgt, **more)
    return message / options if options else message


def na(dst=PEER6, tgt=OUR6, solicited=1, override=1):
    message = IPv6(src=tgt, dst=dst, hlim=255)
    message /= ICMPv6ND_NA(R=0, S=solicited, O=override, tgt=tgt)
    return message / ICMPv6NDOptDstLLAddr(lladdr=MAC) if override else message


def network(src, dst, **header):
    """Header of the family of the addresses, as a client sends it."""
    if ":" in src:
        return IPv6(src=src, dst=dst, **{"hlim": 57, **header})
    return IP(src=src, dst=dst, **{"id": 0x1337, "ttl": 57, "flags": "DF", **header})


def syn(src=PEER4, dst=OUR4, data=b"", header=None, **more):
    fields = {"sport": 40000, "dport": 80, "seq": 0x10203040, "window": 64240}
    segment = network(src, dst, **(header or {}))
    segment /= TCP(**{**fields, "flags": "S", **more})
    return segment / Raw(data) if data else segment


def syn_ack(persona, request):
    """The SYN-ACK of a persona, sequence number 0, TSval 0."""
    asked = request[TCP]
    src, dst = request.src, request.dst
    options, window, flags = [], 65535, "SA"
    if persona == "linux":
        offered = dict((option[0], option[1]) for option in asked.options)
        options = [("MSS", 1440 if ":" in src else 1460)]
        sack = [("SAckOK", b"")]
        if "Timestamp" in offered:
            options += sack if "SAckOK" in offered else [("NOP", None)] * 2
            options += [("Timestamp", (0, offered["Timestamp"][0]))]
        elif "SAckOK" in offered:
            options += [("NOP", None)] * 2 + sack
        if "WScale" in offered:
            options += [("NOP", None), ("WScale", 7)]
        window = 65160 if "Timestamp" in offered else 64240
        flags = "SAE" if asked.flags.E and asked.flags.C else "SA"
    if ":" in src:
        header = IPv6(src=dst, dst=src, hlim=64)
    else:
        header = IP(src=dst, dst=src, ttl=64, id=0, flags="DF")
    return header / TCP(
        sport=asked.dport,
        dport=asked.sport,
        seq=0,
        ack=(asked.seq + 1) & 0xFFFFFFFF,
        flags=flags,
        window=window,
        options=options,
    )


def reset(request):
    """The reset of a segment that has an acknowledgment."""
    asked = request[TCP]
    src, dst = request.src, request.dst
    if ":" in src:
        header = IPv6(src=dst, dst=src, hlim=64)
    else:
        header = IP(src=dst, dst=src, ttl=64, id=0, flags="DF")
    return header / TCP(sport=asked.dport, dport=asked.sport, seq=asked.ack, flags="R", window=0)


def loose(persona, reply, tag_count=0):
    """Octets of a reply that no standard fixes, and the words for them."""
    ranges, words = [], []
    at = 14 + 4 * tag_count
    if IPv6 in reply and persona == "linux":
        ranges.append((at + 1, at + 4))
        words.append("flow label (RFC 6437 §3: Linux makes one up)")
    if ICMP in reply and persona == "linux":
        ranges += [(at + 4, at + 6), (at + 6, at + 8), (at + 10, at + 12)]
        words.append("IPv4 id, flags (RFC 6864 §4: any) and thus header checksum")
    if TCP in reply:
        at += 40 if IPv6 in reply else 20
        ranges.append((at + 4, at + 8))
        words.append("sequence number (cookie) and thus TCP checksum")
        if persona == "linux":
            ranges.append((at + 14, at + 18))
            words.append("window (follows memory)")
            where = bytes(reply[TCP]).find(b"\x08\x0a", 20)
            if where > 0:
                ranges.append((at + where + 2, at + where + 6))
                words.append("TSval (a clock)")
        else:
            ranges.append((at + 16, at + 18))
    return ranges, ("; ignored: " + ", ".join(words)) if words else ""


def answered(name, shows, request, reply, **more):
    """Adds a row for each persona; `reply` may be a function of the persona.

    What is answered does not hang on the persona, so most echo rows ask only
    `classic`, whose reply has no octet to spare."""
    personas = more.pop("personas", ("classic",))
    frame = {"dst": more.pop("dst", MAC), "tags": more.pop("tags", ())}
    inline = frame["tags"]
    outer = ((0x8100, more["vlan"]),) if "vlan" in more else ()
    request = request if isinstance(request, bytes) else to_us(request, **frame)
    for persona in personas:
        packet = reply(persona) if callable(reply) else reply
        tags = outer + tuple(inline)
        ignore, words = loose(persona, packet, len(tags))
        row(
            name,
            shows + words,
            request,
            to_peer(packet, tags=tags),
            persona=persona,
            ignore=ignore,
            **more,
        )


def opens(name, shows, request, **more):
    """Adds rows for a SYN that is answered."""
    more = {"personas": PERSONAS, **more}
    answered(name, shows, request, lambda persona: syn_ack(persona, request), **more)


# ---- Ethernet --------------------------------------------------------------

ETH = [
    # destination, accepted in list mode, accepted in wildcard mode, section
    (MAC, True, True, "ETH-01"),
    (ALL_MAC, True, True, "ETH-02"),
    (NODES_MAC, True, True, "ETH-03"),
    (MAC4, True, False, "ETH-04, RFC 1112 §6.4"),
    ("01:00:5e:00:02:0b", True, False, "ETH-04, RFC 1112 §6.4"),
    (MAC6, True, None, "ETH-05, RFC 2464 §7"),
    (OTHER_MAC, False, False, "ETH-06"),
    ("ff:ff:ff:ff:ff:fe", False, False, "ETH-06"),
    ("01:00:5e:00:11:22", False, False, "ETH-06"),
    ("01:00:5e:80:02:0a", False, False, "ETH-06: bit 23 is never set, RFC 1112 §6.4"),
    ("01:00:5e:00:00:01", False, False, "ETH-04: all-hosts is no group of ours"),
    ("33:33:ff:00:00:11", False, None, "ETH-06"),
    ("33:33:aa:bb:cc:dd", False, False, "ETH-06"),
    ("33:33:aa:bb:cc:de", False, False, "ETH-06"),
    ("33:33:00:00:00:02", False, False, "ETH-06: all-routers"),
    ("33:33:00:00:00:10", False, False, "ETH-06"),
    ("02:00:00:00:00:00", False, False, "ETH-06: one bit off"),
    ("03:00:00:00:00:01", False, False, "ETH-06: group bit set"),
    ("00:00:00:00:00:00", False, False, "ETH-06"),
    ("01:80:c2:00:00:0e", False, False, "ETH-06: LLDP group"),
]


def ethernet():
    for dst, in_list, in_wild, shows in ETH:
        for is_list, taken in ((True, in_list), (False, in_wild)):
            if taken is None:
                continue
            mode = f"{dst} {'list' if is_list else 'wildcard'}"
            mapped = "33:33" if dst.startswith("33:33") else "01:00:5e"
            if not taken:
                row(f"ethernet: ARP to {mode}", shows, to_us(arp(), dst=dst), list=is_list)
                name, upper = ("echo v6", echo6()) if mapped == "33:33" else ("echo", echo4())
                row(f"ethernet: {name} to {mode}", shows, to_us(upper, dst=dst), list=is_list)
                continue
            if mapped != "33:33":
                row(
                    f"ethernet: ARP to {mode}",
                    shows,
                    to_us(arp(), dst=dst),
                    to_peer(arp_reply()),
                    list=is_list,
                )
            if is_list and not dst.startswith("33:33"):
                answered(f"ethernet: echo to {mode}", shows, echo4(), echo4_reply(), dst=dst, personas=PERSONAS)
            if is_list and not dst.startswith("01:00:5e"):
                answered(f"ethernet: echo v6 to {mode}", shows, echo6(), echo6_reply(), dst=dst, personas=PERSONAS)
    for src in (ALL_MAC, "01:00:5e:00:00:01", "33:33:00:00:00:01", "03:00:00:00:00:02"):
        shows = "IEEE 802.3 §3.2.3: a source is never a group; safety C.2 rule 5"
        for kind, upper in (("ARP", arp()), ("echo", echo4()), ("echo v6", echo6()),
                            ("NS", ns()), ("SYN", syn())):
            row(f"ethernet: {kind} from {src}", shows, to_us(upper, src=src))
    for kind in (0x0000, 0x0026, 0x05DC, 0x0600, 0x0801, 0x0805, 0x0807, 0x8035,
                 0x86DC, 0x86DE, 0x8863, 0x8864, 0x8847, 0x88CC, 0x88E5, 0x9000, 0xFFFF):
        frame = patch(to_us(echo4()), 12, struct.pack("!H", kind))
        row(f"ethernet: type {kind:04x}", "ETH-07", frame)
    row("ethernet: IPv4 under the type of IPv6", "RFC 8200 §3: version is 6",
        patch(to_us(echo4()), 12, b"\x86\xdd"))
    row("ethernet: IPv6 under the type of IPv4", "RFC 1122 §3.2.1.1: version is 4",
        patch(to_us(echo6()), 12, b"\x08\x00"))
    row("ethernet: ARP under the type of IPv4", "RFC 1122 §3.2.1.1",
        patch(to_us(arp()), 12, b"\x08\x00"))
    for kind in ("0800", "86dd", "0806", "8100", "88a8"):
        row(f"ethernet: type {kind} and nothing else", "ETH-09",
            to_us(b"")[Ether].build()[:12] + bytes.fromhex(kind))


EDGES = (14, 15, 33, 34, 35, 37, 38, 41, 42, 47, 53, 54, 55, 57, 58, 61, 62, 77, 78, 79, 80)


def runts():
    shows = "ETH-09, W-04: a frame that ends too early"
    good = {
        "ARP": (to_us(arp()), 42),
        "echo": (to_us(echo4()), 61),
        "echo v6": (to_us(echo6()), 94),
        "NS": (to_us(ns(), dst=MAC6), 86),
        "SYN": (to_us(syn()), 54),
        "SYN v6": (to_us(syn(PEER6, OUR6)), 74),
    }
    for kind, (frame, end) in good.items():
        for length in range(end):
            # Every length of two kinds; of the others those by a header's edge.
            if kind not in ("echo", "ARP") and length not in EDGES and length < end - 2:
                continue
            row(f"runt: {kind} cut to {length}", shows, bytes(frame)[:length])


# ---- ARP -------------------------------------------------------------------


def arps():
    def ours(name, shows, request, reply=None, **more):
        frame = {"dst": more.pop("dst", ALL_MAC)}
        row(f"arp: {name}", shows, to_us(request, **frame), to_peer(reply or arp_reply()), **more)

    def silent(name, shows, request, **more):
        frame = {"dst": more.pop("dst", ALL_MAC)}
        row(f"arp: {name}", shows, to_us(request, **frame), **more)

    rfc = "RFC 826 'Packet Reception'"
    ours("request", f"{rfc}; ARP-04", arp())
    ours("request to our MAC", f"{rfc}; RFC 1122 §2.3.2.1 unicast poll", arp(), dst=MAC)
    ours("request for our second address", rfc, arp(dst=OUR4B), arp_reply(dst=OUR4B))
    ours("request, wildcard", "ARP-02", arp(), list=False)
    ours("request for any address, wildcard", "ARP-02", arp(dst="203.0.113.5"),
         arp_reply(dst="203.0.113.5"), list=False)
    ours("request with a target hardware address", f"{rfc}: ar$tha is not looked at",
         arp(hwdst=OTHER_MAC))
    ours("request with broadcast as target hardware address", f"{rfc}: ar$tha is not looked at",
         arp(hwdst=ALL_MAC))
    ours("sender MAC is not the source of the frame",
         "ARP-06: to the source of the frame; target hardware address is the sender's",
         arp(mac=OTHER_MAC), arp_reply(mac=OTHER_MAC))
    for length in (1, 2, 4, 17, 18, 19, 22, 100, 1472):
        for kind, fill in (("zero", bytes(length)), ("other", octets(length))):
            ours(f"{length} octets of {kind} padding", "RFC 894: padding is not the packet's; W-35",
                 arp() / Raw(fill))
    for is_list in (True, False):
        mode = "list" if is_list else "wildcard"
        for op in (0, 2, 3, 4, 8, 9, 0x0100, 0x0101, 0xFFFF):
            silent(f"operation {op}, {mode}", "ARP-01, RFC 826: request is 1", arp(op=op),
                   list=is_list)
        silent(f"reply to us, {mode}", "ARP-01", arp(op=2, hwdst=MAC), dst=MAC, list=is_list)
        fields = (("hwtype", (0, 2, 6, 0x0100, 0x0101)),
                  ("ptype", (0, 0x0806, 0x86DD, 0x0008, 0x0801)),
                  ("hwlen", (0, 1, 4, 5, 7, 8, 255)),
                  ("plen", (0, 1, 3, 5, 6, 16, 255)))
        for field, values in fields if is_list else ():
            for value in values:
                # The same octets whatever the lengths say: only one field is off.
                at = {"hwtype": 14, "ptype": 16, "hwlen": 18, "plen": 19}[field]
                size = 2 if at < 18 else 1
                frame = patch(to_us(arp() / Raw(bytes(18)), dst=ALL_MAC), at,
                              value.to_bytes(size, "big"))
                row(f"arp: {field} {value}, {mode}", f"{rfc}: type and lengths are checked; W-35",
                    frame, list=is_list)
        for src in ("127.0.0.1", "127.255.255.255", "224.0.0.1", "239.255.255.255",
                    "240.0.0.1", "255.255.255.254", "255.255.255.255"):
            silent(f"sender {src}, {mode}", "RFC 1122 §3.2.1.3; safety C.2 rule 5",
                   arp(src=src), list=is_list)
        for dst in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1",
                    "255.255.255.255"):
            silent(f"target {dst}, {mode}", "RFC 1122 §3.2.1.3: no host's address",
                   arp(dst=dst), list=is_list)
        silent(f"gratuitous for our address, {mode}", "RFC 5227 §1.1 announcement; W-34",
               arp(src=OUR4), list=is_list)
        silent(f"gratuitous for another address, {mode}", "RFC 5227 §1.1 announcement; W-34",
               arp(src=OTHER4, dst=OTHER4), list=is_list)
        silent(f"gratuitous with target MAC, {mode}", "RFC 5944 §4.6; W-34",
               arp(src=OTHER4, dst=OTHER4, hwdst=ALL_MAC), list=is_list)
        silent(f"to another MAC, {mode}", "ETH-06", arp(), dst=OTHER_MAC, list=is_list)
        silent(f"denied sender, {mode}", "W-35", arp(), deny=[PEER4], list=is_list)
        silent(f"denied among others, {mode}", "W-35", arp(),
               deny=["198.51.100.7", PEER4, PEER6], list=is_list)
        ours(f"another is denied, {mode}", "W-35", arp(), deny=["192.0.2.2", PEER6], list=is_list)
        ours(f"the target denied as a source, {mode}", "§0: the deny list holds sources", arp(),
             deny=[OUR4], list=is_list)
        for src in ("0.255.0.0", "0.0.0.1", "0.255.255.255", "1.0.0.0", "126.255.255.255",
                    "128.0.0.0", "169.254.1.1", "223.255.255.255", "203.0.113.1"):
            ours(f"sender {src}, {mode}", "issue 2: only 0.0.0.0 of 0/8 is refused",
                 arp(src=src), arp_reply(src=src), list=is_list)
    silent("our other address as sender", "safety C.2 rule 5: own address", arp(src=OUR4B))
    silent("for another address", "ARP-02", arp(dst=OTHER4))
    silent("for an address one bit off", "ARP-02", arp(dst="192.0.2.8"))
    silent("for our address, octets reversed", "ARP-02", arp(dst="10.2.0.192"))
    ours("the guide's recipe, wildcard", "issue 2: 0.255.0.0/31 is answered",
         arp(src="0.255.0.0", dst="0.255.0.1"), arp_reply(src="0.255.0.0", dst="0.255.0.1"),
         list=False)
    ours("probe for our address", "RFC 5227 §2.1.1: defended", arp(src="0.0.0.0"),
         arp_reply(src="0.0.0.0"))
    silent("probe for another address", "RFC 5227 §2.1.1", arp(src="0.0.0.0", dst=OTHER4))
    silent("probe, wildcard", "W-34", arp(src="0.0.0.0"), list=False)
    silent("probe for any address, wildcard", "W-34", arp(src="0.0.0.0", dst="203.0.113.5"),
           list=False)


# ---- 802.1Q ----------------------------------------------------------------


def vlans():
    c_tag, s_tag = 0x8100, 0x88A8
    kinds = {
        "ARP": (arp(), arp_reply(), ALL_MAC),
        "echo": (echo4(), echo4_reply(), MAC),
        "echo of no data": (echo4(b""), echo4_reply(b""), MAC),
        "echo v6": (echo6(), echo6_reply(), MAC),
        "NS": (ns(), na(), MAC6),
        "SYN": (syn(), None, MAC),
        "SYN v6": (syn(PEER6, OUR6), None, MAC),
    }
    rule = "W-37, IEEE 802.1Q §9.6: the tag of the request, TCI and all"
    for kind, (request, reply, dst) in kinds.items():
        def add(name, tags=(), **more):
            if ARP in request or ICMPv6ND_NS in request:
                outer = ((c_tag, more["vlan"]),) if "vlan" in more else ()
                row(f"vlan: {name}", rule, to_us(request, dst=dst, tags=tags),
                    to_peer(reply, tags=outer + tuple(tags)), **more)
            else:
                answered(f"vlan: {name}", rule, request,
                         reply or (lambda persona: syn_ack(persona, request)),
                         dst=dst, tags=tags, personas=PERSONAS, **more)

        some = (0x0005, 0x0000, 0xE064)
        for tci in (*some, 0x0001, 0x0FFE, 0x1005, 0xE000) if kind == "echo" else some:
            add(f"{kind}, inline {tci:04x}", [(c_tag, tci)])
            add(f"{kind}, out of band {tci:04x}", vlan=tci)
        add(f"{kind}, QinQ inline", [(s_tag, 100), (c_tag, 5)])
        add(f"{kind}, QinQ inline, priorities", [(s_tag, 0xA064), (c_tag, 0x7005)])
        add(f"{kind}, two 8100 inline", [(c_tag, 100), (c_tag, 5)])
        add(f"{kind}, outer out of band, inner inline", [(c_tag, 5)], vlan=100)
        row(f"vlan: {kind} to another MAC", "ETH-06",
            to_us(request, dst=OTHER_MAC, tags=[(c_tag, 5)]))
        row(f"vlan: {kind} to another MAC, out of band", "ETH-06",
            to_us(request, dst=OTHER_MAC), vlan=5)
    tagged = bytes(to_us(echo4(), tags=[(c_tag, 5)]))
    for length in (12, 13, 14, 15, 16, 17, 18, 19, 34, 37, 38, 39, 45, 46, 50, 77):
        row(f"vlan: echo cut to {length}", "ETH-09", tagged[:length])
    double = bytes(to_us(arp(), dst=ALL_MAC, tags=[(s_tag, 100), (c_tag, 5)]))
    for length in (15, 16, 17, 18, 19, 20, 21, 22, 23, 42, 46, 49):
        row(f"vlan: ARP in QinQ cut to {length}", "ETH-09", double[:length])
    row("vlan: unknown type inside", "ETH-07", patch(tagged, 16, b"\x88\xcc"))
    row("vlan: 802.3 length inside", "ETH-07", patch(tagged, 16, b"\x00\x3c"))
    padded = to_us(arp() / Raw(bytes(14)), dst=ALL_MAC, tags=[(c_tag, 5)])
    row("vlan: ARP with padding", "RFC 894; the reply is 46 octets", padded,
        to_peer(arp_reply(), tags=[(c_tag, 5)]))


# ---- IPv4 ------------------------------------------------------------------

MARTIANS4 = ("0.0.0.0", "127.0.0.1", "127.255.255.255", "224.0.0.1", "224.0.0.251",
             "239.255.255.255", "240.0.0.1", "255.255.255.254", "255.255.255.255")


def ipv4():
    def fine(name, shows, request, reply=None, **more):
        answered(f"ipv4: {name}", shows, request, reply or echo4_reply(), **more)

    def silent(name, shows, request, **more):
        frame = {"dst": more.pop("dst", MAC)}
        request = request if isinstance(request, bytes) else to_us(request, **frame)
        row(f"ipv4: {name}", shows, request, **more)

    good = bytes(to_us(echo4()))
    fine("echo", "IP4-08, RFC 792 p. 14", echo4(), personas=PERSONAS)
    fine("echo to our second address", "IP4-09", echo4(dst=OUR4B), echo4_reply(dst=OUR4B))
    for version in set(range(16)) - {4}:
        silent(f"version {version}", "RFC 1122 §3.2.1.1", echo4(version=version))
    for ihl in range(5):
        silent(f"IHL {ihl}", "RFC 791 §3.1: the minimum is 5", seal4(flip(good, 14, 5 ^ ihl)))
    for ihl in (6, 10, 14, 15):
        frame = seal4(flip(to_us(echo4(octets(4))), 14, 5 ^ ihl))
        silent(f"IHL {ihl} takes the message or more", "RFC 791 §3.1: total length holds the header",
               frame)
    for total in (0, 1, 19, 20, 21, 24, 27, 28, 59, 61, 62, 64, 1500, 65535):
        frame = seal4(patch(good, 16, struct.pack("!H", total)))
        silent(f"total length {total} of 60", "RFC 791 §3.1; RFC 792: the message is cut or not all there",
               frame)
    for at in (14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 29, 30, 33):
        bits = 0x40 if at in (14, 15, 18, 20, 22) else 0x01
        silent(f"header octet {at - 14} changed on the way", "RFC 1122 §3.2.1.2: header checksum",
               flip(good, at, bits))
    for value in (b"\0\0", b"\xff\xff"):
        silent(f"header checksum {value.hex()}", "RFC 1122 §3.2.1.2", patch(good, 24, value))
    for kind, packet in (("echo", echo4), ("SYN", None)):
        for name, fields in (
            ("more fragments", {"flags": "MF"}),
            ("MF and DF", {"flags": "MF+DF"}),
            ("offset 1", {"frag": 1}),
            ("offset 64, more", {"frag": 64, "flags": "MF"}),
            ("offset 185", {"frag": 185}),
            ("offset 8191", {"frag": 8191}),
            ("offset 4096", {"frag": 4096}),
            ("offset 256", {"frag": 256}),
        ):
            whole = packet(**fields) if packet else syn(header={"flags": 0, **fields})
            silent(f"{kind}, {name}", "W-29, RFC 791 §3.2: a fragment is not a datagram", whole)
    fine("DF", "RFC 791 §3.1: not a fragment", echo4(flags="DF"))
    fine("id 0", "RFC 6864 §4", echo4(id=0))
    fine("id ffff", "RFC 6864 §4", echo4(id=0xFFFF))
    for ttl in (0, 1, 2, 32, 63, 64, 65, 128, 254, 255):
        fine(f"TTL {ttl}", "RFC 1122 §3.2.1.7: never discarded for a TTL below 2", echo4(ttl=ttl))
    for tos in (0x01, 0x02, 0x03, 0x10, 0x28, 0xB8, 0xFF):
        fine(f"DSCP and ECN {tos:02x}", "IP4-08: classic replies with 0, Linux alike",
             echo4(tos=tos),
             lambda persona, tos=tos: echo4_reply(tos=tos if persona == "linux" else 0),
             personas=PERSONAS)
    for name, options in (
        ("one NOP", b"\x01"),
        ("EOL", b"\x00\x00\x00\x00"),
        ("four NOP", b"\x01" * 4),
        ("forty NOP", b"\x01" * 40),
        ("router alert", bytes.fromhex("94040000")),
        ("NOP and EOL", bytes.fromhex("01010100")),
        ("unknown option 30", bytes.fromhex("1e0401020000")),
    ):
        options += bytes(-len(options) % 4)
        base = bytes(echo4())
        packet = base[:20] + options + base[20:]
        header = bytes([0x40 | 5 + len(options) // 4]) + base[1:2]
        packet = header + struct.pack("!H", len(packet)) + packet[4:]
        frame = seal4(bytes(to_us(b""))[:12] + b"\x08\x00" + packet)
        fine(f"options: {name}", "IP4-07; RFC 1122 §3.2.1.8: what is not known is passed over", frame)
    silent("options: checksum covers the first 20 octets only", "RFC 791 §3.1",
           patch(frame, 24, struct.pack("!H", checksum(frame[14:24] + b"\0\0" + frame[26:34]))))
    for proto in (0, 2, 3, 4, 5, 7, 8, 16, 18, 27, 33, 41, 47, 50, 51, 58, 88, 89, 103, 112,
                  132, 136, 253, 255):
        silent(f"protocol {proto}", "IP4-02, IC4-04", echo4(proto=proto))
    for is_list in (True, False):
        mode = "list" if is_list else "wildcard"
        for addr in MARTIANS4:
            silent(f"from {addr}, {mode}", "RFC 1122 §3.2.1.3; safety C.2 rule 5",
                   echo4(src=addr), list=is_list)
            silent(f"SYN from {addr}, {mode}", "RFC 9293 §3.9.2.3 MUST-63",
                   syn(src=addr), list=is_list)
            silent(f"to {addr}, {mode}", "RFC 1122 §3.2.1.3, §3.2.2.6", echo4(dst=addr),
                   list=is_list)
            silent(f"to {addr} in a broadcast, {mode}", "RFC 1122 §3.2.2.6", echo4(dst=addr),
                   dst=ALL_MAC, list=is_list)
        silent(f"from the address it goes to, {mode}", "safety C.2 rule 5 (land)",
               echo4(src=OUR4), list=is_list)
        for addr in ("0.255.0.0", "0.0.0.1", "1.1.1.1", "126.255.255.255", "128.0.0.0",
                     "169.254.7.7", "192.0.2.255", "223.255.255.255"):
            fine(f"from {addr}, {mode}", "issue 2: a unicast address as far as anyone can tell",
                 echo4(src=addr), echo4_reply(src=addr), list=is_list)
        silent(f"denied source, {mode}", "IP4-01", echo4(), deny=[PEER4], list=is_list)
        silent(f"denied among others, {mode}", "IP4-01", echo4(),
               deny=["198.51.100.1", "192.0.2.2", PEER4], list=is_list)
        silent(f"SYN of a denied source, {mode}", "IP4-01", syn(), deny=[PEER4], list=is_list)
        fine(f"others are denied, {mode}", "IP4-01", echo4(),
             deny=["192.0.2.2", "1.2.0.192", PEER6, OUR4], list=is_list)
        silent(f"to another MAC, {mode}", "ETH-06", echo4(), dst=OTHER_MAC, list=is_list)
    for addr in ("0.255.0.1", "0.0.0.1", "10.0.0.1", "126.255.255.255", "128.0.0.1",
                 "203.0.113.5", "223.255.255.255"):
        fine(f"to {addr}, wildcard", "IP4-01: every address is ours", echo4(dst=addr),
             echo4_reply(dst=addr), list=False)
    for addr in (OTHER4, "192.0.2.8", "192.0.2.12", "192.0.3.10", "10.2.0.192", "192.0.2.255",
                 "203.0.113.5"):
        silent(f"to {addr}, list", "IP4-01", echo4(dst=addr))
        silent(f"SYN to {addr}, list", "IP4-01", syn(dst=addr))
    silent("from our other address", "safety C.2 rule 5: own address", echo4(src=OUR4B))
    silent("SYN from our other address", "safety C.2 rule 5: own address", syn(src=OUR4B))
    silent("to the directed broadcast in a broadcast, wildcard",
           "RFC 1122 §3.3.6 and §3.2.2.6: broadcast by link, address unknown", echo4(dst="192.0.2.255"),
           dst=ALL_MAC, list=False)


# ---- ICMP ------------------------------------------------------------------

DATA_LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 18, 19, 31, 33, 48, 56, 57, 63, 64, 65, 127,
                128, 255, 256, 257, 511, 513, 1023)
LINUX_LENGTHS = (0, 1, 18, 57, 256, 1451, 1472)


def zero_checksum(build, layer, width=2):
    """Identifier for which the checksum of `build(ident)` is 0x0000."""
    at = bytes(build(0)[layer])
    return struct.unpack("!H", at[2 : 2 + width])[0]


def icmp4():
    rfc = "RFC 792 p. 14: data comes back as it was"
    for length in (*DATA_LENGTHS, 1471, 1472):
        data = octets(length)
        answered(f"icmp4: {length} octets", rfc, echo4(data), echo4_reply(data),
                 personas=PERSONAS[: 1 + (length in LINUX_LENGTHS)])
    for name, data in (("all zero", bytes(56)), ("all ones", b"\xff" * 57),
                       ("ending in zeros", b"abc" + bytes(30)),
                       ("reference text", b"idrinkwaytoomuchcoffee")):
        answered(f"icmp4: data {name}", rfc, echo4(data), echo4_reply(data))
    for ident, seq in ((0, 0), (0xFFFF, 0xFFFF), (0, 0xFFFF), (0x0800, 0), (1, 0xF7FF)):
        answered(f"icmp4: id {ident:04x} sequence {seq:04x}", rfc, echo4(ident=ident, seq=seq),
                 echo4_reply(ident=ident, seq=seq))
    for kind, build in (("request", echo4), ("reply", echo4_reply)):
        ident = zero_checksum(lambda i, b=build: b(ident=i), ICMP)
        assert bytes(build(ident=ident)[ICMP])[2:4] == b"\0\0"
        answered(f"icmp4: {kind} checksum is 0000", "RFC 792, RFC 1071, RFC 1624 §3",
                 echo4(ident=ident), echo4_reply(ident=ident))
    for length in (0, 1, 2, 17):
        for kind, fill in (("zeros", bytes(18 - length)), ("data", octets(18 - length)),
                           ("ones", b"\xff" * 400)):
            data = octets(length)
            answered(f"icmp4: {length} octets and {kind} for padding",
                     "RFC 894: total length decides; the reply is not padded",
                     bytes(to_us(echo4(data))) + fill,
                     echo4_reply(data))
    good = to_us(echo4())
    for at in (34, 36, 37, 38, 40, 42, 73):
        row(f"icmp4: octet {at - 34} changed on the way", "W-28, RFC 792 checksum",
            flip(good, at, 0x80 if at == 34 else 0x01))
    for value in (b"\0\0", b"\xff\xff"):
        row(f"icmp4: checksum {value.hex()}", "W-28", patch(good, 36, value))
    for length in (1, 3, 57):
        frame = bytearray(bytes(to_us(echo4(octets(length)))))
        frame[-1] ^= 0x10
        row(f"icmp4: last of {length} octets changed", "W-28, RFC 1071 §1: the odd octet counts",
            frame)
    for code in (1, 2, 3, 8, 128, 255):
        request = network(PEER4, OUR4) / ICMP(type=8, code=code, id=1, seq=1) / Raw(octets(32))
        row(f"icmp4: code {code}", "IC4-02", to_us(request), persona="classic")
        answered(f"icmp4: code {code}", "Linux 6.18 repeats it", request,
                 echo4_reply(ident=1, seq=1, code=code), personas=("linux",))
    for kind in sorted({*range(0, 20), 30, 31, 37, 40, 42, 43, 127, 128, 135, 136, 253, 254, 255} - {8}):
        message = bytes([kind, 0, 0, 0]) + bytes(4) + bytes(IP(src=OUR4, dst=PEER4) / octets(32))
        message = patch(message, 2, struct.pack("!H", checksum(message)))
        row(f"icmp4: type {kind}", "IC4-02", to_us(network(PEER4, OUR4, proto=1) / Raw(message)))
    for length in range(8):
        message = bytes([8, 0, 0, 0, 0, 1, 0, 1])[:length]
        if length >= 4:
            message = patch(message, 2, struct.pack("!H", checksum(message)))
        for pad in (0, 26 - length):
            row(f"icmp4: message of {length}, padding {pad}", "RFC 792 p. 14: eight octets at least",
                bytes(to_us(network(PEER4, OUR4, proto=1) / Raw(message))) + bytes(pad))
    # The total length ends the message; the checksum is right for what it ends.
    answered("icmp4: total length ends it before the frame does", "RFC 791 §3.1",
             bytes(to_us(echo4(octets(10)))) + octets(22), echo4_reply(octets(10)))


# ---- IPv6 ------------------------------------------------------------------

MARTIANS6 = ("::", "::1", "ff02::1", "ff02::2", "ff01::1", "ff0e::1234", SOLICITED6,
             "::ffff:192.0.2.1")


def chain(headers, upper, last=58, src=PEER6, dst=OUR6, **more):
    """IPv6 packet with extension headers, (number, octets) each; the octets
    lack the first, which names the header that follows."""
    numbers = [number for number, _ in headers] + [last]
    body = b""
    for (_, rest), following in zip(headers, numbers[1:]):
        body += bytes([following]) + rest
    return IPv6(src=src, dst=dst, hlim=57, nh=numbers[0], **more) / Raw(body + upper)


def options(*items):
    """Octets of a hop-by-hop or destination header from its length on."""
    return bytes(IPv6ExtHdrDestOpt(nh=59, options=list(items)))[1:]


def routing(kind, left, addresses=1):
    return bytes([2 * addresses, kind, left]) + bytes(4) + bytes.fromhex(
        "20010db8000000000000000000000001") * addresses


def fragment(offset=0, more=0, ident=0x01020304):
    return bytes(IPv6ExtHdrFragment(nh=59, offset=offset, m=more, id=ident))[1:]


def ipv6():
    def fine(name, shows, request, reply=None, **more):
        answered(f"ipv6: {name}", shows, request, reply or echo6_reply(), **more)

    def silent(name, shows, request, **more):
        frame = {"dst": more.pop("dst", MAC)}
        request = request if isinstance(request, bytes) else to_us(request, **frame)
        row(f"ipv6: {name}", shows, request, **more)

    good = bytes(to_us(echo6()))
    for length in (*DATA_LENGTHS, 1451, 1452):
        data = octets(length)
        fine(f"echo of {length}", "RFC 4443 §4.2: data comes back as it was", echo6(data),
             echo6_reply(data), personas=PERSONAS[: 1 + (length in LINUX_LENGTHS)])
    for kind, build in (("request", echo6), ("reply", echo6_reply)):
        layer = ICMPv6EchoRequest if kind == "request" else ICMPv6EchoReply
        ident = zero_checksum(lambda i, b=build: b(ident=i), layer)
        assert bytes(build(ident=ident)[layer])[2:4] == b"\0\0"
        fine(f"{kind} checksum is 0000", "RFC 4443 §2.3, RFC 1071", echo6(ident=ident),
             echo6_reply(ident=ident))
    for length in (0, 1, 5):
        fine(f"echo of {length} and padding", "RFC 8200 §3: payload length decides",
             bytes(to_us(echo6(octets(length)))) + octets(30), echo6_reply(octets(length)))
    for hlim in (0, 1, 2, 64, 128, 255):
        fine(f"hop limit {hlim}", "RFC 8200 §3: the destination does not look at it",
             echo6(hlim=hlim))
    for label in (1, 0x12345, 0xFFFFF):
        fine(f"flow label {label:05x}", "RFC 6437 §3; IP6-06", echo6(fl=label))
    for tc in (1, 2, 3, 0xB8, 0xFF):
        fine(f"traffic class {tc:02x}", "IP6-06: classic replies with 0, Linux alike",
             echo6(tc=tc),
             lambda persona, tc=tc: echo6_reply(tc=tc if persona == "linux" else 0),
             personas=PERSONAS)
    for version in set(range(16)) - {6}:
        silent(f"version {version}", "RFC 8200 §3", patch(good, 14, bytes([version << 4])))
    for length in (0, 1, 4, 7, 8, 39, 41, 48, 1000, 65535):
        silent(f"payload length {length} of 40", "RFC 8200 §3, §8.1: cut or not all there",
               patch(good, 18, struct.pack("!H", length)))
    for at in (22, 30, 37, 38, 53, 54, 56, 58, 60, 62, 93):
        silent(f"octet {at - 14} changed on the way", "W-28, RFC 8200 §8.1: pseudo-header and all",
               flip(good, at, 0x08 if at < 54 else 0x01), list=at == 93)
    for value in (b"\0\0", b"\xff\xff"):
        silent(f"checksum {value.hex()}", "RFC 4443 §2.3", patch(good, 56, value))
    for code in (1, 2, 4, 255):
        request = IPv6(src=PEER6, dst=OUR6) / ICMPv6EchoRequest(code=code, data=octets(32))
        silent(f"echo code {code}", "IC6-01", request, persona="classic")
        fine(f"echo code {code}", "Linux 6.18 repeats it", request,
             echo6_reply(ident=0, seq=0, code=code), personas=("linux",))
    for kind in sorted({*range(0, 5), 100, 101, 127, *range(129, 162), 200, 201, 255} - {135}):
        message = bytes([kind, 0, 0, 0]) + bytes(4) + bytes(echo6())
        packet = IPv6(src=PEER6, dst=OUR6, hlim=255, nh=58) / Raw(message)
        silent(f"ICMPv6 type {kind}", "IC6-09; RFC 4443 §2.4(e)", seal6(packet))
    for length in range(8):
        packet = IPv6(src=PEER6, dst=OUR6, nh=58) / Raw(bytes([128, 0, 0, 0, 0, 1, 0, 1])[:length])
        silent(f"echo message of {length}", "RFC 4443 §4.1: eight octets at least",
               seal6(packet) if length >= 4 else packet)
    for is_list in (True, False):
        mode = "list" if is_list else "wildcard"
        for addr in MARTIANS6:
            silent(f"from {addr}, {mode}", "RFC 4291 §2.5.2, §2.5.3, §2.7; safety C.2 rule 5",
                   echo6(src=addr), list=is_list)
            silent(f"SYN from {addr}, {mode}", "RFC 9293 §3.9.2.3 MUST-63",
                   syn(src=addr.replace("::ffff:192.0.2.1", "::ffff:c000:201"), dst=OUR6),
                   list=is_list)
            silent(f"to {addr}, {mode}", "W-30, W-31; RFC 4443 §4.2: a unicast source",
                   echo6(dst=addr), list=is_list)
            silent(f"SYN to {addr}, {mode}", "RFC 9293 §3.9.2.3 MUST-57",
                   syn(src=PEER6, dst=addr), list=is_list)
        silent(f"from the address it goes to, {mode}", "safety C.2 rule 5 (land)",
               echo6(src=OUR6), list=is_list)
        for addr in (PEER_LINK6, "fd00::1", "2a00:1450::1", "2001:db8::11"):
            fine(f"from {addr}, {mode}", "RFC 4443 §4.2", echo6(src=addr), echo6_reply(src=addr),
                 list=is_list)
        silent(f"denied source, {mode}", "IP6-01", echo6(), deny=[PEER6], list=is_list)
        silent(f"denied among others, {mode}", "IP6-01", echo6(), deny=[PEER4, OTHER6, PEER6],
               list=is_list)
        silent(f"SYN of a denied source, {mode}", "IP6-01", syn(PEER6, OUR6), deny=[PEER6],
               list=is_list)
        fine(f"others are denied, {mode}", "IP6-01", echo6(), deny=[OTHER6, PEER4, OUR6, "2001:db8::"],
             list=is_list)
        silent(f"echo to all nodes, {mode}", "W-31", echo6(dst="ff02::1"), dst=NODES_MAC,
               list=is_list)
        silent(f"echo to the solicited-node group, {mode}", "W-31", echo6(dst=SOLICITED6), dst=MAC6,
               list=is_list)
        silent(f"to another MAC, {mode}", "ETH-06", echo6(), dst=OTHER_MAC, list=is_list)
    for addr in ("2001:db8::77", "fe80::77", "fd00::77", "2a00::1"):
        fine(f"to {addr}, wildcard", "IP6-01: every address is ours", echo6(dst=addr),
             echo6_reply(dst=addr), list=False)
    for addr in (OTHER6, "2001:db8::11", "2001:db8:0:1::10", "fe80::10", "2001:db9::10"):
        silent(f"to {addr}, list", "W-31: ICMPv6 is no exception", echo6(dst=addr))
        silent(f"SYN to {addr}, list", "IP6-01", syn(src=PEER6, dst=addr))


def seal6(packet):
    """The IPv6 packet over whose payload an ICMPv6 checksum is made."""
    message = bytes(packet[Raw])
    value = in6_chksum(58, packet, message[:2] + b"\0\0" + message[4:])
    packet[Raw].load = patch(message, 2, struct.pack("!H", value))
    return packet


def extensions():
    hop, route, frag, esp, auth, none, dest = 0, 43, 44, 50, 51, 59, 60
    upper = bytes(echo6())[40:]
    hbh = "RFC 8200 §4.2, §4.3"
    fill = options(PadN(optdata=bytes(4)))

    def fine(name, shows, headers, **more):
        answered(f"extension: {name}", shows, chain(headers, upper, **more), echo6_reply())

    def silent(name, shows, packet):
        packet = packet if isinstance(packet, bytes) else to_us(packet)
        row(f"extension: {name}", shows, packet)

    unknown = lambda kind: options(HBHOptUnknown(otype=kind, optlen=4, optdata=b"abcd"))
    for kind, word in ((hop, "hop-by-hop"), (dest, "destination")):
        fine(f"{word}, PadN 4", hbh, [(kind, fill)])
        fine(f"{word}, PadN 0 and more", hbh, [(kind, options(PadN(optdata=b""), PadN(optdata=b"\0\0")))])
        fine(f"{word}, six Pad1", hbh, [(kind, b"\0" + bytes(6))])
        fine(f"{word}, three Pad1 and PadN", hbh, [(kind, b"\0" + bytes(3) + b"\1\1\0")])
        fine(f"{word}, of 16 octets", hbh,
             [(kind, b"\1" + bytes.fromhex("1e0a") + octets(10) + b"\1\0")])
        fine(f"{word}, of 264 octets", hbh,
             [(kind, b"\x20" + bytes.fromhex("1eff") + octets(255) + b"\1\3\0\0\0")])
        for option in (0x1E, 0x3E, 0x04, 0x26):
            fine(f"{word}, option {option:02x}", f"{hbh}: 00 is skipped", [(kind, unknown(option))])
        for option, action in ((0x5E, "01"), (0x7E, "01"), (0x9E, "10"), (0xBE, "10"), (0x8A, "10"),
                               (0xDE, "11"), (0xFE, "11")):
            silent(f"{word}, option {option:02x}", f"{hbh}: {action} discards; IC4-04: no errors sent",
                   chain([(kind, unknown(option))], upper))
        silent(f"{word}, unknown option after PadN", f"{hbh}: each option counts",
               chain([(kind, b"\1" + b"\1\4\0\0\0\0" + b"\xde\4abcd" + b"\1\0")], upper))
        for option_len in (5, 6, 200, 255):
            silent(f"{word}, option of {option_len} in 4", f"{hbh}: it leaves the header",
                   chain([(kind, b"\0" + bytes([0x1E, option_len]) + b"abcd")], upper))
        silent(f"{word}, option type with no length", f"{hbh}: it leaves the header",
               chain([(kind, b"\0" + b"\1\3\0\0\0" + b"\x1e")], upper))
        for header_len in (1, 5, 6, 7, 200, 255):
            silent(f"{word}, length {header_len} reaches too far", "RFC 8200 §4.3",
                   chain([(kind, bytes([header_len]) + fill[1:])], upper))
        for cut in range(1, 16):
            body = bytes(chain([(kind, fill)], upper))[40 : 40 + cut]
            silent(f"{word}, cut to {cut}", "RFC 8200 §4.3",
                   IPv6(src=PEER6, dst=OUR6, nh=kind) / Raw(body))
    fine("router alert", "RFC 2711 §2.1",
         [(hop, bytes(IPv6ExtHdrHopByHop(nh=59, options=[RouterAlert(), PadN(optdata=b"")]))[1:])])

    for kind in (0, 2, 3, 4, 5, 253, 254, 255):
        silent(f"routing type {kind}, 1 segment left", "RFC 8200 §4.4, RFC 5095 §3",
               chain([(route, routing(kind, 1))], upper))
    silent("routing, 255 segments left", "RFC 8200 §4.4", chain([(route, routing(253, 255))], upper))
    silent("routing type 0, 2 of 2 segments left", "RFC 5095 §3",
           chain([(route, routing(0, 2, 2))], upper))
    for kind in (0, 253, 254, 255):
        fine(f"routing type {kind}, no segment left", "RFC 8200 §4.4: passed over; RFC 5095 §3",
             [(route, routing(kind, 0))])
    fine("routing, no address", "RFC 8200 §4.4", [(route, b"\0" + bytes([253, 0]) + bytes(4))])
    silent("routing reaches too far", "RFC 8200 §4.4",
           chain([(route, bytes([9, 253, 0]) + bytes(4))], upper))
    for cut in (1, 2, 3, 4, 7, 8, 23, 24):
        body = bytes(chain([(route, routing(253, 0))], upper))[40 : 40 + cut]
        silent(f"routing, cut to {cut}", "RFC 8200 §4.4",
               IPv6(src=PEER6, dst=OUR6, nh=route) / Raw(body))

    fine("atomic fragment", "RFC 6946 §4; RFC 8200 §4.5", [(frag, fragment())])
    fine("atomic fragment, id 0", "RFC 6946 §4", [(frag, fragment(ident=0))])
    fine("atomic fragment, reserved bits", "RFC 8200 §4.5: ignored on reception",
         [(frag, b"\xff" + b"\0\6" + b"\1\2\3\4")])
    for offset, more in ((0, 1), (1, 0), (1, 1), (0x1FFF, 0), (0x1000, 0), (32, 1)):
        silent(f"fragment offset {offset} more {more}", "W-29, RFC 8200 §4.5",
               chain([(frag, fragment(offset, more))], upper))
    for cut in range(1, 16):
        body = bytes(chain([(frag, fragment())], upper))[40 : 40 + cut]
        silent(f"atomic fragment, cut to {cut}", "RFC 8200 §4.5",
               IPv6(src=PEER6, dst=OUR6, nh=frag) / Raw(body))

    fine("all in order", "RFC 8200 §4.1",
         [(hop, fill), (dest, fill), (route, routing(253, 0)), (frag, fragment()), (dest, fill)])
    fine("destination twice", "RFC 8200 §4.1", [(dest, fill), (dest, fill)])
    fine("fragment before routing", "RFC 8200 §4.1: any order is attempted",
         [(frag, fragment()), (route, routing(253, 0))])
    silent("hop-by-hop second", "RFC 8200 §4.1: only right after the IPv6 header",
           chain([(dest, fill), (hop, fill)], upper))
    silent("hop-by-hop twice", "RFC 8200 §4.1", chain([(hop, fill), (hop, fill)], upper))
    silent("fragment behind destination, more", "RFC 8200 §4.5",
           chain([(dest, fill), (frag, fragment(0, 1))], upper))
    silent("bad option in the second destination header", hbh,
           chain([(dest, fill), (dest, unknown(0xDE))], upper))
    for count in (8, 64, 170):
        silent(f"{count} destination headers and nothing", "RFC 8200 §4.7",
               chain([(dest, fill)] * count, b"", last=none))
        silent(f"{count} destination headers, the last names another", "RFC 8200 §4.6",
               chain([(dest, fill)] * count, b"", last=dest))
    for kind in (none, esp, auth, 1, 2, 4, 41, 135, 139, 140, 253, 254, 255):
        silent(f"next header {kind}", "IP6-02; RFC 8200 §4.7 for 59", chain([], upper, last=kind))
        silent(f"next header {kind} behind destination", "IP6-02",
               chain([(dest, fill)], upper, last=kind))
    for kind in (hop, route, frag, dest):
        silent(f"next header {kind} and no octet more", "RFC 8200 §4",
               IPv6(src=PEER6, dst=OUR6, nh=kind))
        silent(f"next header {kind} over the message", "RFC 8200 §4",
               chain([], upper, last=kind))
    silent("checksum bad behind destination", "RFC 8200 §8.1",
           flip(to_us(chain([(dest, fill)], upper)), 64))
    silent("pseudo-header names the first next header", "RFC 8200 §8.1: the upper layer's",
           chain([(dest, fill)], patch(upper, 2, struct.pack(
               "!H", (struct.unpack("!H", upper[2:4])[0] - 2) & 0xFFFF))))
    for name, headers in (("hop-by-hop", [(hop, fill)]), ("destination", [(dest, fill)]),
                          ("routing", [(route, routing(253, 0))]),
                          ("atomic fragment", [(frag, fragment())]),
                          ("all", [(hop, fill), (dest, fill), (route, routing(253, 0)),
                                   (frag, fragment()), (dest, fill)])):
        request = syn(PEER6, OUR6)
        packet = chain(headers, bytes(request)[40:], last=6)
        answered(f"extension: SYN behind {name}", "RFC 8200 §4, §8.1", packet,
                 lambda persona, r=request: syn_ack(persona, r), personas=PERSONAS)
    silent("SYN in a first fragment", "W-29",
           chain([(frag, fragment(0, 1))], bytes(syn(PEER6, OUR6))[40:], last=6))
    for name, extension in (("atomic fragment", fragment()), ("first fragment", fragment(0, 1))):
        packet = chain([(frag, extension)], bytes(ns())[40:], src=PEER6, dst=SOLICITED6)
        packet.hlim = 255
        row(f"extension: NS in an {name}", "RFC 6980 §5: MUST silently ignore",
            to_us(packet, dst=MAC6))


# ---- neighbour discovery ---------------------------------------------------


def neighbours():
    rfc = "RFC 4861 §7.1.1"

    def fine(name, shows, request, reply=None, dst=MAC6, to=PEER_MAC, **more):
        row(f"nd: {name}", shows, to_us(request, dst=dst), to_peer(reply or na(), dst=to), **more)

    def silent(name, shows, request, dst=MAC6, **more):
        request = request if isinstance(request, bytes) else to_us(request, dst=dst)
        both = more.pop("both", False)
        row(f"nd: {name}", shows, request, **more)
        if both:
            row(f"nd: {name}, wildcard", shows, request, **{**more, "list": False})

    bare = ICMPv6NDOptSrcLLAddr(lladdr=PEER_MAC)
    nonce = Raw(bytes.fromhex("0e01aabbccddeeff"))
    fine("NS", "RFC 4861 §7.2.4; IC6-05, IC6-06", ns())
    fine("NS from a link-local address", "RFC 4861 §7.2.4", ns(src=PEER_LINK6), na(dst=PEER_LINK6))
    fine("NS to our MAC", "IC6-04", ns(), dst=MAC)
    fine("NS in a broadcast", "IC6-04", ns(), dst=ALL_MAC)
    fine("NS in all-nodes MAC", "IC6-04", ns(), dst=NODES_MAC)
    for name, asked in (("", ns(dst=OUR6)), (" without options", ns(dst=OUR6, options=b""))):
        fine(f"NS unicast{name}", "RFC 4861 §7.2.4: TLLA MAY stay out; the original has it (IC6-05)",
             asked, dst=MAC, persona="classic")
        fine(f"NS unicast{name}, Linux", "RFC 4861 §7.2.4: TLLA MAY stay out; Linux has neither"
             " it nor O", asked, na(override=0), dst=MAC, persona="linux")
    fine("NS unicast in a group's MAC", "RFC 4861 §7.2.4: the IPv6 destination counts",
         ns(dst=OUR6), na(override=0), persona="linux")
    fine("NS to a group in our MAC, Linux", "RFC 4861 §7.2.4: the IPv6 destination counts",
         ns(), dst=MAC, persona="linux")
    fine("NS without options", f"{rfc}: none is required of the receiver", ns(options=b""))
    fine("NS to all nodes", f"{rfc}: only DAD is tied to the group", ns(dst="ff02::1"),
         dst=NODES_MAC)
    fine("NS with a nonce", "RFC 3971 §5.3.2; RFC 4861 §4.6: unknown options are ignored",
         ns(options=bare / nonce))
    fine("NS with an option of type 253", "RFC 4861 §4.6: ignored",
         ns(options=Raw(bytes.fromhex("fd02") + octets(14))))
    fine("NS with two options, the known one last", "RFC 4861 §4.6",
         ns(options=Raw(bytes.fromhex("fd010000000000000101020000000002"))))
    fine("NS with the reserved field set", "RFC 4861 §4.3: ignored by the receiver",
         ns(res=0xFFFFFFFF))
    row("nd: NS with padding", "RFC 8200 §3: the payload length ends the options",
        bytes(to_us(ns(), dst=MAC6)) + bytes(12), to_peer(na()))
    row("nd: NS with another MAC in its option",
        "RFC 4861 §7.2.4; ignored: Ethernet destination (option or source, both hold)",
        to_us(ns(options=ICMPv6NDOptSrcLLAddr(lladdr=OTHER_MAC)), dst=MAC6), to_peer(na()),
        ignore=[(0, 6)])
    fine("NS, wildcard", "W-33", ns(), list=False)
    fine("NS for any address, wildcard", "W-33: its solicited-node MAC is accepted",
         ns(dst="ff02::1:ffcd:1234", tgt="2001:db8::abcd:1234"), na(tgt="2001:db8::abcd:1234"),
         dst="33:33:ff:cd:12:34", list=False)
    fine("NS for a link-local address, wildcard", "W-33",
         ns(src=PEER_LINK6, dst="ff02::1:ff00:77", tgt="fe80::77"),
         na(dst=PEER_LINK6, tgt="fe80::77"), dst="33:33:ff:00:00:77", list=False)
    fine("another source is denied", "IP6-01", ns(), deny=[OTHER6])

    dad = "RFC 4861 §7.2.4, RFC 4862 §5.4.3; W-32"
    advert = na(dst="ff02::1", solicited=0)
    fine("DAD", dad, ns(src="::", options=b""), advert, to=NODES_MAC)
    fine("DAD with a nonce", f"{dad}; RFC 7527 §4", ns(src="::", options=nonce), advert,
         to=NODES_MAC)
    fine("DAD to our MAC", f"{dad}; RFC 6085 §3", ns(src="::", options=b""), advert, dst=MAC,
         to=NODES_MAC)
    fine("DAD, another source is denied", dad, ns(src="::", options=b""), advert, to=NODES_MAC,
         deny=[PEER6])
    row("nd: DAD for another address", "IC6-03",
        to_us(ns(src="::", options=b"", tgt="2001:db8:1::10"), dst=MAC6))
    row("nd: DAD, wildcard", "W-34: as an ARP probe, or no host gets an address",
        to_us(ns(src="::", options=b"", tgt="2001:db8::77", dst="ff02::1:ff00:77"),
              dst="33:33:ff:00:00:77"), list=False)
    silent("DAD with SLLA option", f"{rfc}: from :: there MUST be none", ns(src="::"), both=True)
    silent("DAD with a nonce and SLLA option", f"{rfc}: from :: there MUST be none",
           ns(src="::", options=nonce / bare))
    silent("DAD to all nodes", f"{rfc}: to a solicited-node address",
           ns(src="::", options=b"", dst="ff02::1"), dst=NODES_MAC)
    silent("DAD unicast", f"{rfc}: to a solicited-node address", ns(src="::", options=b"", dst=OUR6),
           dst=MAC)
    silent("DAD to almost the group", f"{rfc}: ff02:0:0:0:0:1:ff00::/104",
           ns(src="::", options=b"", dst="ff02::1:fe00:10"), dst=MAC)
    silent("DAD to the group of another scope", f"{rfc}: ff02:0:0:0:0:1:ff00::/104",
           ns(src="::", options=b"", dst="ff05::1:ff00:10"), dst=MAC6)

    for hlim in (0, 1, 63, 64, 128, 254):
        silent(f"NS with hop limit {hlim}", f"{rfc}: 255", ns(hlim=hlim))
        silent(f"DAD with hop limit {hlim}", f"{rfc}: 255", ns(src="::", options=b"", hlim=hlim))
    for code in (1, 2, 255):
        silent(f"NS with code {code}", f"{rfc}: 0", ns(code=code))
    good = to_us(ns(), dst=MAC6)
    for at in (22, 37, 54, 56, 57, 58, 62, 77, 78, 80, 85):
        bits = {54: 0x40, 77: 0x80}.get(at, 0x01)
        row(f"nd: NS octet {at - 14} changed on the way", f"{rfc}: checksum", flip(good, at, bits))
    for length in [*range(24), *range(25, 32)]:
        packet = IPv6(src=PEER6, dst=SOLICITED6, hlim=255, nh=58)
        packet /= Raw(bytes(ns())[40 : 40 + length])
        silent(f"NS of {length} octets", f"{rfc}: 24 or more, and whole options; W-01",
               seal6(packet) if length >= 4 else packet)
    for name, tail in (
        ("option of length 0", "0100020000000002"),
        ("unknown option of length 0", "fd00000000000000"),
        ("second option of length 0", "01010200000000020100000000000000"),
        ("option longer than the message", "0102020000000002"),
        ("option of length 255", "01ff020000000002"),
        ("unknown option longer than the message", "fd02000000000000"),
    ):
        silent(f"NS with {name}", f"{rfc}; §4.6", ns(options=Raw(bytes.fromhex(tail))))
    for target in ("ff02::1", SOLICITED6, "ff0e::1"):
        silent(f"NS for {target}", f"{rfc}: target is not multicast", ns(tgt=target), both=True)
    for target in ("::", "::1", "::ffff:192.0.2.10"):
        silent(f"NS for {target}", "RFC 4291 §2.5.2, §2.5.3; safety C.2 rule 5", ns(tgt=target),
               both=True)
    for target in (OTHER6, "2001:db8:1::10", "2001:db8::11", "fe80::10"):
        row(f"nd: NS for {target}", "IC6-03", to_us(ns(tgt=target), dst=MAC6))
    for src in ("::1", "ff02::1", SOLICITED6, "::ffff:192.0.2.1"):
        silent(f"NS from {src}", "RFC 4291 §2.5.3, §2.7; safety C.2 rule 5", ns(src=src), both=True)
    silent("NS from the target", "safety C.2 rule 5: own address", ns(src=OUR6), both=True)
    silent("NS of a denied source", "IP6-01", ns(), deny=[PEER6], both=True)
    row("nd: NS unicast to another address", "W-31", to_us(ns(dst=OTHER6)))
    silent("NS to another MAC", "ETH-06", ns(), dst=OTHER_MAC, both=True)
    row("nd: NS to another solicited-node MAC", "ETH-06", to_us(ns(), dst="33:33:ff:00:00:11"))

    link_layer = ICMPv6NDOptSrcLLAddr(lladdr=PEER_MAC)
    target_layer = ICMPv6NDOptDstLLAddr(lladdr=PEER_MAC)
    for name, message in (
        ("RS", ICMPv6ND_RS() / link_layer),
        ("RA", ICMPv6ND_RA() / link_layer),
        ("NA", ICMPv6ND_NA(tgt=PEER6, S=1) / target_layer),
        ("NA for our address", ICMPv6ND_NA(tgt=OUR6, O=1, S=0) / target_layer),
        ("redirect", ICMPv6ND_Redirect(tgt=PEER_LINK6, dst=OTHER6)),
    ):
        for dst, mac in ((OUR6, MAC), ("ff02::1", NODES_MAC), ("ff02::2", NODES_MAC)):
            silent(f"{name} to {dst}", "IC6-09", IPv6(src=PEER_LINK6, dst=dst, hlim=255) / message,
                   dst=mac)


# ---- TCP -------------------------------------------------------------------

FLAGS_CLASSIC = ("S", "SP", "SU", "SC", "SE", "SPU", "SPC", "SPE", "SUC", "SUE", "SPUC", "SPUE")
FLAGS_SILENT = ("SF", "SR", "SFR", "SRA", "F", "R", "FR", "P", "U", "PU", "E", "C", "EC", "FPU", "FU",
                "FP", "RA", "FRA", "SFPU", "SRPU", "SFRPUEC", "RPA", "FPE", "RC", "")
REQUEST = b"GET / HTTP/1.0\r\n\r\n"
OPTIONS = {
    "MSS": [("MSS", 1460)],
    "MSS and SACK": [("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("NOP", None)],
    "Linux": [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (0x11223344, 0)), ("NOP", None),
              ("WScale", 7)],
    "Windows": [("MSS", 1460), ("NOP", None), ("WScale", 8), ("NOP", None), ("NOP", None),
                ("SAckOK", b"")],
    "macOS": [("MSS", 1460), ("NOP", None), ("WScale", 6), ("NOP", None), ("NOP", None),
              ("Timestamp", (0xFFFFFFFF, 0)), ("SAckOK", b""), ("EOL", None)],
    "timestamps only": [("Timestamp", (1, 0)), ("NOP", None), ("NOP", None)],
    "timestamps and window scale": [("WScale", 10), ("NOP", None), ("Timestamp", (0x80000000, 5))],
    "window scale only": [("WScale", 0), ("NOP", None)],
    "SACK only": [("SAckOK", b""), ("NOP", None), ("NOP", None)],
    "unknown": [("MSS", 1400), (253, b"\xde\xad"), ("NOP", None), ("NOP", None)],
    "nmap": [("WScale", 10), ("NOP", None), ("MSS", 1460), ("Timestamp", (0xFFFFFFFF, 0)),
             ("SAckOK", b"")],
}


def tcp():
    pairs = ((PEER4, OUR4, ""), (PEER6, OUR6, " v6"))
    table = "§5.1; RFC 9293 §3.10.7.2"
    # Linux: net/ipv4/tcp_input.c, LISTEN: ACK and RST first, then SYN without FIN.
    for src, dst, family in pairs:
        def silent(name, shows, request, **more):
            request = request if isinstance(request, bytes) else to_us(request)
            row(f"tcp{family}: {name}", shows, request, **more)

        def fine(name, shows, request, **more):
            opens(f"tcp{family}: {name}", shows, request, **more)

        for flags in FLAGS_CLASSIC:
            fine(f"flags {flags}", f"{table}; TCP-05, TCP-07", syn(src, dst, flags=flags))
        fine("flags SEC (ECN setup)", "RFC 3168 §6.1.1: ECE in the SYN-ACK; W-25",
             syn(src, dst, flags="SEC"), personas=("linux",))
        fine("flags SPUEC", "§11; RFC 3168 §6.1.1", syn(src, dst, flags="SPUEC"),
             personas=("linux",))
        for flags in ("SEC", "SPUEC", "SA", "SAEC"):
            silent(f"flags {flags}", "TCP-06, TCP-07, §11", syn(src, dst, flags=flags),
                   persona="classic")
        for flags in FLAGS_SILENT:
            name = f"flags {flags or 'none'}"
            silent(name, f"{table}; TCP-03, TCP-06", syn(src, dst, flags=flags))
            if flags in ("F", "R", "RA", "FPU", ""):
                silent(f"{name}, wildcard", table, syn(src, dst, flags=flags), list=False)
        for flags in ("A", "PA", "FA", "FPA", "UA", "PUA", "AE", "PAEC", "FPUA"):
            for ack, data in ((0, b""), (0, REQUEST), (0x50607080, REQUEST), (0xFFFFFFFF, b"")):
                name = f"flags {flags}, ack {ack:08x}, {len(data)} octets"
                shows = "TCP-02, TCP-13, W-14, W-20: no cookie of ours"
                request = syn(src, dst, flags=flags, ack=ack, data=data)
                if data or "F" in flags:
                    silent(name, shows, request)
                    continue
                silent(name, shows, request, persona="classic")
                row(f"tcp{family}: {name}", "RFC 9293 §3.10.7.2: reset", to_us(request),
                    to_peer(reset(request)), persona="linux",
                    ignore=[(15, 18)] if family else [])
        for bits in (1, 2, 4, 7):
            fine(f"SYN with reserved bits {bits}", "RFC 9293 §3.1: ignored in what is received",
                 syn(src, dst, reserved=bits), personas=PERSONAS if bits & 1 == 0 else ("classic",))
        for seq in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF):
            fine(f"SYN with sequence {seq:08x}", "TCP-10; RFC 9293 §3.4: modulo 2^32",
                 syn(src, dst, seq=seq))
        fine("SYN with acknowledgement", "TCP-11", syn(src, dst, ack=0xDEADBEEF))
        fine("SYN with urgent pointer", "TCP-11; RFC 9293 §3.1: only with URG", syn(src, dst, urgptr=9))
        for window in (0, 1, 1024, 65535):
            fine(f"SYN with window {window}", "TCP-10", syn(src, dst, window=window))
        for length in (1, 2, 18, 1000):
            fine(f"SYN with {length} octets", "TCP-11; RFC 7413 §4.2.2: no cookie, no data",
                 syn(src, dst, data=octets(length)))
        request = syn(src, dst)
        answered(f"tcp{family}: SYN and padding", "RFC 894: the IP length decides",
                 bytes(to_us(request)) + bytes(6),
                 lambda persona, r=request: syn_ack(persona, r), personas=PERSONAS)
        for ports in ((1, 1), (65535, 65535), (1024, 65535), (80, 80), (53, 53), (40000, 22),
                      (0x0102, 0x0304)):
            fine(f"SYN from port {ports[0]} to {ports[1]}", "TCP-09",
                 syn(src, dst, sport=ports[0], dport=ports[1]))
        for name, kinds in OPTIONS.items():
            request = syn(src, dst, options=kinds)
            fine(f"SYN with options: {name}",
                 "TCP-11; W-22; RFC 7323 §2.5, §3.2, RFC 2018 §2: only what was offered", request)
        for name, octets_ in (("length 0", "0200"), ("length 1", "0201"), ("past the end", "08ff"),
                              ("no length", "01010108"), ("after EOL", "00030307")):
            tail = bytes.fromhex(octets_)
            tail += b"\0" * (-len(tail) % 4) if name == "after EOL" else b""
            tail = b"\1" * (-len(tail) % 4) + tail
            request = with_options(syn(src, dst), tail)
            plain = syn(src, dst)
            answered(f"tcp{family}: SYN with a malformed option, {name}",
                     "RFC 9293 §3.1 MUST-7, RFC 1122 §4.2.2.5: handled, never a crash", request,
                     lambda persona, r=plain: syn_ack(persona, r), personas=PERSONAS)
        at = 34 if src == PEER4 else 54
        good = to_us(syn(src, dst, options=OPTIONS["Linux"], data=octets(5)))
        for offset in (0, 2, 4, 8, 12, 13, 14, 16, 17, 18, 24, 40, 44):
            silent(f"SYN, octet {offset} changed on the way", "W-28, RFC 9293 §3.1 MUST-3",
                   flip(good, at + offset, 0x08 if offset == 13 else 0x10))
        for value in (b"\0\0", b"\xff\xff"):
            silent(f"SYN, checksum {value.hex()}", "RFC 9293 §3.1 MUST-3: never optional",
                   patch(good, at + 16, value))
        silent("SYN, source address changed on the way", "RFC 9293 §3.1: pseudo-header",
               seal4(flip(good, 29)) if src == PEER4 else flip(good, 37))
        for words in range(5):
            silent(f"SYN with data offset {words}", "RFC 9293 §3.1: 5 at least",
                   syn(src, dst, dataofs=words))
        for words in (6, 7, 8, 15):
            silent(f"SYN with data offset {words} of 5", "RFC 9293 §3.1: it ends in the segment",
                   syn(src, dst, dataofs=words))
        for length in range(20):
            cut = network(src, dst, **({"nh": 6} if ":" in src else {"proto": 6}))
            silent(f"segment of {length}", "ETH-09, IP4-04: 20 octets at least",
                   cut / Raw(bytes(syn(src, dst).getlayer(TCP))[:length]))
        silent("SYN from port 0", "W-43; RFC 6335 §6: reserved", syn(src, dst, sport=0))
        for is_list in (True, False):
            silent(f"SYN from itself, list {is_list}", "safety C.2 rule 5 (land, CVE-1999-0016)",
                   syn(dst, dst, sport=80), list=is_list)
    for dst in ("255.255.255.255", "224.0.0.1", "239.1.1.1"):
        for is_list in (True, False):
            for mac in (ALL_MAC, "01:00:5e:00:00:01", MAC):
                row(f"tcp: SYN to {dst} by {mac}", "RFC 9293 §3.9.2.3 MUST-57",
                    to_us(syn(dst=dst), dst=mac), list=is_list)
    row("tcp: SYN to all nodes", "RFC 9293 §3.9.2.3 MUST-57",
        to_us(syn(PEER6, "ff02::1"), dst=NODES_MAC))
    opens("tcp: SYN to any address, wildcard", "TCP-09", syn(dst="203.0.113.5"), list=False)
    opens("tcp v6: SYN to any address, wildcard", "TCP-09", syn(PEER6, "2001:db8::77"), list=False)
    opens("tcp: SYN on the guide's recipe, wildcard", "issue 2", syn("0.255.0.0", "0.255.0.1"),
          list=False)
    for name, header in (("TTL 1", {"ttl": 1}), ("no DF", {"flags": 0})):
        opens(f"tcp: SYN with {name}", "RFC 1122 §3.2.1.7", syn(header=header))


def with_options(packet, octets_):
    """The packet with these octets for TCP options."""
    packet = packet.copy()
    segment = packet[TCP]
    segment.dataofs = 5 + len(octets_) // 4
    segment.add_payload(Raw(octets_))
    return packet


# ---- UDP -------------------------------------------------------------------


def udp():
    for src, dst, family in ((PEER4, OUR4, ""), (PEER6, OUR6, " v6")):
        def silent(name, shows, packet, **more):
            packet = packet if isinstance(packet, bytes) else to_us(packet)
            row(f"udp{family}: {name}", shows, packet, **more)

        def datagram(data, **fields):
            fields = {"sport": 40000, "dport": 7777, **fields}
            return network(src, dst) / UDP(**fields) / Raw(data)

        # First octets that open no protocol of §7.1 nor a DNS header.
        noise = b"\xf3\x9b" + octets(61)
        dns = bytes.fromhex("123401000001000000000000076578616d706c6503636f6d0000010001")
        for is_list in (True, False):
            for port in (0, 1, 7, 13, 17, 19, 53, 123, 161, 5353, 33434, 65535):
                silent(f"empty to port {port}, list {is_list}", "UDP-05", datagram(b"", dport=port),
                       list=is_list)
            for length in (1, 2, 3, 4, 7, 8, 9, 20, 63):
                silent(f"noise of {length}, list {is_list}", "UDP-02", datagram(noise[:length]),
                       list=is_list)
        at = 34 if src == PEER4 else 54
        silent("checksum bad, noise", "RFC 768", flip(to_us(datagram(noise)), at + 6))
        silent("checksum bad, DNS query", "W-28, RFC 768", flip(to_us(datagram(dns, dport=53)), at + 7))
        silent("query changed on the way", "W-28, RFC 768", flip(to_us(datagram(dns, dport=53)), at + 22))
        if ":" in src:
            silent("no checksum, DNS query", "RFC 8200 §8.1: zero is discarded",
                   datagram(dns, dport=53, chksum=0))
        else:
            silent("no checksum, noise", "RFC 768: zero is none", datagram(noise, chksum=0))
        for length in (0, 1, 7, 8 + len(dns) + 1, 1000, 65535):
            if ":" in src and length == 0:
                shows = "RFC 2675 §4: 0 is for jumbograms"
            else:
                shows = "RFC 768: 8 to what the IP length leaves; UDP-01 was a bug"
            silent(f"length {length} of {8 + len(dns)}", shows,
                   datagram(dns, dport=53, len=length))
        for length in range(8):
            cut = network(src, dst, **({"nh": 17} if ":" in src else {"proto": 17}))
            silent(f"datagram of {length}", "IP4-04, IP6-04",
                   cut / Raw(bytes(datagram(b"").getlayer(UDP))[:length]))
        silent("DNS query from itself", "safety C.2 rule 5",
               network(dst, dst) / UDP(sport=53, dport=53) / Raw(dns))
        silent("DNS answer", "W-41: QR is set",
               datagram(patch(dns, 2, b"\x81\x80"), sport=53, dport=40000))
    for dst in ("255.255.255.255", "224.0.0.251", "192.0.2.255"):
        row(f"udp: empty to {dst}", "RFC 1122 §3.2.1.3",
            to_us(network(PEER4, dst) / UDP(sport=5353, dport=5353), dst=ALL_MAC))


# ---- writing ---------------------------------------------------------------


def remade(frame):
    """The frame dissected, and its lengths and checksums made anew."""
    packet = Ether(frame)
    assert not packet.haslayer("Padding"), "a reply has padding"
    layer = packet
    while layer:
        for field in ("len", "plen", "chksum", "cksum", "ihl", "dataofs"):
            if field in getattr(layer, "fields", {}) and not isinstance(layer, Raw):
                del layer.fields[field]
        layer = layer.payload
    return bytes(packet)


def check():
    seen = {}
    for vector in rows:
        key = (vector["persona"], vector["list"], tuple(vector.get("deny", ())),
               vector.get("vlan"), vector["request"])
        # The same question may be asked twice, but has one answer.
        persona, rest = key[0], key[1:]
        for other in PERSONAS if persona == "any" else (persona, "any"):
            earlier = seen.get((other, *rest))
            assert earlier in (None, (vector["reply"],)), f"{vector['name']} is answered twice"
        seen[key] = (vector["reply"],)
        if vector["reply"] is None:
            assert "ignore" not in vector
            continue
        reply = bytes.fromhex(vector["reply"])
        assert remade(reply) == reply, f"{vector['name']}: {remade(reply).hex()}"
        assert reply[6:12] == bytes.fromhex(MAC.replace(":", ""))
        for start, end in vector.get("ignore", ()):
            assert 0 <= start < end <= len(reply), vector["name"]
    names = [(vector["name"], vector["persona"], vector["list"]) for vector in rows]
    doubles = {name for name in names if names.count(name) > 1}
    assert not doubles, sorted(doubles)


def dump(value):
    """JSON as deno fmt leaves it: a member a line, pairs inline."""
    lines = ["{", '  "self": {', f'    "mac": {json.dumps(value["self"]["mac"])},',
             f'    "ips": {json.dumps(value["self"]["ips"])}', "  },",
             f'  "peer": {{', f'    "mac": {json.dumps(value["peer"]["mac"])},',
             f'    "ips": {json.dumps(value["peer"]["ips"])}', "  },", '  "vectors": [']
    for at, vector in enumerate(value["vectors"]):
        members = [f"      {json.dumps(key)}: {json.dumps(member, ensure_ascii=False)}"
                   for key, member in vector.items()]
        comma = "," if at + 1 < len(value["vectors"]) else ""
        lines += ["    {", ",\n".join(members), "    }" + comma]
    return "\n".join([*lines, "  ]", "}", ""])


def main():
    for table in (ethernet, runts, arps, vlans, ipv4, icmp4, ipv6, extensions, neighbours, tcp, udp):
        table()
    check()
    value = {
        "self": {"mac": MAC, "ips": [OUR4, OUR4B, OUR6]},
        "peer": {"mac": PEER_MAC, "ips": [PEER4, PEER6, PEER_LINK6]},
        "vectors": rows,
    }
    path = pathlib.Path(__file__).with_name("vectors.json")
    path.write_text(dump(value), encoding="utf-8")
    counts = {}
    for vector in rows:
        count = counts.setdefault(vector["name"].split(":")[0], [0, 0])
        count[vector["reply"] is None] += 1
    for group, (answers, silences) in counts.items():
        print(f"{group:10} {answers:4} answered {silences:4} silent")
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
