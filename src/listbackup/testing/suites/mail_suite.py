"""What every adapter of the mail port keeps. An adapter's test is a class with ``mail`` and ``received``."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from listbackup.backends.mail.port import Letter, Mail
from listbackup.base.errors import InputError

LETTER = Letter(
    id="ltr_1", to="ada@example.com", subject="ListBackup: grüß dich", text="A line.\n.\nFrom: not a header\nß 漢字 https://x/#token=abc\n"
)


class MailSuite:
    """The contract of ``mail/port.py``, sentence by sentence."""

    def make(self, folder: Path) -> Mail:
        """An adapter with nothing sent."""
        raise AssertionError("the subclass says how to make the mail under test")

    def received(self, folder: Path) -> Sequence[EmailMessage]:
        """What came out at the other end, in order of id."""
        raise AssertionError("the subclass says where letters go")

    @pytest.fixture
    def mail(self, tmp_path: Path) -> Mail:
        """What is tested."""
        return self.make(tmp_path)

    def test_a_letter_arrives_as_it_was_written(self, mail: Mail, tmp_path: Path) -> None:
        mail.send(LETTER)
        (message,) = self.received(tmp_path)
        assert (message["To"], message["Subject"]) == (LETTER.to, LETTER.subject)
        assert message.get_content().replace("\r\n", "\n") == LETTER.text

    def test_letters_are_told_apart_by_their_id(self, mail: Mail, tmp_path: Path) -> None:
        for number in range(3):
            mail.send(Letter(id=f"ltr_{number}", to="ada@example.com", subject="s", text=f"{number}\n"))
        assert [message["Message-ID"].split("@")[0] for message in self.received(tmp_path)] == ["<ltr_0", "<ltr_1", "<ltr_2"]

    def test_a_letter_says_that_a_machine_wrote_it(self, mail: Mail, tmp_path: Path) -> None:
        mail.send(LETTER)
        assert self.received(tmp_path)[0]["Auto-Submitted"] == "auto-generated"

    @pytest.mark.parametrize("to", ["a b@example.com", "ada@", "@example.com", "a,b@example.com", "<ada@example.com>"])
    def test_what_is_no_address_is_refused(self, mail: Mail, to: str) -> None:
        with pytest.raises(InputError):
            mail.send(Letter(id="ltr_1", to=to, subject="s", text="t"))

    @pytest.mark.parametrize("field", ["id", "to", "subject"])
    @pytest.mark.parametrize("ending", ["\r\nBcc: eve@example.com", "\n", "\r", "\x00", "\u2028"])
    def test_no_header_is_smuggled_in(self, field: str, ending: str) -> None:
        parts = {"id": "ltr_1", "to": "ada@example.com", "subject": "s"}
        with pytest.raises(InputError):
            Letter(**(parts | {field: parts[field] + ending}), text="t")
