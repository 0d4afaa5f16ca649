"""The pages for people: their links and pictures are there, their commands exist, their numbers are the code's."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
README = (REPO / "README.md").read_text(encoding="utf-8")
GUIDES = ("docs/first-ten-minutes.md", "docs/questions.md", "docs/privacy-and-security.md")


def text_of(name: str) -> str:
    return (REPO / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", *GUIDES])
def test_links_and_pictures_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", (REPO / page).read_text(encoding="utf-8")):
        assert (REPO / page).parent.joinpath(target).exists(), target
    assert page in ("README.md", *re.findall(r"docs/[\w-]+\.md", README))


@pytest.mark.parametrize("page", ["README.md", *GUIDES])
def test_the_commands_shown_exist(page: str) -> None:
    from pvchat.cli.main import build_parser

    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", (REPO / page).read_text(encoding="utf-8"), re.DOTALL))
    for words in (shlex.split(line) for line in blocks.splitlines()):
        if words and Path(words[0]).name == "pvchat":
            build_parser().parse_args(words[1:])


def test_the_first_minutes_begin_with_the_set_up_of_the_readme() -> None:
    first = re.search(r"```sh\n(.*?)```", text_of("first-ten-minutes.md"), re.DOTALL).group(1)
    assert first in README


def test_nobody_of_the_first_minutes_is_enrolled_twice() -> None:
    """Whoever follows the page has enrolled Ana in the app when the terminal's turn comes: her name is taken."""
    app, terminal = text_of("first-ten-minutes.md").split("## 7.")
    assert "Is Ana in this video?" in app
    assert re.findall(r"enroll \S+ --name (\w+)", terminal) == ["Ben"]


def test_the_demo_asks_as_many_questions_as_the_first_minutes_say() -> None:
    from pvchat.assets import footage

    asked = re.search(r"asks (\d+) questions", text_of("first-ten-minutes.md"))
    assert int(asked.group(1)) == len(footage.ASKED)


def test_pictures_show_only_what_the_script_takes() -> None:
    spec = importlib.util.spec_from_file_location("make_screenshots", REPO / "tests" / "app" / "make_screenshots.py")
    taken = Path(spec.origin).read_text(encoding="utf-8")
    for picture in re.findall(r"screenshots/([\w-]+)\.png", text_of("first-ten-minutes.md")):
        assert f'"{picture}"' in taken


def test_the_threat_model_says_what_the_code_does() -> None:
    from pvchat_app import heartbeats, login, server

    text = " ".join(text_of("privacy-and-security.md").split())
    assert server.MIN_PASSWORD == 8
    assert "password` of eight characters or more" in text
    assert login.MAX_WAITING == 8
    assert "of more than eight waiting the oldest is refused" in text
    assert login.WRONG_S == 1.0
    assert "one guess a second from each address" in text
    assert heartbeats.GRACE_S == 120
    assert "two minutes later" in text
    assert re.search(r"token_urlsafe\(32\)", (REPO / "app/pvchat_app/sessions.py").read_text(encoding="utf-8"))
    assert "256 random bits" in text
