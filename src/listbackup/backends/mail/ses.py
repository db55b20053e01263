"""Letters over SES, as whole messages, so that what arrives is what ``as_message`` made; SES adds the date and its own id.

SES takes addresses in ASCII alone: a domain in other letters goes as Punycode, a name before the @ in other letters is refused for good. What keeps us from sending at all
(rights, credentials, identities) is told apart from what is wrong with one letter.
Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html (read 2026-11-21).
"""

from __future__ import annotations

from dataclasses import replace
from email.policy import SMTP

from listbackup.backends.aws_client import Aws, AwsRefused, is_about_rights, once
from listbackup.backends.mail.port import Letter, MailShut, as_message
from listbackup.base.errors import BackendError

_SEVEN_BITS = SMTP.clone(cte_type="7bit")  # the text as quoted-printable or base64: SES promises nothing for lines of 8 bits

_LATER = {"LimitExceededException": "the account's sending quota is used up: ask AWS for more, or wait"}
_SHUT = {
    "AccessDeniedException": "give the function's role ses:SendEmail for this identity, or deploy the version that has it",
    "AccountSuspendedException": "AWS has suspended sending for this account: see the SES console",
    "MailFromDomainNotVerifiedException": "are the DNS records of the MAIL FROM domain still there?",
    "NotFoundException": "is the configuration set there?",
    "SendingPausedException": "an administrator has paused the account or the configuration set: see the SES console",
}
_NOT_VERIFIED = "not verified"  # as SES says of an identity, in words alone: of the sender, and in the sandbox of whoever the letter is for
_NEVER = {"MessageRejected": "SES takes no letter to this address, or none of this content"}


class SesMail:
    """Hands letters to SES as ``sender``, an address or ``Name <address>`` of a verified identity. Who retries: the post."""

    def __init__(self, aws: Aws, sender: str, *, configuration_set: str | None = None) -> None:
        self._aws, self._sender = aws, sender
        self._options = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, letter: Letter) -> None:
        """See the port. SES has accepted it on return."""
        plain = replace(letter, to=_ascii(letter.to))
        raw = as_message(plain, sender=self._sender).as_bytes(policy=_SEVEN_BITS)
        client = self._aws.client("sesv2")
        try:
            once(
                lambda: client.send_email(
                    FromEmailAddress=self._sender,
                    Destination={"ToAddresses": [plain.to]},
                    Content={"Raw": {"Data": raw}},
                    **self._options,
                ),
                "send a letter",
            )
        except AwsRefused as error:
            raise _refused(error) from error


def _ascii(address: str) -> str:
    """The address as SES takes it. Raises BackendError for one that it never takes."""
    user, _, domain = address.rpartition("@")
    try:
        if user.isascii():
            return f"{user}@{domain.encode('idna').decode()}"
    except UnicodeError:
        pass
    raise BackendError("SES does not take this address", hint="it needs one whose part before the @ is ASCII")


def _refused(error: AwsRefused) -> BackendError:
    if error.code == "MessageRejected" and _NOT_VERIFIED in str(error.answer.get("Error", {}).get("Message", "")):
        return MailShut(error.message, hint="verify the sender's domain in SES, and have the account taken out of the sandbox")
    if error.code in _SHUT or is_about_rights(error):
        return MailShut(error.message, hint=_SHUT.get(error.code, error.hint))
    hint = _LATER.get(error.code) or _NEVER.get(error.code) or error.hint
    retryable = error.retryable or error.code in _LATER
    return AwsRefused(error.message, code=error.code, status=error.status, answer=error.answer, retryable=retryable, hint=hint)
