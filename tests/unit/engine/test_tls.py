"""TLS: the host is verified by its name though an address is connected to, and a certificate that cannot be trusted ends it."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from listbackup.base.clock import SystemClock
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.client import Client, Request
from listbackup.connectors.engine.egress import parse_url
from listbackup.testing.saas.wire import Response, WireServer

NAME = "api.example.com"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for api.example.com that signs itself, with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), SystemClock().now()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + plain)
    return file


@contextlib.contextmanager
def secured(certificate: Path, names: list[str | None]) -> Iterator[int]:
    """A server that speaks TLS and writes down under which name it was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda connection, name, _: names.append(name)
    server = WireServer(lambda request: Response(body=request.headers["host"].encode()))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda request, client: None  # type: ignore[method-assign]  a client that turns away is what is tested
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_certificate_of_nobody_we_trust_is_refused(certificate: Path) -> None:
    names: list[str | None] = []
    with secured(certificate, names) as port:
        client = Client(SystemClock(), allow_loopback=True, resolver=lambda host, port: ["127.0.0.1"])
        with pytest.raises(PlatformError, match="cannot be trusted") as caught:
            client.send(Request(url=parse_url(f"https://{NAME}:{port}/")))
    assert caught.value.fault is PlatformFault.EGRESS_DENIED
    assert names == [NAME]


def test_the_name_is_verified_though_an_address_is_connected_to(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with secured(certificate, []) as port:
        client = Client(SystemClock(), allow_loopback=True, resolver=lambda host, port: ["127.0.0.1"])
        assert client.send(Request(url=parse_url(f"https://{NAME}:{port}/"))).body == f"{NAME}:{port}".encode()
        with pytest.raises(PlatformError, match="cannot be trusted"):
            client.send(Request(url=parse_url(f"https://other.example.com:{port}/")))
        client.close()
