"""Letters over SMTP, encrypted unless told otherwise. Source: RFC 5321; RFC 8314 (TLS for submission)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from enum import StrEnum

from listbackup.backends.mail.port import Letter, MailShut, as_message
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, InputError
from listbackup.base.secret import Secret

_LATER = (421, 450, 451, 452, 454)  # SMTP's words for "not now"


class SmtpSecurity(StrEnum):
    """How the connection is encrypted."""

    TLS = "tls"  # from the first byte, port 465
    STARTTLS = "starttls"  # before anything is said, port 587
    NONE = "none"  # for a server on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where letters are handed in, and as whom."""

    host: str
    port: int = 587
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    user: str = ""
    password: Secret | None = None
    sender: str = "listbackup@localhost"
    timeout_seconds: float = 30.0
    trusted: ssl.SSLContext | None = field(default=None, repr=False, compare=False)  # None: the system's certificates

    def __post_init__(self) -> None:
        if self.password is not None and self.security is SmtpSecurity.NONE:
            raise InputError("a password is not sent over a connection that anybody can read", field="security", hint="use tls or starttls")


class SmtpMail:
    """One connection per letter: letters are few."""

    def __init__(self, server: SmtpServer, clock: Clock) -> None:
        self._server, self._clock = server, clock

    def send(self, letter: Letter) -> None:
        """See the port. The server has accepted it on return."""
        message = as_message(letter, sender=self._server.sender)
        message["Date"] = format_datetime(self._clock.now())
        try:
            with self._connect() as smtp:
                if self._server.password is not None:
                    smtp.login(self._server.user, self._server.password.reveal())
                plain = letter.to.isascii()
                options = () if plain else ("SMTPUTF8",)
                smtp.sendmail(_bare(self._server.sender), [letter.to], message.as_bytes(policy=SMTP if plain else SMTPUTF8), options)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refused(next(iter(error.recipients.values()))[0]) from None
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as error:
            raise self._shut(error.smtp_code) from None
        except smtplib.SMTPResponseException as error:
            raise self._refused(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise self._refused(550) from None
        except (smtplib.SMTPException, OSError) as error:
            message_text = f"the mail server {self._server.host} cannot be reached: {type(error).__name__}"
            if isinstance(error, ssl.SSLCertVerificationError):
                raise MailShut(message_text, hint="its certificate is none that this machine trusts") from None
            raise BackendError(message_text, retryable=True, hint="check host, port and security") from None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = server.trusted or ssl.create_default_context()
        if server.security is SmtpSecurity.TLS:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=context)
        smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
        if server.security is SmtpSecurity.STARTTLS:
            try:
                smtp.starttls(context=context)
            except BaseException:
                smtp.close()
                raise
        return smtp

    def _shut(self, code: int) -> BackendError:
        """Refused before anybody was named whom the letter is for."""
        if code in _LATER:
            return self._refused(code)
        return MailShut(
            f"the mail server {self._server.host} does not take letters of ours ({code})", hint="check user, password and sender"
        )

    def _refused(self, code: int) -> BackendError:
        """The server's number and no more: its text may hold the letter's."""
        return BackendError(
            f"the mail server {self._server.host} refused a letter with {code}", retryable=code in _LATER, hint="see the mail server's log"
        )


def _bare(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip(">").strip()
