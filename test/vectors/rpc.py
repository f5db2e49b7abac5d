#!/usr/bin/env python3
"""Writes calls and their replies to rpc.json, by Python's own XDR packer.

The map is the one that "rpcinfo" prints of a Debian 12 with nothing but
rpcbind; what is said to whom is RFC 5531 and RFC 1833, and in rpcbind 1.2.6
and libtirpc 1.3.3 the functions named.
"""

import json
import pathlib
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import xdrlib

XID = 0x72FE1D13
PORT = 111
PORTMAP, NFS, FAR = 100000, 100003, 300019
TCP, UDP = 6, 17
NOW = 1767225600  # 2026-01-01
NULL_AUTH = (0, b"")


def xdr(*items):
    packer = xdrlib.Packer()
    for item in items:
        if isinstance(item, bytes):
            packer.pack_string(item)
        else:
            packer.pack_uint(item)
    return packer.get_buffer()


def call(program, version, procedure, *args, cred=NULL_AUTH, verf=NULL_AUTH,
         rpc=2, kind=0):
    return xdr(XID, kind, rpc, program, version, procedure, *cred, *verf,
               *args)


def accepted(status, *results):
    return xdr(XID, 1, 0, 0, 0, status, *results)


def denied(*why):
    return xdr(XID, 1, 1, *why)


def auth_sys(name=b"host12345", gids=(0,), rest=b""):
    return (1, xdr(7, name, 0, 0, len(gids), *gids) + rest)


def entries(netid, address, versions):
    items = []
    for version in versions:
        items += [1, PORTMAP, version, netid, address, b"superuser"]
    return items


def ports(protocol, versions):
    items = []
    for version in versions:
        items += [1, PORTMAP, version, protocol, PORT]
    return items


MAP_2 = ports(TCP, (4, 3, 2)) + ports(UDP, (4, 3, 2)) + [0]
ALL_4 = (entries(b"tcp6", b"::.0.111", (4, 3)) +
         entries(b"udp6", b"::.0.111", (4, 3)) +
         entries(b"tcp", b"0.0.0.0.0.111", (4, 3, 2)) +
         entries(b"udp", b"0.0.0.0.0.111", (4, 3, 2)) +
         entries(b"local", b"/run/rpcbind.sock", (4, 3)) + [0])
UDP_4 = entries(b"udp", b"0.0.0.0.0.111", (4, 3)) + [0]
UDP_6 = entries(b"udp6", b"::.0.111", (4, 3)) + [0]
HERE, HERE_6 = b"192.0.2.10.0.111", b"2001:db8::10.0.111"
GET_6 = (PORTMAP, 2, TCP, 0)
RPCB = (b"tcp", b"", b"rpcinfo")
WEAK = denied(1, 5)
BAD = denied(1, 1)
REJECTED = denied(1, 2)
NOT_THERE, NO_PROC, GARBAGE = accepted(1), accepted(3), accepted(4)
MISMATCH = accepted(2, 2, 4)
OK = accepted(0)

BOTH, STREAM, DATAGRAM, DATAGRAM_6 = "tcp udp", "tcp", "udp", "udp6"
# name, what carries it, call, reply of linux, reply of classic
ROWS = [
    ("NULL 2", BOTH, call(PORTMAP, 2, 0), OK, OK),
    ("NULL 3", BOTH, call(PORTMAP, 3, 0), OK, OK),
    ("NULL 4", BOTH, call(PORTMAP, 4, 0), OK, OK),
    ("NULL 0", BOTH, call(PORTMAP, 0, 0), MISMATCH, MISMATCH),
    ("NULL 5", BOTH, call(PORTMAP, 5, 0), MISMATCH, MISMATCH),
    ("nmap's version", BOTH, call(PORTMAP, 104316, 0), MISMATCH, MISMATCH),
    ("version 2^32 - 1", BOTH, call(PORTMAP, 2**32 - 1, 0), MISMATCH,
     MISMATCH),
    ("NULL of NFS", BOTH, call(NFS, 3, 0), NOT_THERE, OK),
    ("a call of NFS", BOTH, call(NFS, 3, 1), NOT_THERE, NOT_THERE),
    ("nmap's version of NFS", BOTH, call(NFS, 104316, 0), NOT_THERE, MISMATCH),
    ("NULL of a far program", BOTH, call(FAR, 1, 0), NOT_THERE, None),
    ("GETPORT of itself", BOTH, call(PORTMAP, 2, 3, PORTMAP, 2, TCP, 0),
     accepted(0, PORT), accepted(0, PORT)),
    ("GETPORT by UDP", BOTH, call(PORTMAP, 2, 3, PORTMAP, 9, UDP, 0),
     accepted(0, PORT), accepted(0, PORT)),
    ("GETPORT by something else", BOTH, call(PORTMAP, 2, 3, PORTMAP, 2, 1, 0),
     accepted(0, 0), accepted(0, PORT)),
    ("GETPORT of mountd", BOTH, call(PORTMAP, 2, 3, 100005, 3, TCP, 0),
     accepted(0, 0), accepted(0, PORT)),
    ("GETPORT without arguments", BOTH, call(PORTMAP, 2, 3), GARBAGE,
     accepted(0, PORT)),
    ("GETADDR 3", BOTH, call(PORTMAP, 3, 3, PORTMAP, 2, *RPCB),
     accepted(0, HERE), accepted(0, HERE)),
    ("GETADDR 4, any version", BOTH, call(PORTMAP, 4, 3, PORTMAP, 99, *RPCB),
     accepted(0, HERE), accepted(0, HERE)),
    ("GETADDR 4 of NFS", BOTH, call(PORTMAP, 4, 3, NFS, 3, *RPCB),
     accepted(0, b""), accepted(0, HERE)),
    ("GETADDR 4 over IPv6", DATAGRAM_6,
     call(PORTMAP, 4, 3, PORTMAP, 4, b"udp6", b"", b""), accepted(0, HERE_6),
     accepted(0, HERE_6)),
    ("GETADDR 4, cut short", BOTH, call(PORTMAP, 4, 3, PORTMAP, 4, b"tcp"),
     GARBAGE, accepted(0, HERE)),
    ("GETVERSADDR 4", BOTH, call(PORTMAP, 4, 9, PORTMAP, 4, *RPCB),
     accepted(0, HERE), accepted(5)),
    ("GETVERSADDR 9", BOTH, call(PORTMAP, 4, 9, PORTMAP, 9, *RPCB),
     accepted(0, b""), accepted(5)),
    ("DUMP 2", BOTH, call(PORTMAP, 2, 4), accepted(0, *MAP_2),
     accepted(0, *ports(TCP, (2, 3, 4)), 0)),
    ("DUMP 3 over TCP", STREAM, call(PORTMAP, 3, 4), accepted(0, *ALL_4),
     accepted(0, *entries(b"tcp", HERE, (2, 3, 4)), 0)),
    ("DUMP 4 over TCP", STREAM, call(PORTMAP, 4, 4), accepted(0, *ALL_4),
     accepted(0, *entries(b"tcp", HERE, (2, 3, 4)), 0)),
    ("DUMP 4 over UDP", DATAGRAM, call(PORTMAP, 4, 4), accepted(0, *UDP_4),
     accepted(0, *entries(b"tcp", HERE, (2, 3, 4)), 0)),
    ("DUMP 4 over UDP and IPv6", DATAGRAM_6, call(PORTMAP, 4, 4),
     accepted(0, *UDP_6),
     accepted(0, *entries(b"tcp6", HERE_6, (2, 3, 4)), 0)),
    # check_access() in security.c refuses who is not on the same host.
    ("SET 2", BOTH, call(PORTMAP, 2, 1, *GET_6), WEAK, accepted(5)),
    ("UNSET 4", BOTH, call(PORTMAP, 4, 2, NFS, 3, *RPCB), WEAK, accepted(5)),
    ("CALLIT 2", BOTH, call(PORTMAP, 2, 5, NFS, 3, 0, b""), None, accepted(5)),
    ("CALLIT 3", BOTH, call(PORTMAP, 3, 5, NFS, 3, 0, b""), None, accepted(5)),
    ("BCAST 4", BOTH, call(PORTMAP, 4, 5, NFS, 3, 0, b""), None, accepted(5)),
    ("INDIRECT 4", BOTH, call(PORTMAP, 4, 10, NFS, 3, 0, b""), None,
     accepted(5)),
    ("GETTIME 3", BOTH, call(PORTMAP, 3, 6), accepted(0, NOW), accepted(5)),
    ("procedure 6 of version 2", BOTH, call(PORTMAP, 2, 6), NO_PROC,
     accepted(5)),
    ("procedure 9 of version 3", BOTH, call(PORTMAP, 3, 9), NO_PROC,
     accepted(5)),
    ("procedure 255", BOTH, call(PORTMAP, 4, 255), NO_PROC, accepted(5)),
    # svc_auth_none.c, svc_auth_unix.c, svc_auth.c
    ("a Unix user", BOTH, call(PORTMAP, 2, 0, cred=auth_sys()), OK, OK),
    ("a Unix user in 16 groups", BOTH,
     call(PORTMAP, 2, 3, *GET_6, cred=auth_sys(gids=range(16)),
          verf=(0, b"abc")), accepted(0, PORT), accepted(0, PORT)),
    ("a Unix user in 17 groups", BOTH,
     call(PORTMAP, 2, 0, cred=auth_sys(gids=range(17))), BAD, OK),
    ("a Unix user and more", BOTH,
     call(PORTMAP, 2, 0, cred=auth_sys(rest=bytes(8))), OK, OK),
    ("a Unix user of a long name", BOTH,
     call(PORTMAP, 2, 0, cred=auth_sys(name=b"h" * 256)), BAD, OK),
    ("a Unix user without a body", BOTH, call(PORTMAP, 2, 0, cred=(1, b"")),
     BAD, OK),
    ("AUTH_SHORT", BOTH, call(PORTMAP, 2, 0, cred=(2, bytes(4))), REJECTED,
     OK),
    ("a flavor of 2^31", BOTH, call(PORTMAP, 2, 0, cred=(2**31, b"")),
     REJECTED, OK),
    ("RPC version 3", BOTH, call(PORTMAP, 2, 0, rpc=3), denied(0, 2, 2), OK),
    ("a credential of 400 octets", BOTH,
     call(PORTMAP, 2, 0, cred=(0, bytes(400))), OK, OK),
    ("a credential of 404 octets", BOTH,
     call(PORTMAP, 2, 0, cred=(0, bytes(404))), None, None),
    ("a call that is cut short", DATAGRAM, call(PORTMAP, 2, 0)[:-4], None,
     None),
    ("a reply", BOTH, call(PORTMAP, 2, 0, kind=1), None, None),
    ("kind 2", BOTH, call(PORTMAP, 2, 0, kind=2), None, None),
]

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps([{
    "name": name, "over": over.split(), "call": request.hex(),
    "linux": linux and linux.hex(), "classic": classic and classic.hex(),
} for name, over, request, linux, classic in ROWS], indent=2) + "\n")
