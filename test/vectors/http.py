#!/usr/bin/env python3
"""Asks a real nginx that wants a password and writes what it says to http.json.

    unshare --net sh -c 'ip link set lo up; test/vectors/http.py'

Octets are in Latin-1; the date of a response is left out. A response of null
is for a request whose end nginx waits for.
"""

import json
import pathlib
import re
import socket
import subprocess
import tempfile
import time

PORT = 8080
CONFIGURATION = """
daemon off; master_process off; pid {0}/pid; error_log {0}/log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {0}/body; proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi; uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  server {{
    listen 127.0.0.1:{1};
    root {0};
    auth_basic "Access to admin page";
    auth_basic_user_file {0}/passwords;
  }}
}}
"""

END = "\r\n\r\n"
HOST = "\r\nHost: x"
GET = "GET / HTTP/1.1"
POST = "POST / HTTP/1.1"

METHODS = """GET HEAD POST PUT DELETE OPTIONS PATCH TRACE CONNECT PROPFIND
  PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH BREW SSTP_DUPLEX_POST
  M-SEARCH get Get head G1T G.T""".split()

# Targets, RFC 9112 §3.2, and what is none.
TARGETS = [
    "/", "*", "x", "../..", "", " /", "/ ", "/a b", "/a\tb", "/\x01", "/\x7f",
    "/\xff\xfe", "/\r", "/a\rb", "/+", "/a+b.c/d", "?", "#", "example.com:443",
    "/?a=b", "/?", "/#", "/?#", "/?\x01", "/?\x7f", "/? b", "/#\x01",
    # Escapes: broken ones count in the path only.
    "/%", "/%2", "/%zz", "/%2z", "/%00", "/a%00", "/%01", "/%20", "/%7f", "/%ff",
    "/%25%zz", "/%2525", "/?%zz", "/?%00", "/#%zz", "/%23%zz", "/%3f%zz",
    "/%3F../../..", "/a%3f../../..", "/a?../../..", "/%2B", "/%4", "/%g0",
    "/nice%20ports%2C/Tri%6Eity.txt%2ebak", "/cgi-bin/.%2e/.%2e/bin/sh",
    # Dots: not above the root.
    "/.", "/..", "/./", "/../", "/...", "/..a", "/.a", "/a..", "/a/..",
    "/a/../", "/a/../..", "/a/../../", "/a/b/../..", "/a/b/../../..", "/./..",
    "/a/./../..", "/a//..", "/a//../..", "//..", "///", "//a/..", "//a/../..",
    "/../../etc/passwd", "/a/../b/../c/../..", "/..?", "/..#", "/a/..?",
    "/a/..#", "/a/.?", "/%2e%2e", "/%2e%2e/", "/%2E./", "/.%2e/x", "/%2e",
    "/a%2f..", "/a%2f..%2f..", "/a%2f%2f..%2f..", "/?/../..", "/#/../..",
    "/a/..;/..", "/a/../?/..", "/a%5c..%5c..", "/%2f..", "/a/%2e%2e%2f..",
    "/.%", "/..%", "/a/..%2", "/..%00", "/..%61", "/.%61",
    # Of a proxy.
    "http://a/", "HTTP://a/", "hTTp://a/", "http://a", "http://a?b",
    "http://a#b", "http://a:80", "http://a:80/", "http://a:80?b", "http://a:/",
    "http://a:b/", "http://a:80b/", "http:///", "http://", "http:/", "http:",
    "http", "http://a_b/", "http://a%62/", "http://u:p@a/", "http://a..b/",
    "http://a./", "http://./", "http://[::1]/", "http://[::1]:80/", "http://[]/",
    "http://[", "http://[::1", "http://[::1]x/", "http://[v1.a~!$&'()*+,;=_-]/",
    "http://[a/]/", "http://a/%zz", "http://a/..", "http://a/b/..",
    "http://a?%zz", "h2+a-b.c://x/", "2http://a/", "h_p://a/", "ftp://a/b",
    "sip:a", "http://a /", "http://google.com/", "http://-/", "http://a\x01/",
    "http://a:99999999/", "http:// ", "http://a/ b",
]

# Versions, RFC 9112 §2.3, and what is none.
VERSIONS = """HTTP/1.1 HTTP/1.0 HTTP/1.2 HTTP/1.9 HTTP/1.10 HTTP/1.99 HTTP/1.100
  HTTP/1.001 HTTP/01.1 HTTP/0.9 HTTP/2.0 HTTP/2 HTTP/3.0 HTTP/9.9 HTTP/10.0
  HTTP/11.1 HTTP/1 HTTP/1. HTTP/.1 HTTP/ HTTP http/1.1 Http/1.1 HTTQ/1.1
  FTP/1.1 SIP/2.0 HTTP/1.1a HTTP/1,1 HTTP/1.a HTTP/a.1 HTTP//1.1 xHTTP/1.1
  HTTP/1.1/ HTTP/-1.1""".split() + [
    "HTTP/1.1 ", "HTTP/1.1  ", "HTTP/1.1 a", "HTTP/1.1 HTTP/1.1", " HTTP/1.1",
    "HTTP/1.1\t", "HTTP/1.1\r", "HTTP/2.0 ", "a HTTP/1.1", "HTTP /1.1",
    "H HTTP/1.1",
]

HOSTS = """a a.b a. a.. .a . .. a..b a.b. A.B a:80 a: :80 : a:b:c a:..b a:/ a/b
  /a a\\b a_b a%62 a@b [::1] [::1]:80 [::1]x [::1 [ [] [.] [..] ]a a] a[::1]
  $()'"<> a\x01b a\x7f \xff a? a,b a;b * 192.0.2.1 example.com .:80 [.]:80
  [::1]. [::1]..""".split() + ["", " ", "a b", "a\tb", "\ta", "a\t", "  a  "]

# Fields behind a Host.
FIELDS = [
    "A: b", "A:b", "A:", "A", "A b: c", "A : b", ": b", ":", " A: b", "\tA: b",
    "A\t: b", "(a): b", "a_b: c", "A: b\r\n c", "A: b\r\r", "A: b\rc", "A: \x00",
    "A: a\x00b", "A: a \x00", "A: a\x01b", "A\x00: b", "A\x01: b", "A\x7f: b",
    "\xff: b", "A\xff: b", "\"A\": b", "A/1: b", "\x7fA: b", "A: \x7f",
    "A: \tb", "A:\x00", "A\rB: c", "a.b: c", "/: c", "A: b\r\n\tc",
    # Lengths, RFC 9112 §6.2.
    "Content-Length: 0", "Content-Length:", "Content-Length: x",
    "Content-Length: +3", "Content-Length: -1", "Content-Length: 3, 3",
    "Content-Length: 3 3", "Content-Length:\t3", "Content-Length: 3\t",
    "Content-Length: 0x3", "Content-Length: 3.0",
    "Content-Length: 1048577", "Content-Length: 99999999",
    "Content-Length: 999999999", "Content-Length: 1000000000",
    "Content-Length: 99999999999", "Content-Length: 9223372036854775807",
    "Content-Length: 9223372036854775808",
    "Content-Length: 99999999999999999999",
    "Content-Length: 0000000000000000000000000000000",
    "Content-Length: 000000000000000000000002000000", "Content-Length",
    "Content-Length: 1048577\r\nExpect: 100-continue",
    "Content-Length: 0\r\nContent-Length: 0",
    "Content-Length: 1048577\r\nConnection: close",
    # Encodings, RFC 9112 §6.1.
    "Transfer-Encoding: gzip", "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: identity",
    "Transfer-Encoding:", "Transfer-Encoding: \tchunked",
    "Transfer-Encoding: chunked\t", "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 3",
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
    "Content-Length: 3\r\nTransfer-Encoding: gzip",
    "Content-Length: x\r\nTransfer-Encoding: gzip",
    "Content-Length: 9999999\r\nTransfer-Encoding: chunked",
    # Said twice.
    *(f"{name}: a\r\n{name}: a" for name in """Host Connection User-Agent Referer
      Authorization Expect Cookie Accept Accept-Encoding Accept-Language Upgrade
      Via TE Range If-Range Content-Type Content-Range X-Forwarded-For
      If-Modified-Since If-Unmodified-Since If-Match If-None-Match Keep-Alive
      Depth Destination Overwrite Date Proxy-Authorization""".split()),
    "host: y", "HOST : y",
    # Options of the connection, RFC 9112 §9.3.
    "Connection: close", "Connection: Close", "Connection: TE, close",
    "Connection: close ,TE", "Connection: closed, enclose",
    "Connection: keep-alive", "Connection: keep-alive, close",
    "Connection: close\r\nConnection: keep-alive",
    "Connection: keep-alive\r\nConnection: close", "Connection: foreclose",
    "Connection: xkeep-alivex", "Connection:", "Expect: nothing", "Expect:",
]


def requests():
    for method in METHODS:
        yield f"{method} / HTTP/1.1{HOST}{END}"
        yield f"{method} / HTTP/1.0{END}"
    for method in "GET", "HEAD", "POST", "TRACE", "CONNECT", "PROPFIND":
        yield f"{method} /\r\n"
        yield f"{method} /{END}"
    for target in TARGETS:
        yield f"GET {target} HTTP/1.1{HOST}{END}"
        yield f"GET {target}\r\n"
    for target in "*", "a:80", "/%zz", "http://a/", "http://a":
        for method in "HEAD", "OPTIONS", "CONNECT", "TRACE", "POST":
            yield f"{method} {target} HTTP/1.1{HOST}{END}"
            yield f"{method} {target} HTTP/1.0{END}"
    for version in VERSIONS:
        yield f"GET / {version}{HOST}{END}"
        yield f"HEAD / {version}{HOST}{END}"
    for host in HOSTS:
        yield f"{GET}\r\nHost: {host}{END}"
        yield f"GET / HTTP/1.0\r\nHost: {host}{END}"
        yield f"GET http://b/ HTTP/1.1\r\nHost: {host}{END}"
    for field in FIELDS:
        yield f"{GET}{HOST}\r\n{field}{END}"
        yield f"GET / HTTP/1.0\r\n{field}{END}"
        yield f"HEAD / HTTP/1.1{HOST}\r\n{field}{END}"
    for line in ("GET ", "GET  ", "GET HTTP/1.1", "GET  HTTP/1.1",
                 "GET /a b", "GET *", "GET / ", "GET  / ", "GET  /  HTTP/1.1"):
        yield f"{line}\r\n"
        yield f"{line}{HOST}{END}"
    yield from (
        f"{GET}{END}", f"HEAD / HTTP/1.1{END}", f"GET http://a/ HTTP/1.1{END}",
        f"TRACE / HTTP/1.1{END}", f"{GET}\r\nHost{END}",
        f"{GET}\r\nHost: a\r\nHost: b{END}", f"CONNECT / HTTP/1.1{HOST}{END}",
        f"G ET / HTTP/1.1{HOST}{END}", f"PRI * HTTP/2.0{END}SM{END}",
        f"OPTIONS sip:a SIP/2.0\r\nVia: x{END}", f"{END}{GET}{HOST}{END}",
        "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\nHost: x\n\r\n",
        "GET /%zz\n", "GET /\n", "HEAD /\n",
        f"GET / HTTP/1.1{HOST}\r\nHost: x{END}",
        # What follows an answer that ends the connection is not read.
        f"TRACE / HTTP/1.1{HOST}{END}{GET}{HOST}{END}",
        f"GET /%00 HTTP/1.1{HOST}{END}{GET}{HOST}{END}",
        f"{GET}{HOST}{END}GET /2 HTTP/1.1{HOST}{END}",
        f"{GET}{HOST}{END}GET * HTTP/1.1{HOST}{END}",
        f"{GET}{HOST}{END}GET /\r\n", f"{GET}{HOST}{END}\x00\x01{END}",
        # An answer to the line of a request does not wait for its end.
        "GET /%00 HTTP/1.1\r\n", "GET / HTTP/2.0\r\nHost: x\r\n",
        "TRACE / HTTP/1.1\r\nHost: x\r\n", f"{GET}{HOST}\r\n",
        # Bodies.
        f"{POST}{HOST}\r\nContent-Length: 3{END}abc",
        f"{POST}{HOST}\r\nContent-Length: 3{END}abc{GET}{HOST}{END}",
        f"TRACE / HTTP/1.1{HOST}\r\nContent-Length: 3{END}abc",
        f"{POST}{HOST}\r\nContent-Length: 9999999{END}abc",
        f"{POST}{HOST}\r\nTransfer-Encoding: chunked{END}3\r\nabc\r\n0{END}",
        f"{POST}{HOST}\r\nTransfer-Encoding: CHUNKED{END}3\r\nabc\r\n0{END}",
        f"{POST}{HOST}\r\nTransfer-Encoding: chunked{END}ZZ\r\n",
        f"POST / HTTP/1.0\r\nTransfer-Encoding: chunked{END}0{END}",
        f"{POST}{HOST}\r\nTransfer-Encoding: gzip{END}ZZ\r\n",
        # Longer than nginx takes.
        f"GET /{'a' * 9000}", f"{GET}{HOST}\r\nA: {'a' * 9000}",
        f"GET /%00{'a' * 8000} HTTP/1.1{HOST}{END}",
    )


def ask(request):
    """What nginx says until it hangs up or waits."""
    with socket.create_connection(("127.0.0.1", PORT), timeout=0.25) as client:
        client.sendall(request.encode("latin1"))
        response = b""
        try:
            while octets := client.recv(65536):
                response += octets
        except (TimeoutError, ConnectionResetError):  # it did not read all
            pass
    text = re.sub(r"(?<=\r\nDate: )[^\r]*", "", response.decode("latin1"))
    return text or None


with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "passwords").touch()
    configuration = pathlib.Path(folder, "configuration")
    configuration.write_text(CONFIGURATION.format(folder, PORT))
    server = subprocess.Popen(["nginx", "-c", configuration])
    time.sleep(1)
    try:
        requests_of = {}  # by response
        for request in dict.fromkeys(requests()):
            requests_of.setdefault(ask(request), []).append(request)
    finally:
        server.terminate()
        server.wait()
version = subprocess.run(["nginx", "-v"], capture_output=True,
                         text=True).stderr.split()[-1]
vectors = [{"response": response, "requests": requests}
           for response, requests in requests_of.items()]
out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(json.dumps({"server": version, "vectors": vectors},
                          indent=2) + "\n")
