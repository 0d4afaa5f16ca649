"""Tokens of the HTTP API: made, listed, revoked; the secret is kept nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pvchat.cli import main as cli
from pvchat.errors import SettingsError
from pvchat.storage import conversion, keys, stores, tokens


def everything(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_there_and_gone(pvchat_home: Path, capsys: Any) -> None:
    assert cli.main(["token", "create", "Home Assistant", "--scope", "ask,read", "--days", "30", "--json"]) == 0
    out = capsys.readouterr()
    made = json.loads(out.out)
    assert made["scopes"] == ["read", "ask"]
    assert "shown once" in out.err
    assert made["token"].encode() not in everything(pvchat_home)
    assert made["token"].rpartition("_")[2].encode() not in everything(pvchat_home)
    found = tokens.find(made["token"])
    assert found is not None
    assert found.name == "Home Assistant"
    assert tokens.find(made["token"] + "x") is tokens.find("") is tokens.find("\ud800") is None
    assert (pvchat_home / "tokens" / "tokens.json").stat().st_mode & 0o777 == 0o600
    assert cli.main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert "Home Assistant" in listed
    assert made["token"] not in listed
    assert cli.main(["token", "revoke", made["id"]]) == 0
    assert tokens.find(made["token"]) is None
    assert cli.main(["token", "revoke", made["id"]]) == 1
    assert "no such token" in capsys.readouterr().err


def test_one_expires(pvchat_home: Path, capsys: Any) -> None:
    made, secret = tokens.create("short", ["read"], days=1e-9)
    assert tokens.find(secret) is None
    assert [one.is_over for one in tokens.tokens()] == [True]
    assert cli.main(["token", "list"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("expired")  # not the day on which it may still be good


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [("a", [], None), ("a", ["write"], None), ("", ["read"], None), ("a" * 81, ["read"], None),
     ("a\nb", ["read"], None), ("a", ["read"], 0), ("a", ["read"], -1), ("a", ["read"], 1e6),
     ("a", ["read"], float("nan"))],
)  # fmt: skip
def test_odd_ones_are_refused(pvchat_home: Path, name: str, scopes: list[str], days: float | None) -> None:
    with pytest.raises(SettingsError):
        tokens.create(name, scopes, days)
    assert tokens.tokens() == []


def test_they_are_sealed_with_the_home(pvchat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COST", 16)
    _, secret = tokens.create("the camera", ["read"])
    assert b"the camera" in everything(pvchat_home)
    monkeypatch.setenv("PVCHAT_KEY", "correct horse battery")
    keys.create("correct horse battery")
    assert tokens.find(secret) is not None  # half converted
    conversion.encrypt()
    assert b"the camera" not in everything(pvchat_home)
    assert tokens.find(secret) is not None
    assert [path for folder in stores.stores() for path in stores.files_of_kind(folder, sealed=False)] == []


@pytest.mark.parametrize("text", ["{", "[1]", "5", "[{}]"])
def test_a_damaged_file_is_told(pvchat_home: Path, capsys: Any, text: str) -> None:
    tokens.create("a", ["read"])
    (pvchat_home / "tokens" / "tokens.json").write_text(text)
    assert cli.main(["token", "list"]) == 1
    assert "Delete that file" in capsys.readouterr().err
