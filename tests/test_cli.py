"""The command line: words, exit codes, JSON, what --help imports, and docs/help.md."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from make_people import make_person

from pvchat.cli import console, options, people
from pvchat.cli import main as cli
from pvchat.config import COSTS, Settings
from pvchat.errors import Candidate, SettingsError, SeveralSubjectsError
from pvchat.people.corrections import Correction, Example, with_corrections
from pvchat.people.person import Notes
from pvchat.people.store import PeopleStore, Person
from pvchat.schemas import Answer, PersonPresence
from pvchat.service.hearing import SpokenLine
from pvchat.train.config import PersonConfig
from recipes.model.base.config import BaseConfig

REPO = Path(__file__).parents[1]
HELP = REPO / "docs" / "help.md"
SETTINGS = ("config", "errors", "runtime", "augment.schemas", "train.config")
LIGHT = {"pvchat", "pvchat.augment", "pvchat.train"}
LIGHT |= {f"pvchat.{name}" for name in SETTINGS}
LIGHT |= {"recipes", "recipes.bases", "recipes.bases.config"}
LIGHT |= {"recipes.model", "recipes.model.base", "recipes.model.base.config"}
CONTRACT = {"answer", "type", "people", "timing"}


class FakeChat:
    """Stands in for PVChat: the command line is what is tested here."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings, self.calls, self.missing = settings, [], []

    def enroll(self, clip, name, depth, track, replace, stop, *, add):
        self.calls.append(("enroll", clip, name, depth, track, replace, add))
        if track is None and "two" in str(clip):
            seen = [Candidate(1, 3.25, "on the left", "/x/1.jpg"), Candidate(2, 1.0, "[on] the right", "/x/2.jpg")]
            hint = "Pick one: --track N."
            raise SeveralSubjectsError("shows two people.", candidates=seen, subject=clip, hint=hint)
        notes = Notes(("small", "one angle"), 31, "Ben O'Hara", unlike=add) if "poor" in clip else None
        return Person(name=name, confidence=0.8, notes=notes, extra={"clips": 1 + add})

    def correct(self, name, clip, is_her, at, track):
        self.calls.append(("correct", name, clip, is_her, at, track))
        return [Correction(is_her, "a" * 64, at or 3.9, clip)]

    def corrections(self, name):
        return [None, None]

    def ask(self, clip, question, history=(), between=None):
        self.calls.append(("ask", clip, question, *history))
        people = [PersonPresence("Ana", "present", 0.987654, [(0.0, 2.5)])]
        if question == "Who is there?":
            people += [PersonPresence(f"P{number}", "absent", number / 100) for number in range(20)]
        timing = {"decode_s": 0.1, "first_token_s": 0.2}
        return Answer("Yes, Ana [left] is there.", "existence", people, timing, finding={"missing": self.missing})


@pytest.fixture
def chat(monkeypatch):
    fake = FakeChat()

    def opened(args):
        from pvchat.runtime import ProgressDisplay

        fake.settings = options.settings_of(args)
        return fake, ProgressDisplay()

    monkeypatch.setattr(console, "open_chat", opened)
    return fake


def run(*words):
    return cli.main(words)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["library", "--help"], ["train", "person", "--help"]])
def test_help_imports_next_to_nothing(words):
    """Help is quick as long as it imports no package but Python's own, and of ours only commands and settings."""
    code = f"""
import contextlib, io, json, sys
before = set(sys.modules)
from pvchat.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main({words!r})
print(json.dumps([out.getvalue(), sorted(set(sys.modules) - before)]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO, check=True)
    printed, loaded = json.loads(done.stdout)
    assert "pvchat" in printed
    ours = {name for name in loaded if name.split(".")[0] in ("pvchat", "recipes")}  # settings of a recipe are offered
    assert {name.split(".")[0] for name in set(loaded) - ours} <= set(sys.stdlib_module_names)
    assert {name for name in ours if not name.startswith("pvchat.cli")} <= LIGHT


def test_version(capsys):
    from pvchat import __version__

    with pytest.raises(SystemExit) as caught:
        run("--version")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"pvchat {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        (), ("dance",), ("ask", "a.mp4"), ("enroll", "a.mp4"), ("enroll", "a.mp4", "--name", "A", "--depth", "abyss"),
        ("enroll", "a.mp4", "--name", "A", "--track", "first"), ("enroll", "a.mp4", "--nam", "A"), ("people",),
        ("people", "rename", "Ana"), ("ask", "a.mp4", "Who?", "--seed", "x"),
    ],
)  # fmt: skip
def test_wrong_usage_is_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2
    assert "usage: pvchat" in capsys.readouterr().err


def test_ask_as_text(chat, capsys):
    assert run("ask", "b.mp4", "Is Ana there?") == 0
    out = capsys.readouterr().out
    assert out.startswith("Yes, Ana [left] is there.\n")
    assert "Ana: present, probability 0.99, 0.0–2.5 s" in out
    assert "decode" not in out  # only -v says what took how long
    assert chat.calls == [("ask", "b.mp4", "Is Ana there?")]


def test_help_shows_what_most_people_need_and_help_all_the_rest(capsys):
    shown = {}
    for flag in ("--help", "--help-all"):
        with pytest.raises(SystemExit) as caught:
            run("ask", flag)
        assert caught.value.code == 0
        shown[flag] = capsys.readouterr().out
    assert "--then" in shown["--help"]
    assert "--strict" in shown["--help"]
    assert "--model" not in shown["--help"]
    assert "--video.max_side" not in shown["--help"]
    assert "--model" in shown["--help-all"]
    assert "--video.max_side" in shown["--help-all"]


def test_what_is_mixed_up_is_told_with_what_to_write(chat, tmp_path, capsys):
    (tmp_path / "b c.mp4").write_bytes(b"clip")
    assert run("people", "not", str(tmp_path / "b c.mp4"), "Ana") == 1
    assert f"Write: pvchat people not Ana '{tmp_path}/b c.mp4'" in capsys.readouterr().err
    assert run("ask", str(tmp_path), "Is Ana there?") == 1
    assert "pvchat library add FOLDER" in capsys.readouterr().err


def test_whoever_isnt_enrolled_can_be(chat, capsys):
    chat.missing = [{"name": "Bob O", "why": "not enrolled"}]
    assert run("ask", "b.mp4", "Is Bob O there?") == 0
    assert "pvchat enroll CLIP --name 'Bob O'" in capsys.readouterr().err


def test_ask_as_json_follows_the_contract(chat, capsys):
    assert run("ask", "b.mp4", "Is Ana there?", "--json") == 0
    out = json.loads(capsys.readouterr().out)
    assert set(out) == CONTRACT
    assert out["people"] == [{"name": "Ana", "decision": "present", "probability": 0.9877, "spans": [[0.0, 2.5]]}]


def test_a_question_that_follows_knows_the_one_before(chat, capsys):
    follows = ("--then", "and what is she wearing?", "--then", "where?")
    assert run("ask", "b.mp4", "Is Ana there?", *follows) == 0
    first, second = (("Is Ana there?", "Yes, Ana [left] is there."),
                     ("and what is she wearing?", "Yes, Ana [left] is there."))  # fmt: skip
    assert chat.calls == [("ask", "b.mp4", "Is Ana there?"), ("ask", "b.mp4", "and what is she wearing?", first),
                          ("ask", "b.mp4", "where?", first, second)]  # fmt: skip
    assert capsys.readouterr().out.count("Yes, Ana [left] is there.") == 3
    assert run("ask", "b.mp4", "Is Ana there?", *follows, "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["question"] for row in rows] == ["Is Ana there?", "and what is she wearing?", "where?"]
    assert all(set(row) == {"question", *CONTRACT} for row in rows)


def test_of_many_who_are_away_only_the_likeliest_is_listed(chat, capsys):
    assert run("ask", "b.mp4", "Who is there?") == 0
    out = capsys.readouterr().out
    assert "  20 absent, P19 the likeliest of them, probability 0.19 (-v lists them)\n" in out
    assert "P0:" not in out
    assert run("ask", "b.mp4", "Who is there?", "-v") == 0
    assert "  P0: absent, probability 0.00\n" in capsys.readouterr().out


def test_clip_and_question_the_other_way_round(chat, capsys, tmp_path):
    clip = tmp_path / "my party.mp4"
    clip.write_bytes(b"x")
    assert run("ask", "Is Ana there?", str(clip)) == 1
    err = capsys.readouterr().err
    assert "the clip comes first" in err
    assert f"pvchat ask '{clip}' 'Is Ana there?'" in err
    assert chat.calls == []


def test_a_question_without_quotes(chat, capsys):
    with pytest.raises(SystemExit) as exit_:
        run("ask", "b.mp4", "Is", "Ana", "there?")
    assert exit_.value.code == 2
    assert "unrecognized arguments: Ana there? (put quotes around a question" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run("ask", "b.mp4", "Is Ana there?", "--colour")
    assert "quotes" not in capsys.readouterr().err


def test_options_become_settings(chat):
    words = ("--seed", "7", "--device", "cpu", "--video.max_side", "960", "--video.max_frames", "12")
    assert run("ask", "b.mp4", "Who?", *words, "--presence.unsure", "0.3") == 0
    assert (chat.settings.seed, chat.settings.device) == (7, "cpu")
    assert (chat.settings.video.max_side, chat.settings.video.max_frames) == (960, 12)
    assert chat.settings.presence.present_from == pytest.approx(0.7)
    assert dataclasses.replace(chat.settings.video, max_side=1920, max_frames=40) == Settings().video
    for name, least in (("strict", 0.84), ("lenient", 0.35)):
        assert run("ask", "b.mp4", "Who?", "--presence.wrong_yes", "7", f"--{name}") == 0
        assert chat.settings.presence == COSTS[name]
        assert chat.settings.presence.present_from == pytest.approx(least)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--video.max_frames", "0"), "max_frames"), (("--presence.wrong_no", "0"), "presence"),
        (("--device", "toaster"), "toaster"), (("--seed", "-1"), "--seed -1"),
    ],
)  # fmt: skip
def test_wrong_settings_are_1_and_named(chat, capsys, words, what):
    assert run("ask", "b.mp4", "Who?", *words) == 1
    assert what in capsys.readouterr().err


def test_every_setting_has_a_meaning():
    assert all(field.metadata["help"] for config in options.SECTIONS.values() for field in dataclasses.fields(config))
    trained = [field for config in (PersonConfig, BaseConfig) for field in dataclasses.fields(config)]
    assert [one.name for one in trained if not one.metadata.get("help")] == ["seed"]  # every command has that one


def test_bytes_that_are_no_text_are_refused_in_a_sentence(tmp_path, capsys):
    assert run("library", "add", str(tmp_path), "--place", "kitchen\udcff") == 1
    assert "'kitchen\\udcff': this isn't text in UTF-8." in capsys.readouterr().err


def test_enroll(chat, capsys):
    assert run("enroll", "a.mp4", "--name", "Ana", "--track", "2", "--replace") == 0
    assert chat.calls == [("enroll", "a.mp4", "Ana", "instant", 2, True, False)]
    out = capsys.readouterr().out
    assert "Ana is enrolled" in out
    assert "0.80" in out


def test_several_subjects_are_listed(chat, capsys):
    assert run("enroll", "two.mp4", "--name", "Ana") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    rows = [line.split() for line in captured.err.splitlines()]
    assert ["1", "3.2", "s", "on", "the", "left", "/x/1.jpg"] in rows
    assert ["2", "1.0", "s", "[on]", "the", "right", "/x/2.jpg"] in rows
    assert captured.err.rstrip().endswith("Pick one: --track N.")


def test_a_poor_clip_is_told_with_what_helps(chat, capsys):
    assert run("enroll", "poor.mp4", "--name", "Ana") == 0
    out = capsys.readouterr().out
    assert "This looks like Ben O'Hara, who is enrolled already" in out
    assert "pvchat people merge 'Ben O'\"'\"'Hara' Ana" in out
    assert "The face is small (31 pixels high)" in out
    assert "pvchat enroll CLIP --name Ana --add" in out
    assert run("enroll", "poor.mp4", "--name", "Ana", "--json") == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert (notes["poor"], notes["looks_like"], notes["face_px"]) == (["small", "one angle"], "Ben O'Hara", 31)


def test_another_clip_is_added(chat, capsys):
    assert run("enroll", "b.mp4", "--name", "Ana", "--add") == 0
    assert chat.calls == [("enroll", "b.mp4", "Ana", "instant", None, False, True)]
    assert "b.mp4 is added to Ana (instant), who is known from 2 clips now." in capsys.readouterr().out
    assert run("enroll", "poor.mp4", "--name", "Ana", "--add") == 0  # of Ben, by mistake: a merge would make them one
    out = capsys.readouterr().out
    assert "pvchat enroll CLIP --name Ana --replace" in out
    assert "merge" not in out


def test_a_deep_enrollment_is_asked_for_with_all_options(chat):
    """`--add` was lost on this way; the service refuses both together."""
    chat.networks = SimpleNamespace(narrator=None)
    assert run("enroll", "b.mp4", "--name", "Ana", "--depth", "deep", "--track", "2", "--add") == 0
    assert chat.calls == [("enroll", "b.mp4", "Ana", "deep", 2, False, True)]


def test_corrections(chat, capsys):
    assert run("people", "not", "Ana", "b.mp4", "--at", "0:04") == 0
    assert run("people", "is", "Ana", "b.mp4", "--track", "2", "--json") == 0
    assert chat.calls == [("correct", "Ana", "b.mp4", False, 4.0, None), ("correct", "Ana", "b.mp4", True, None, 2)]
    text, _, as_json = capsys.readouterr().out.partition("\n")
    assert text == "At 0:04 in b.mp4 it is not Ana. Take it back with: pvchat people corrections Ana --undo 2"
    assert json.loads(as_json)["kept"][0] == {
        "her": True, "clip": "a" * 64, "at_s": 3.9, "source": "b.mp4", "created": "",
    }  # fmt: skip


def test_corrections_are_listed_and_undone(capsys):
    rows = np.eye(2, 128, dtype=np.float16)
    person = make_person("Ana")
    for her, clip in ((True, "a"), (False, "b")):
        person = with_corrections(person, Example(Correction(her, clip * 64, 7.0, clip), rows))
    PeopleStore().add(person)
    assert run("people", "corrections", "ana") == 0
    listed = capsys.readouterr().out
    assert "Ana   1       At 0:07 in a it is Ana.\nAna   2       At 0:07 in b it is not Ana.\n" in listed
    assert run("people", "corrections") == 0
    assert capsys.readouterr().out == listed  # of everyone
    assert run("people", "corrections", "Ana", "--undo", "1") == 0
    assert run("people", "corrections", "Ana", "--undo", "2") == 1
    capsys.readouterr()
    assert run("people", "corrections", "Ana", "--json") == 0
    assert [row["her"] for row in json.loads(capsys.readouterr().out)] == [False]


def test_several_subjects_as_json(chat, capsys):
    assert run("enroll", "two.mp4", "--name", "Ana", "--json") == 1
    out = json.loads(capsys.readouterr().out)
    assert out["error"] == "SeveralSubjectsError"
    assert [c["number"] for c in out["candidates"]] == [1, 2]


def test_an_error_says_what_which_and_what_to_do(monkeypatch, capsys):
    def fails(args):
        raise SettingsError("is off", subject="[x]", hint="Turn it on.")

    monkeypatch.setattr(people, "_list", fails)
    assert run("people", "list") == 1
    captured = capsys.readouterr()
    assert captured.err == "error: [x]: is off\nTurn it on.\n"
    assert run("people", "list", "-v") == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c(monkeypatch, capsys):
    def stopped(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(people, "_list", stopped)
    assert run("people", "list") == 130
    assert capsys.readouterr().err.startswith("Stopped.")


def test_a_closed_pipe_is_not_an_error_message():
    env = os.environ | {"COLUMNS": "80"}
    words = [sys.executable, "-c", "import pvchat.cli.main as c, sys; c.main(['people', 'list', '--json'])"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPO, env=env)
    process.stdout.close()  # like `| true`
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait()


def test_people_from_list_to_forget(tmp_path, capsys):
    PeopleStore().add(make_person("Ana [1]"))
    assert run("people", "list") == 0
    assert "Ana [1]" in capsys.readouterr().out
    assert run("people", "rename", "Ana [1]", "Łucja") == 0
    assert run("people", "alias", "Łucja", "Lu") == 0
    capsys.readouterr()
    assert run("people", "show", "lu", "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["name"], row["aliases"]) == ("Łucja", ["Lu"])
    assert run("people", "alias", "Łucja", "Lu", "--remove") == 0
    assert run("people", "show", "Lu") == 1
    assert "Łucja" in capsys.readouterr().err  # who is enrolled is said
    file = tmp_path / "l.pvperson"
    assert run("people", "export", "Łucja", str(file)) == 0
    capsys.readouterr()
    assert run("people", "alias", "Łucja", "Lu") == 0
    assert run("people", "forget", "Lu") == 0
    assert PeopleStore().names() == []
    said = " ".join(capsys.readouterr().out.split())  # what stays is said
    assert "Łucja is forgotten" in said
    assert "Not deleted: your own videos; backups; evaluations (eval --out; the app's lie in" in said
    assert "in the library" not in said
    assert run("people", "import", str(file), "--name", "Lucy") == 0
    assert run("people", "import", str(file), "--name", "Lucy") == 1
    assert run("people", "import", str(file), "--name", "Lucy", "--replace") == 0
    assert PeopleStore().names() == ["Lucy"]
    capsys.readouterr()
    assert run("people", "list", "--json") == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["Lucy"]


def test_every_command_is_in_help_md(request):
    """docs/help.md is what the commands print at 80 columns; `--update-help` writes it anew."""
    wanted = _help_md()
    if request.config.getoption("--update-help"):
        HELP.write_text(wanted, encoding="utf-8")
    assert HELP.read_text(encoding="utf-8") == wanted, "the command line has changed: run `just help`"


def _help_md() -> str:
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ |= {"COLUMNS": "80", "NO_COLOR": "1"}
    try:
        parts = [f"## {title}\n\n```text\n{parser.format_help().rstrip()}\n```\n" for title, parser in _all_parsers()]
        parts.append(_settings_md())
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    return "# Commands\n\nPrinted by the command line itself: `just help`.\n\n" + "\n".join(parts)


def _settings_md() -> str:
    """What `--help-all` adds, which is the same of every command that looks at clips."""
    parser = next(parser for title, parser in _all_parsers() if title == "pvchat ask")
    for action, meaning in next(action.const for action in parser._actions if "--help-all" in action.option_strings):
        action.help = meaning
    settings = parser.format_help().partition("model settings:")
    return f"## pvchat COMMAND --help-all\n\n```text\n{''.join(settings[1:]).rstrip()}\n```\n"


def _all_parsers():
    def walk(title, parser):
        yield title, parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, sub in action.choices.items():
                    yield from walk(f"{title} {name}", sub)

    return walk("pvchat", cli.build_parser())


def test_subtitles_replace_no_file(chat, capsys, tmp_path, monkeypatch):
    clip, new = tmp_path / "party.mp4", tmp_path / "party.srt"
    clip.write_bytes(b"a film")
    monkeypatch.setattr("pvchat.service.hearing.transcript", lambda *_: [SpokenLine(0.0, 1.0, "Ana", "", "Hello.")])
    monkeypatch.setattr(chat, "listen", lambda clip: SimpleNamespace(analysis=None), raising=False)
    monkeypatch.setattr(chat, "presence", lambda analysis: [], raising=False)
    assert run("transcribe", str(clip), "--srt", str(clip)) == 1
    assert "Choose another path" in capsys.readouterr().err
    assert clip.read_bytes() == b"a film"
    assert run("transcribe", str(clip), "--srt", str(new)) == 0
    assert "Ana: Hello." in new.read_text()
