"""The secrets port on Secrets Manager and on SSM; plain parameters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.secrets.parameters import Parameters, SecureParameters
from listbackup.backends.secrets.port import Secrets
from listbackup.backends.secrets.secrets_manager import ManagedSecrets
from listbackup.base.errors import InputError
from listbackup.base.ids import new_id
from listbackup.base.secret import Secret
from listbackup.testing.account import PREFIX
from listbackup.testing.suites.secrets_suite import SecretsSuite


@pytest.fixture
def place() -> str:
    """A prefix that nobody else has."""
    return f"{PREFIX}/{new_id('s', 0)[-10:]}/"


class AwsSecretsSuite(SecretsSuite):
    @pytest.fixture(autouse=True)
    def _aws(self, aws: Aws, place: str) -> Iterator[None]:
        self.aws, self.place = aws, place
        yield
        for made in (self.make(Path()),):
            for name in made.list_names():
                made.remove(name)


class TestManagedSecrets(AwsSecretsSuite):
    def make(self, folder: Path) -> Secrets:
        return ManagedSecrets(self.aws, self.place)

    def test_what_a_person_entered_is_found_and_what_a_person_deleted_can_be_set_again(self) -> None:
        kept = self.make(Path())
        client = self.aws.client("secretsmanager")
        client.create_secret(Name=f"{self.place}by/hand", SecretString='{"json": "of theirs"}')
        assert kept.find("by/hand") == Secret('{"json": "of theirs"}')
        client.delete_secret(SecretId=f"{self.place}by/hand", RecoveryWindowInDays=7)
        assert kept.find("by/hand") is None
        kept.set("by/hand", Secret("new"))
        assert kept.find("by/hand") == Secret("new")

    def test_a_long_secret_is_kept_and_a_longer_one_refused(self) -> None:
        kept = self.make(Path())
        kept.set("long", Secret("x" * 65536))
        assert kept.find("long") == Secret("x" * 65536)
        with pytest.raises(InputError):
            kept.set("long", Secret("x" * 65537))

    def test_many_names_are_listed(self) -> None:
        kept = self.make(Path())
        for number in range(103):
            kept.set(f"n/{number:03}", Secret("x"))
        assert list(kept.list_names()) == [f"n/{number:03}" for number in range(103)]


class TestSecureParameters(AwsSecretsSuite):
    def make(self, folder: Path) -> Secrets:
        return SecureParameters(self.aws, f"/{self.place}")

    def test_a_secret_is_kept_as_one(self) -> None:
        self.make(Path()).set("a", Secret("s3cr3t"))
        kept = self.aws.client("ssm").get_parameter(Name=f"/{self.place}a", WithDecryption=False)["Parameter"]
        assert (kept["Type"], kept["Value"] == "s3cr3t") == ("SecureString", False)

    def test_many_names_are_listed_and_one_too_long_is_refused(self) -> None:
        kept = self.make(Path())
        for number in range(23):
            kept.set(f"n/{number:02}", Secret("x"))
        assert len(kept.list_names()) == 23
        with pytest.raises(InputError):
            kept.set("a", Secret("x" * 4097))


def test_a_plain_parameter_is_what_a_stack_wrote(aws: Aws, place: str) -> None:
    values = Parameters(aws, f"/{place}")
    aws.client("ssm").put_parameter(Name=f"/{place}installation", Value="ins_1", Type="String")
    assert values.find("installation") == "ins_1"
    values.set("installation", "ins_2")
    assert aws.client("ssm").get_parameter(Name=f"/{place}installation")["Parameter"]["Value"] == "ins_2"
    assert list(values.list_names()) == ["installation"]
    values.remove("installation")
    values.remove("installation")
    assert values.find("installation") is None
    with pytest.raises(InputError):
        Parameters(aws, place)
