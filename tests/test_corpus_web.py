"""Pages of the web are fetched, and nothing of a private network ever is."""

import itertools
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import corpus.web
from corpus.errors import WebPageError
from corpus.load import load_file
from corpus.web import Pinned, is_public, save

PRIVATE = """
127.0.0.1 127.1.2.3 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1
169.254.169.254 100.64.0.1 100.127.255.255 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1
192.88.99.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1
::ffff:10.0.0.1 ::ffff:169.254.169.254 fe80::1 febf::1 fc00::1 fd00:ec2::254 fec0::1 feff::1 ff02::1
2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101:: 2001:0:7f00:1:: 2001:0:4136:e378:8000:63bf:80ff:fffe
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 2001:db8::1 100::1 3fff::1
""".split()  # noqa: SIM905
PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"]
NUMBERS = """
2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 127.1 127.0.1 0 0x0 017700000001 3232235777 0xa9fea9fe
2852039166 00.0.0.0 127.0.0.1.
""".split()  # noqa: SIM905
NAMES = [
    "localhost",
    "internal.example",
    "metadata.google.internal",
    "LOCALHOST",
    "intern.example.",
]
PATHS = ["/", "/latest/meta-data/", ":22/", ":6379/", ":8080/admin?a=b", ":443/#f"]
ODD = r"""
http://127.0.0.1\@example.com/ http://example.com\@127.0.0.1/ http://example.com@127.0.0.1/
http://user:pass@example.com/ http://127.0.0.1%00.example.com/ http://example.com:80:22/ http:///etc
http://127.0.0.1\.example.com/ http://[::1 http://[::1]@example.com/ http://[::ffff:127.0.0.1%25lo]/
http://１２７.０.０.１/ http://ⓛocalhost/ http://example。com/ http:127.0.0.1
http:/127.0.0.1/ //127.0.0.1/
http://exam\tple.com/ http://127.0.0.1#@example.com/ http://127.0.0.1?@example.com/ http://:80/
http://example.com:99999/ http://%31%32%37.0.0.1/ http://127.0.0.1:80\@example.com:80/ https://
file:///etc/passwd ftp://127.0.0.1/ gopher://127.0.0.1:6379/_INFO data:text/html,a javascript://a/%0a1
dict://127.0.0.1:11211/stats ldap://127.0.0.1/ jar:http://127.0.0.1!/ FILE:///etc/passwd unix://run/a
http+unix://%2Frun/a ws://127.0.0.1/ view-source:http://127.0.0.1/ blob:http://127.0.0.1/a
""".split()  # noqa: SIM905


def hosts():
    for address in PRIVATE:
        yield f"[{address}]" if ":" in address else address
    yield from (*NUMBERS, *NAMES)


def hostile_urls():
    """Give every address that must not be reached."""
    for scheme, host, path in itertools.product(("http", "https"), hosts(), PATHS):
        yield f"{scheme}://{host}{path}"
    yield from ODD
    yield from (each + end for each in ODD[:20] for end in ("\r\nHost: a", " ", "\x00"))


def look_up(host, _port):
    """Look up numbers as systems do; every other name leads within."""
    try:
        found = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [each[4][0] for each in found]
    except OSError:
        return ["127.0.0.1"]


@contextmanager
def serving(answers):
    """Serve on the loopback; `answers` gives for a path its status, headers and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append((self.headers["Host"], self.path))
            status, headers, body = answers(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for part in [body] if isinstance(body, bytes) else body:
                try:
                    self.wfile.write(part)
                except OSError:
                    return

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.asked = []
    # Looks so often whether it is to end, for otherwise each test waits half a second for it.
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def certified(folder, name):
    """Give the contexts of a server whose certificate is for this name, and of who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + pem)
    serves = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serves.load_cert_chain(path)
    return serves, ssl.create_default_context(cadata=pem.decode())


def html(body=b"<title>Of owls</title><p>They hunt mice.</p>", **headers):
    return 200, {"Content-Type": "text/html", **headers}, body


def here(server, names=("owls.example",)):
    """Give what lets the test's own server stand for a host of the open internet."""

    def find(host, port):
        return ["127.0.0.1"] if host in names else ["10.0.0.1"]

    return Pinned(find, lambda address: str(address) == "127.0.0.1")


def test_the_file_of_a_page_knows_its_title_and_its_address(tmp_path):
    with serving(lambda _: html()) as server:
        url = f"http://owls.example:{server.server_port}/of/owls?a=b"
        file = save(url, tmp_path / "pages", here(server))
    document = load_file(file)
    assert (document.title, document.url, document.text) == ("Of owls", url, "They hunt mice.")
    assert file.path.parent == tmp_path / "pages"
    assert server.asked == [(f"owls.example:{server.server_port}", "/of/owls?a=b")]


def test_a_redirect_is_followed_and_the_address_is_that_of_its_end(tmp_path):
    def answers(path):
        return html() if path == "/b" else (302, {"Location": "/b"}, b"")

    with serving(answers) as server:
        base = f"http://owls.example:{server.server_port}"
        assert save(f"{base}/a", tmp_path, here(server)).url == f"{base}/b"


def test_a_certificate_must_be_for_the_name_though_the_address_is_what_is_connected_to(tmp_path):
    serves, trusts = certified(tmp_path, "owls.example")
    with serving(lambda _: html()) as server:
        server.socket = serves.wrap_socket(server.socket, server_side=True)
        for name in ("owls.example", "bees.example"):
            transport = Pinned(lambda *_: ["127.0.0.1"], lambda _: True, trusts)
            url = f"https://{name}:{server.server_port}/"
            if name == "owls.example":
                assert save(url, tmp_path / "pages", transport).url == url
                continue
            with pytest.raises(WebPageError, match="cannot be fetched; check it in a browser"):
                save(url, tmp_path / "pages", transport)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_private_network_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ip_address(address))


def test_hundreds_of_hostile_addresses_lead_to_no_connection(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: made.append(address))
    urls = list(dict.fromkeys(hostile_urls()))
    transport = Pinned(look_up)
    assert len(urls) >= 700
    for url in urls:
        with pytest.raises(WebPageError) as error:
            save(url, tmp_path, transport)
        assert str(error.value).isprintable(), url
        assert ";" in str(error.value), url
    assert made == []
    assert list(tmp_path.iterdir()) == []


def test_the_count_of_connections_would_see_one(tmp_path, monkeypatch):
    made = []

    def connect(_, address):
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(WebPageError, match="cannot be fetched; check it in a browser"):
        save("http://127.0.0.1:9/", tmp_path, Pinned(look_up, lambda _: True))
    assert made == [("127.0.0.1", 9)]


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/",
        "http://internal.example/",
        "//internal.example/",
        "http://[::1]/",
        "file:///etc/passwd",
        "gopher://owls.example/",
        "http://owls.example\\@internal.example/",
    ],
)
def test_a_redirect_to_where_nobody_may_go_ends_there(tmp_path, location):
    with serving(lambda _: (302, {"Location": location}, b"")) as server:
        url = f"http://owls.example:{server.server_port}/"
        with pytest.raises(WebPageError):
            save(url, tmp_path, here(server))
        assert len(server.asked) == 1


def test_a_name_that_changes_its_address_once_it_was_checked_gains_nothing(tmp_path):
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    looked_up = []

    def rebinding(host, port):
        looked_up.append(host)
        return next(answers)

    with serving(lambda _: html()) as server:
        transport = Pinned(rebinding, lambda address: str(address) == "127.0.0.1")
        save(f"http://owls.example:{server.server_port}/", tmp_path, transport)
    assert looked_up == ["owls.example"]


def test_a_name_with_one_private_address_among_others_is_refused(tmp_path):
    transport = Pinned(lambda *_: ["93.184.215.14", "127.0.0.1"])
    with pytest.raises(WebPageError, match="leads into a private network; save the page"):
        save("http://owls.example/", tmp_path, transport)


def test_more_than_five_redirects_are_too_many(tmp_path):
    def answers(path):
        step = int(path[1:])
        return html() if step == 6 else (302, {"Location": f"/{step + 1}"}, b"")

    with serving(answers) as server:
        base = f"http://owls.example:{server.server_port}"
        assert save(f"{base}/1", tmp_path, here(server)).url == f"{base}/6"
        with pytest.raises(WebPageError, match="redirects more than 5 times"):
            save(f"{base}/0", tmp_path, here(server))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (html(**{"Content-Type": "image/png"}), "is of no kind that can be read"),
        (html(**{"Content-Encoding": "gzip"}), "is of no kind that can be read"),
        ((404, {"Content-Type": "text/html"}, b""), "is answered with 404"),
        ((200, {"Content-Type": "text/html"}, [b"a" * 2**20] * 3), "is larger than 2 MB"),
    ],
)
def test_what_cannot_be_read_or_is_too_large_is_refused(tmp_path, monkeypatch, answer, why):
    monkeypatch.setattr(corpus.web, "MAX_BYTES", 2 * 2**20)
    with serving(lambda _: answer) as server, pytest.raises(WebPageError, match=why):
        save(f"http://owls.example:{server.server_port}/", tmp_path, here(server))
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_drips_is_left_behind_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus.web, "SECONDS", 0.5)
    gone = threading.Event()

    def drip():
        while not gone.wait(0.05):
            yield b"a"

    with serving(lambda _: html(drip())) as server:
        begun = time.monotonic()
        with pytest.raises(WebPageError, match=r"takes longer than 0\.5 seconds"):
            save(f"http://owls.example:{server.server_port}/", tmp_path, here(server))
        assert time.monotonic() - begun < 5
        gone.set()


def test_an_address_is_told_from_a_path_on_the_command_line(summit, tmp_path):
    run = summit("ingest", "http://127.0.0.1:9/", SUMMIT_DATA_DIR=tmp_path / "data")
    assert run.returncode == 2
    said = "http://127.0.0.1:9/ leads into a private network; save the page there"
    assert said in " ".join(run.stderr.split())
