"""Every way of sending mail keeps the port's promises; SMTP against a server by others."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.mail.outbox import OutboxMail
from listbackup.backends.mail.port import Letter, Mail, as_message
from listbackup.backends.mail.smtp import SmtpMail, SmtpSecurity, SmtpServer
from listbackup.base.errors import BackendError, InputError
from listbackup.base.secret import Secret
from listbackup.testing.clock import ManualClock
from listbackup.testing.suites.mail_suite import LETTER, MailSuite


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message


class TestMemoryMail(MailSuite):
    def make(self, folder: Path) -> Mail:
        self.kept = MemoryMail()
        return self.kept

    def received(self, folder: Path) -> Sequence[EmailMessage]:
        return [as_message(letter, sender="listbackup@localhost") for letter in self.kept.sent]


class TestOutboxMail(MailSuite):
    def make(self, folder: Path) -> Mail:
        return OutboxMail(folder / "mail", ManualClock())

    def received(self, folder: Path) -> Sequence[EmailMessage]:
        return [read(path.read_bytes()) for path in sorted((folder / "mail").glob("*.eml"))]

    def test_only_its_owner_reads_a_letter(self, mail: Mail, tmp_path: Path) -> None:
        mail.send(LETTER)
        assert [path.stat().st_mode & 0o777 for path in (tmp_path / "mail").glob("*.eml")] == [0o600]

    def test_the_same_letter_again_is_one_file_and_no_name_leaves_the_folder(self, mail: Mail, tmp_path: Path) -> None:
        for _ in range(2):
            mail.send(replace(LETTER, id="../../etc/x"))
        assert [path.parent for path in tmp_path.rglob("*.eml")] == [tmp_path / "mail"]


class Server:
    """Keeps what it is handed; answers with ``says`` where that is set."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.says = ""

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.taken.append(envelope.content)  # type: ignore[attr-defined]
        return self.says or "250 OK"

    def login(self, server: object, session: object, envelope: object, mechanism: str, said: object) -> AuthResult:
        self.logins.append((said.login, said.password))  # type: ignore[attr-defined]
        return AuthResult(success=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody else signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + built.public_bytes(Encoding.PEM))
    return path


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class SmtpSuite(MailSuite):
    security = SmtpSecurity.STARTTLS

    @pytest.fixture(autouse=True)
    def serving(self, certificate: Path) -> Iterator[None]:
        self.server = Server()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        tls = {"ssl_context": context} if self.security is SmtpSecurity.TLS else {}
        starttls = {"tls_context": context, "require_starttls": True} if self.security is SmtpSecurity.STARTTLS else {}
        auth = {"authenticator": self.server.login, "auth_require_tls": self.security is SmtpSecurity.STARTTLS}
        self.controller = Controller(self.server, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True, **tls, **starttls, **auth)
        self.controller.start()
        self.settings = SmtpServer(
            host="127.0.0.1",
            port=self.controller.port,
            security=self.security,
            trusted=ssl.create_default_context(cafile=certificate),
            sender="ListBackup <backup@example.com>",
        )
        yield
        self.controller.stop()

    def make(self, folder: Path) -> Mail:
        return SmtpMail(self.settings, ManualClock())

    def received(self, folder: Path) -> Sequence[EmailMessage]:
        return [read(raw) for raw in self.server.taken]

    def test_an_address_in_another_script_is_written_to(self, mail: Mail, tmp_path: Path) -> None:
        mail.send(replace(LETTER, to="用户@example.com"))
        assert [message["To"] for message in self.received(tmp_path)] == ["用户@example.com"]

    @pytest.mark.parametrize(("answer", "later"), [("451 busy", True), ("452 full", True), ("550 no", False), ("554 spam", False)])
    def test_a_refusal_says_whether_to_come_again_and_repeats_nothing(self, mail: Mail, answer: str, later: bool) -> None:
        self.server.says = answer + " " + LETTER.to
        with pytest.raises(BackendError) as refused:
            mail.send(LETTER)
        assert refused.value.retryable is later
        assert LETTER.to not in str(refused.value)

    def test_a_certificate_that_nobody_trusts_gets_no_letter(self) -> None:
        if self.security is SmtpSecurity.NONE:
            return
        with pytest.raises(BackendError):
            SmtpMail(replace(self.settings, trusted=None), ManualClock()).send(LETTER)
        assert self.server.taken == []


class TestSmtpWithStarttls(SmtpSuite):
    def test_a_password_is_given_over_tls(self, mail: Mail) -> None:
        SmtpMail(replace(self.settings, user="me", password=Secret("s3cret")), ManualClock()).send(LETTER)
        assert self.server.logins == [(b"me", b"s3cret")]


class TestSmtpWithTls(SmtpSuite):
    security = SmtpSecurity.TLS


class TestSmtpInTheClear(SmtpSuite):
    security = SmtpSecurity.NONE


def test_a_password_is_never_sent_in_the_clear() -> None:
    with pytest.raises(InputError):
        SmtpServer(host="127.0.0.1", security=SmtpSecurity.NONE, user="me", password=Secret("x"))


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    with pytest.raises(BackendError) as missing:
        SmtpMail(SmtpServer(host="127.0.0.1", port=1, security=SmtpSecurity.NONE), ManualClock()).send(LETTER)
    assert missing.value.retryable


def test_a_letter_does_not_print_what_it_says() -> None:
    assert "token" not in repr(Letter(id="ltr_1", to="a@b.c", subject="s", text="token"))


@given(
    to=st.one_of(st.emails(), st.text(max_size=20), st.tuples(st.text(max_size=8), st.text(max_size=8)).map("@".join)),
    text=st.text(max_size=50),
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_letter_or_a_refusal(to: str, text: str) -> None:
    with contextlib.suppress(InputError):
        raw = as_message(Letter(id="ltr_1", to=to, subject="s", text=text), sender="listbackup@localhost").as_bytes()
        assert read(raw)["Bcc"] is None
