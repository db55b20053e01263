"""Requests over real sockets: kept connections, broken answers, TLS that is verified, files that are streamed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from listbackup.base.clock import SystemClock
from listbackup.base.errors import InputError
from listbackup.client import Client, Download, Patience, Unreachable
from listbackup.client.transport import Asked, HttpTransport

LIVE = b'{"status":"live"}'
ONCE = Patience(tries=1)


class Server:
    """A server of bytes: each connection is given to ``serve`` with a function that reads one request."""

    def __init__(self, serve: Callable[[socket.socket, Callable[[], bytes]], None], trust: ssl.SSLContext | None = None) -> None:
        self._serve, self._trust = serve, trust
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        try:
            line = self._trust.wrap_socket(connection, server_side=True) if self._trust is not None else connection
            with line:
                self._serve(line, lambda: self._read(line))
        except OSError:
            return

    def _read(self, line: socket.socket) -> bytes:
        raw = b""
        while b"\r\n\r\n" not in raw:
            piece = line.recv(65536)
            if not piece:
                raise OSError("gone")
            raw += piece
        self.requests.append(raw)
        return raw

    def close(self) -> None:
        self._listener.close()


@contextmanager
def server(serve: Callable[[socket.socket, Callable[[], bytes]], None], trust: ssl.SSLContext | None = None) -> Iterator[Server]:
    made = Server(serve, trust)
    try:
        yield made
    finally:
        made.close()


def answer(body: bytes, *more: str, length: int | None = None) -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: application/json", f"content-length: {len(body) if length is None else length}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def forever(line: socket.socket, read: Callable[[], bytes]) -> None:
    while read():
        line.sendall(answer(LIVE))


def test_one_connection_serves_many_requests() -> None:
    with server(forever) as made, Client(f"http://127.0.0.1:{made.port}") as lb:
        assert [lb.system.health_live().status for _ in range(5)] == ["live"] * 5
        assert made.connections == 1


def test_an_address_may_have_a_prefix_and_its_own_v2() -> None:
    with server(forever) as made:
        for address in (f"http://127.0.0.1:{made.port}/backup/", f"http://127.0.0.1:{made.port}/backup/v2"):
            with Client(address) as lb:
                lb.system.health_live()
        assert {raw.split()[1] for raw in made.requests} == {b"/backup/v2/system/health/live"}


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew() -> None:
    def once(line: socket.socket, read: Callable[[], bytes]) -> None:
        read()
        line.sendall(answer(LIVE))

    with server(once) as made, Client(f"http://127.0.0.1:{made.port}") as lb:
        assert [lb.system.health_live().status for _ in range(3)] == ["live"] * 3


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH\r\n",
        answer(LIVE[:5], length=500),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_an_answer_that_breaks_off_is_no_answer(said: bytes) -> None:
    def broken(line: socket.socket, read: Callable[[], bytes]) -> None:
        read()
        line.sendall(said)

    with server(broken) as made, Client(f"http://127.0.0.1:{made.port}", patience=ONCE) as lb:
        with pytest.raises(Unreachable):
            lb.system.health_live()


def test_reading_is_tried_again_when_the_answer_breaks_off() -> None:
    said = [answer(LIVE[:5], length=17), answer(LIVE)]

    def half_first(line: socket.socket, read: Callable[[], bytes]) -> None:
        read()
        line.sendall(said.pop(0))

    with server(half_first) as made, Client(f"http://127.0.0.1:{made.port}") as lb:
        assert lb.system.health_live().status == "live"


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    silent = threading.Event()

    def wait(line: socket.socket, read: Callable[[], bytes]) -> None:
        read()
        silent.wait(5)

    with server(wait) as made, Client(f"http://127.0.0.1:{made.port}", patience=ONCE, timeout_seconds=0.2) as lb:
        with pytest.raises(Unreachable, match="does not answer in time"):
            lb.system.health_live()
    silent.set()


def test_nobody_listening_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match="refuses the connection"):
        Client(f"http://127.0.0.1:{port}", patience=ONCE).system.health_live()


@pytest.mark.parametrize(
    "address", ["http://backup.example.org", "ftp://x", "", "http://", "https://u:p@x.org", "https://x.org:port", "https://x.org/?a"]
)
def test_an_address_that_would_give_the_key_away_or_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        Client(address, "lbk_x")


def test_a_file_is_streamed_into_a_new_one_and_counted(tmp_path: Path) -> None:
    body = bytes(range(256)) * 4000

    def file(line: socket.socket, read: Callable[[], bytes]) -> None:
        while read():
            line.sendall(answer(body))

    with server(file) as made:
        transport = HttpTransport(f"http://127.0.0.1:{made.port}", SystemClock())
        asked = Asked(method="GET", target="/v2/x", headers={})
        download = Download(transport.send(asked))
        assert download.size_bytes == len(body)
        assert download.save(tmp_path / "a") == len(body)
        assert (tmp_path / "a").read_bytes() == body
        with pytest.raises(FileExistsError):
            Download(transport.send(asked)).save(tmp_path / "a")


def test_a_file_that_breaks_off_is_not_a_whole_one(tmp_path: Path) -> None:
    def half(line: socket.socket, read: Callable[[], bytes]) -> None:
        read()
        line.sendall(answer(b"half", length=8))

    with server(half) as made:
        transport = HttpTransport(f"http://127.0.0.1:{made.port}", SystemClock())
        with pytest.raises(Unreachable, match="broke off"):
            Download(transport.send(Asked(method="GET", target="/v2/x", headers={}))).save(tmp_path / "a")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signed itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_a_certificate_is_believed_only_when_somebody_vouches_for_it(certificate: Path) -> None:
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate)
    with server(forever, trust) as made:
        with pytest.raises(Unreachable, match="certificate that is not believed"):
            Client(f"https://127.0.0.1:{made.port}", "lbk_secret", patience=ONCE).system.health_live()
        known = ssl.create_default_context(cafile=str(certificate))
        with Client(f"https://127.0.0.1:{made.port}", trust=known) as lb:
            assert lb.system.health_live().status == "live"
        with pytest.raises(Unreachable):
            Client(f"https://localhost:{made.port}", trust=known, patience=ONCE).system.health_live()
        assert not any(b"lbk_secret" in raw for raw in made.requests)
