"""The mail port on SES. The emulator keeps subject and text of a message; the message itself is taken from the request that was signed and sent."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.mail.port import Letter, Mail, MailShut
from listbackup.backends.mail.ses import SesMail
from listbackup.base.errors import BackendError
from listbackup.testing.emulator import Emulator
from listbackup.testing.suites.mail_suite import LETTER, MailSuite

SENDER = "ListBackup <copies@mail.example.com>"


pytestmark = pytest.mark.skipif(
    os.environ.get("LISTBACKUP_AWS_ACCOUNT") == "1", reason="which domain an account may send from cannot be guessed"
)


@pytest.fixture
def sent(aws: Aws) -> Iterator[list[dict[str, Any]]]:
    """What SES was handed."""
    client = aws.client("sesv2")
    if not any(one["IdentityName"] == "mail.example.com" for one in client.list_email_identities()["EmailIdentities"]):
        client.create_email_identity(EmailIdentity="mail.example.com")
    requests: list[dict[str, Any]] = []

    def keep(params: dict[str, Any], **_: object) -> None:
        requests.append(params)

    client.meta.events.register("provide-client-params.sesv2.SendEmail", keep)
    yield requests
    client.meta.events.unregister("provide-client-params.sesv2.SendEmail", keep)


class TestSesMail(MailSuite):
    @pytest.fixture(autouse=True)
    def _ground(self, aws: Aws, sent: list[dict[str, Any]]) -> None:
        self.aws, self.sent = aws, sent

    def make(self, folder: Path) -> Mail:
        return SesMail(self.aws, SENDER)

    def received(self, folder: Path) -> Sequence[EmailMessage]:
        return [_read(request) for request in self.sent]


def test_a_letter_comes_out_of_ses_as_it_went_in(aws: Aws, emulator: Emulator, sent: list[dict[str, Any]]) -> None:
    SesMail(aws, SENDER).send(LETTER)
    with urllib.request.urlopen(f"{emulator.endpoint}/_ministack/ses/messages") as answer:
        [*_, last] = next(iter(json.load(answer)["messages"].values()))
    assert (last["To"], last["Source"], last["Subject"]) == ([LETTER.to], SENDER, LETTER.subject)
    assert last["BodyText"].replace("\r\n", "\n") == LETTER.text
    raw = sent[-1]["Content"]["Raw"]["Data"]
    assert raw.isascii()
    assert _read(sent[-1])["From"] == SENDER


def test_a_domain_in_other_letters_goes_as_punycode_and_a_name_is_refused_for_good(aws: Aws, sent: list[dict[str, Any]]) -> None:
    mail = SesMail(aws, SENDER)
    mail.send(Letter(id="ltr_1", to="ada@bücher.example", subject="s", text="t"))
    assert sent[-1]["Destination"]["ToAddresses"] == ["ada@xn--bcher-kva.example"]
    with pytest.raises(BackendError) as refused:
        mail.send(Letter(id="ltr_2", to="üda@example.com", subject="s", text="t"))
    assert (refused.value.retryable, len(sent)) == (False, 1)


def test_a_sender_that_is_not_verified_is_no_letters_fault(aws: Aws, sent: list[dict[str, Any]]) -> None:
    with pytest.raises(MailShut) as refused:
        SesMail(aws, "copies@elsewhere.example").send(LETTER)
    assert (refused.value.retryable, "ada" in refused.value.message) == (True, False)


LATER, NEVER, SHUT = (BackendError, True), (BackendError, False), (MailShut, True)


@pytest.mark.parametrize(
    ("code", "status", "said", "verdict"),
    [
        ("TooManyRequestsException", 429, "", LATER),
        ("LimitExceededException", 400, "", LATER),
        ("InternalServiceErrorException", 500, "", LATER),
        ("MessageRejected", 400, "Address blacklisted.", NEVER),
        ("BadRequestException", 400, "", NEVER),
        ("MessageRejected", 400, "Email address is not verified. The following identities failed the check: ada@example.com", SHUT),
        ("SendingPausedException", 400, "", SHUT),
        ("MailFromDomainNotVerifiedException", 400, "", SHUT),
        ("NotFoundException", 404, "", SHUT),
        ("AccountSuspendedException", 400, "", SHUT),
        ("AccessDeniedException", 403, "", SHUT),
        ("ExpiredTokenException", 400, "", SHUT),
    ],
)
def test_what_is_one_letters_fault_is_told_from_what_is_ours(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, code: str, status: int, said: str, verdict: tuple[type[BackendError], bool]
) -> None:
    """The emulator never refuses so: the answers are those of AWS's documentation (API_SendEmail, read 2026-11-21)."""
    from botocore.exceptions import ClientError

    def refuse(**_: object) -> None:
        raise ClientError(
            {"Error": {"Code": code, "Message": f"ada@example.com {said}"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail"
        )  # type: ignore[typeddict-item]

    monkeypatch.setattr(aws.client("sesv2"), "send_email", refuse)
    with pytest.raises(BackendError) as refused:
        SesMail(aws, SENDER).send(LETTER)
    assert (isinstance(refused.value, verdict[0]), isinstance(refused.value, MailShut), refused.value.retryable) == (
        True,
        verdict[0] is MailShut,
        verdict[1],
    )
    assert "ada" not in str(refused.value)


def test_ses_that_cannot_be_reached_is_tried_later() -> None:
    nowhere = Aws("us-east-1", "http://127.0.0.1:9")
    with pytest.raises(BackendError) as refused:
        SesMail(nowhere, SENDER).send(LETTER)
    assert refused.value.retryable


def _read(request: dict[str, Any]) -> EmailMessage:
    message = message_from_bytes(request["Content"]["Raw"]["Data"], policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message
