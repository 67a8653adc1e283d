"""The settings and their example file."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from core.links import admin_url, gallery_url, join_url
from core.settings import Settings
from tests.conftest import ROOT

EXAMPLE = ROOT / ".env.example"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the machine that runs the tests are no business of theirs."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def read(**fields: Any) -> Settings:  # Any: what an environment holds, validated on the way in
    return Settings(_env_file=None, **fields)


def explained() -> dict[str, tuple[str, str]]:
    """Setting -> (the comment above it, its value), as the example has them."""
    found = re.findall(r"((?:^# .*\n)+)^(\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    return {
        name: (" ".join(line.removeprefix("# ") for line in comment.splitlines()), value)
        for comment, name, value in found
    }


def test_the_example_names_every_setting_once_and_no_other() -> None:
    names = re.findall(r"^(\w+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_explains_every_setting_as_the_code_does() -> None:
    described = {name.upper(): field.description for name, field in Settings.model_fields.items()}
    assert {name: comment for name, (comment, _) in explained().items()} == described


def test_the_example_read_as_it_is_gives_the_defaults() -> None:
    assert Settings(_env_file=EXAMPLE).model_dump() == read().model_dump()


def test_the_example_shows_the_defaults_and_no_secret() -> None:
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default is None or isinstance(default, SecretStr) else str(default)
        assert explained()[name.upper()][1] == shown


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITORIUM_PORT", "9000")
    monkeypatch.setenv("BOT_TOKEN", "123456:token")
    settings = read()
    assert settings.auditorium_port == 9000
    assert settings.bot_token == SecretStr("123456:token")


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
    assert read().model_dump() == Settings.model_construct().model_dump()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUDITORIUM_PORT", "0"),
        ("AUDITORIUM_PORT", "http"),
        ("UPLOAD_LIMIT_MB", "-1"),
        ("DEVICE", "tpu"),
        ("ENGINE", "esrgan"),
        ("MODEL_SHA256", "abc"),
        ("LOG_LEVEL", "LOUD"),
        ("AUDITORIUM_PUBLIC_URL", "lecture.example"),
    ],
)
def test_a_wrong_value_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        read()


WEBHOOK = "https://board.example/telegram"


def test_a_webhook_comes_with_a_secret_of_telegrams_letters() -> None:
    letters = "a-B_9" * 7
    settings = read(telegram_webhook_url=WEBHOOK, telegram_webhook_secret=letters)
    assert settings.telegram_webhook_secret == SecretStr(letters)
    assert read(telegram_webhook_secret=letters[:1]).telegram_webhook_url is None


@pytest.mark.parametrize("secret", [None, "a" * 31, "a" * 257, "a" * 40 + " ", "ä" * 40])
def test_a_webhook_without_a_good_secret_is_refused_by_the_settings_name(
    secret: str | None,
) -> None:
    with pytest.raises(ValidationError) as refused:
        read(telegram_webhook_url=WEBHOOK, telegram_webhook_secret=secret)
    (problem,) = refused.value.errors(include_input=False)
    assert problem["loc"] == ("telegram_webhook_secret",)
    assert secret is None or secret not in problem["msg"]


def test_settings_do_not_change_while_a_process_runs() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read().auditorium_port = 1  # type: ignore[misc]  # what the test is about


def test_no_secret_is_in_the_text_of_the_settings() -> None:
    canary = "canary-of-a-secret"
    settings = read(
        database_password=canary, redis_password=canary, s3_secret_key=canary, bot_token=canary
    )
    assert canary not in repr(settings)
    assert canary not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"auditorium_port": 80}, "http://127.0.0.1:80"),
        ({"auditorium_bind": "0.0.0.0"}, "http://127.0.0.1:8000"),  # noqa: S104 -- not bound
        ({"auditorium_bind": "::"}, "http://127.0.0.1:8000"),
        ({"auditorium_bind": "::1"}, "http://[::1]:8000"),
        ({"auditorium_bind": "10.0.0.7"}, "http://10.0.0.7:8000"),
        ({"auditorium_public_url": "https://board.example"}, "https://board.example"),
        ({"auditorium_public_url": "https://board.example/"}, "https://board.example"),
        (
            {"auditorium_public_url": "https://a.example:8443/rooms/"},
            "https://a.example:8443/rooms",
        ),
    ],
)
def test_the_public_address_can_be_followed_and_joined(
    fields: dict[str, object], expected: str
) -> None:
    assert read(**fields).public_url == expected


def test_links_lie_below_the_public_address() -> None:
    settings = read(auditorium_public_url="https://board.example/x/")
    assert join_url(settings, "ABC234") == "https://board.example/x/join/ABC234"
    assert gallery_url(settings, "ABC234") == "https://board.example/x/a/ABC234"
    assert (
        admin_url(settings, "ABC234", "k/&") == "https://board.example/x/a/ABC234/admin?key=k/%26"
    )


def test_weights_lie_in_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    assert read(auditorium_data=tmp_path).weights == tmp_path / "weights"
    assert read(weights_dir=tmp_path / "w").weights == tmp_path / "w"


def test_a_megabyte_of_the_upload_limit_is_a_million_bytes() -> None:
    assert read(upload_limit_mb=20).upload_limit_bytes == 20_000_000
