"""Settings: environment before file before default, and one sentence for what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.bootstrap.settings import S3Keys, S3Settings, Settings, child_environment, is_color_refused, read_settings


def test_without_anything_set_folders_are_those_of_the_user() -> None:
    settings = read_settings(environ={"HOME": "/h"})
    assert settings == Settings(
        data=Path("/h/.local/share/listbackup"),
        keys=Path("/h/.config/listbackup/keys"),
        cache=Path("/h/.cache/listbackup"),
        logins=Path("/h/.config/listbackup/logins.json"),
    )


def test_xdg_folders_are_obeyed() -> None:
    settings = read_settings(environ={"HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/x"})
    assert (settings.data, settings.keys, settings.cache) == (Path("/d/listbackup"), Path("/c/listbackup/keys"), Path("/x/listbackup"))


def test_the_environment_wins_over_the_file_and_the_argument_over_both(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('data = "/file"\nworkers = 3\nallow_loopback = true\n')
    env = {"HOME": "/h", "LISTBACKUP_CONFIG": str(file)}
    assert read_settings(environ=env).data == Path("/file")
    assert read_settings(environ=env).workers == 3
    assert read_settings(environ=env).allow_loopback
    assert read_settings(environ=env | {"LISTBACKUP_DATA": "/env", "LISTBACKUP_WORKERS": "5"}).workers == 5
    assert read_settings(environ=env | {"LISTBACKUP_DATA": "/env"}, data=Path("/arg")).data == Path("/arg")


def test_a_bucket_is_described_and_its_secret_kept_from_sight() -> None:
    env = {
        "HOME": "/h",
        "LISTBACKUP_S3_BUCKET": "b",
        "LISTBACKUP_S3_ENDPOINT": "https://s3.example.org",
        "LISTBACKUP_S3_PREFIX": "/p/",
        "LISTBACKUP_S3_ACCESS_KEY_ID": "id",
        "LISTBACKUP_S3_SECRET_ACCESS_KEY": "very-secret",
    }
    settings = read_settings(environ=env)
    assert settings.s3 == S3Settings(bucket="b", endpoint="https://s3.example.org", prefix="p")
    assert settings.s3_keys == S3Keys(access_key_id="id", secret_access_key=Secret("very-secret"))
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"LISTBACKUP_WORKERS": "many"}, "a number from 1 to 64"),
        ({"LISTBACKUP_WORKERS": "0"}, "a number from 1 to 64"),
        ({"LISTBACKUP_ALLOW_LOOPBACK": "perhaps"}, "1 or 0"),
        ({"LISTBACKUP_LOG_LEVEL": "loud"}, "one of debug, info"),
        ({"LISTBACKUP_S3_ACCESS_KEY_ID": "id"}, "go together"),
        ({"LISTBACKUP_PROXIES": "10.0.0.2,proxy"}, "LISTBACKUP_PROXIES holds 'proxy'; it holds addresses"),
        ({"LISTBACKUP_ORIGINS": "https://a.example/app"}, "LISTBACKUP_ORIGINS holds 'https://a.example/app'; it holds origins"),
        ({"LISTBACKUP_HOSTS": "https://a.example"}, "LISTBACKUP_HOSTS holds 'https://a.example'; it holds names"),
        ({"LISTBACKUP_MAIL_SECURITY": "ssl"}, "one of starttls, tls, none"),
        ({"LISTBACKUP_CONFIG": "/not/there.toml"}, "no configuration file"),
        ({"LISTBACKUP_DATA": "/d", "LISTBACKUP_KEYS": "/d/keys"}, "inside the data folder"),
        ({"LISTBACKUP_DATA": "/d", "LISTBACKUP_KEYS": "/d"}, "inside the data folder"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_settings(environ={"HOME": "/h"} | variables)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("data = ", "cannot be read"),
        ("dta = 'x'", "is no setting"),
        ("s3_secret_access_key = 'x'", "does not belong into a file"),
        ("workers = [1]", "neither text"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(content)
    with pytest.raises(InputError, match=message):
        read_settings(environ={"HOME": "/h", "LISTBACKUP_CONFIG": str(file)})


def test_a_child_reads_the_same_settings_and_nothing_of_the_parents() -> None:
    logins = Path("/h/.config/listbackup/logins.json")
    settings = Settings(data=Path("/d"), keys=Path("/k"), cache=Path("/c"), logins=logins, allow_loopback=True)
    env = child_environment(settings, {"HOME": "/h", "PATH": "/bin", "LISTBACKUP_S3_BUCKET": "other"})
    assert env["PATH"] == "/bin"
    assert read_settings(environ=env) == settings


def test_colour_is_refused_by_no_color_and_by_dumb_terminals() -> None:
    assert is_color_refused({"NO_COLOR": "1"})
    assert is_color_refused({"TERM": "dumb"})
    assert not is_color_refused({"TERM": "xterm", "NO_COLOR": ""})


def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('port = 1\nhosts = ["a.example", "b.example"]\n[s3]\nbucket = "b"\nendpoint = "http://127.0.0.1:9"\n')
    env = {"HOME": "/h"}
    settings = read_settings(config=file, environ=env)
    assert (settings.serve.port, settings.serve.hosts) == (1, ("a.example", "b.example"))
    assert settings.s3 == S3Settings(bucket="b", endpoint="http://127.0.0.1:9")
    assert read_settings(config=file, environ=env | {"LISTBACKUP_PORT": "2"}).serve.port == 2
    assert read_settings(config=file, flags={"PORT": "3"}, environ=env | {"LISTBACKUP_PORT": "2"}).serve.port == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('host = "127.0.0.1"\nport = "http"\n', r"c\.toml:2: port is 'http'; it is a number from 0 to 65535"),
        ('[s3]\nbuket = "b"\n', r"c\.toml:2: s3_buket is no setting"),
        ('\n\n[mail]\nhost = "m"\nsecurity = "plain"\n', r"c\.toml:5: mail_security is 'plain'; it is one of starttls, tls, none"),
        ('mail_password = "x"', r"c\.toml:1: mail_password does not belong into a file"),
    ],
)
def test_a_complaint_names_the_file_the_line_and_the_key(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(content)
    with pytest.raises(InputError, match=message):
        read_settings(config=file, environ={"HOME": "/h"})


def test_a_complaint_about_an_option_or_a_variable_names_it() -> None:
    with pytest.raises(InputError, match="--port is '-1'"):
        read_settings(flags={"PORT": "-1"}, environ={"HOME": "/h"})
    with pytest.raises(InputError, match="LISTBACKUP_MAIL_SECURITY is 'none', and a password"):
        read_settings(
            environ={"HOME": "/h", "LISTBACKUP_MAIL_HOST": "m", "LISTBACKUP_MAIL_SECURITY": "none", "LISTBACKUP_MAIL_PASSWORD": "p"}
        )


def test_a_mistyped_variable_is_named_with_the_nearest_right_one_and_without_its_value() -> None:
    said = {"LISTBACKUP_WORKER": "4", "LISTBACKUP_s3_bucket": "b", "LISTBACKUP_XYZZY": "hunter2", "OTHER": "1", "LISTBACKUP_PORT": "8401"}
    assert read_settings(environ={"HOME": "/h", **said}).strangers == (
        "LISTBACKUP_WORKER is no setting and was not heard: did you mean LISTBACKUP_WORKERS?",
        "LISTBACKUP_XYZZY is no setting and was not heard; the settings stand in docs/guides/self-host.md",
        "LISTBACKUP_s3_bucket is no setting and was not heard: did you mean LISTBACKUP_S3_BUCKET?",
    )
    assert read_settings(environ={"HOME": "/h"}).strangers == ()
