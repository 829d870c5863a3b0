"""`[store]`: the password of the database comes from elsewhere, as every secret."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from bot.run_settings import StoreConfig
from connectors.errors import AccessDenied
from tests.commands import private

URL = "postgresql+psycopg://gemba@database:5432/gemba?sslmode=require"


@pytest.mark.parametrize("password", ["plain", "a@b:c/d?e#f%20 ü", r"\1"])
def test_the_password_goes_into_the_address_whatever_it_holds(tmp_path: Path, password: str) -> None:
    """From a file beside the configuration, without its last line break; everything else stays as it is written."""
    private(tmp_path / "password", f"{password}\n")
    found = StoreConfig.model_validate({"url": URL, "password_file": "password"}, context={"folder": tmp_path})

    assert make_url(found.url_with_password()).password == password
    assert make_url(found.url_with_password()).set(password="x") == make_url(URL).set(password="x")
    assert found.url == URL


def test_a_password_that_is_missing_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the database is asked."""
    monkeypatch.delenv("DATABASE_PASSWORD", raising=False)

    with pytest.raises(AccessDenied, match=r"database: the password is missing: set .* DATABASE_PASSWORD"):
        StoreConfig(url=URL, password_env="DATABASE_PASSWORD").url_with_password()


@pytest.mark.parametrize("url", ["sqlite:///gemba.db", "postgresql://u:p@h/d", "postgresql://h/d"])
def test_a_password_wants_a_user_and_no_second_password(url: str) -> None:
    """So that it is never ignored."""
    with pytest.raises(ValidationError, match="with a password, write url"):
        StoreConfig(url=url, password_env="DATABASE_PASSWORD")
