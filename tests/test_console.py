"""What the terminal shows, and what a pipe gets: no line broken, each command named as it is typed."""

from __future__ import annotations

import sys

import pytest

from pvchat.cli import console
from pvchat.cli.main import main


@pytest.mark.parametrize("columns", [None, "40"])
def test_a_table_has_whole_lines(columns: str | None, monkeypatch, capsys) -> None:
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", columns)
    console.write(console.columns([("file",), ("/a/" + "long/" * 20 + "clip.mp4",)]))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_files_name_gives_a_terminal_no_commands(monkeypatch, capsys) -> None:
    name = "a\x1b]0;title\x07\x1b[2J\r\u202e.mp4"
    console.write(name)
    assert capsys.readouterr().out == f"{name}\n"  # a program gets it as it is
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    console.write(name)
    assert capsys.readouterr().out == "a?]0;title??[2J??.mp4\n"


@pytest.mark.parametrize("words", [("ask",), ("people", "rename"), ("people", "merge"), ("train", "person")])
def test_an_error_names_the_command_as_it_is_typed(words: tuple[str, ...], capsys) -> None:
    with pytest.raises(SystemExit):
        main(list(words))
    assert f"pvchat {' '.join(words)}: error: the following arguments are required" in capsys.readouterr().err
