"""What stands under an answer: who was asked about, once; nothing that could be played of a clip that is gone."""

from __future__ import annotations

import io
import json
import re
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest
from pvchat_app.chat_tab import WHO, starters
from pvchat_app.conversation import EvidencePicture, SessionClip, Turn
from pvchat_app.export import pack
from pvchat_app.turncard import turn_card

from pvchat.chat.query import Has, Query
from pvchat.chat.timeline import Finding, Found, Row
from pvchat.schemas import Answer, PersonPresence
from pvchat.video import Probe


def person(name: str, decision: str = "present") -> PersonPresence:
    return PersonPresence(name, decision, {"present": 0.9, "unsure": 0.5, "absent": 0.1}[decision], [(0, 1)], track=0)


def turn(people, everyone, kind: str = "video") -> Turn:
    probe = Probe("mov", "h264", 64, 64, 0, 4.0, 2.0, 8, kind)
    clip = SessionClip(Path("party.mp4"), "party.mp4", "/files/clip", probe)
    answer = Answer("Yes.", "existence", people, {}, everyone)
    shown = [p for p in people if p.decision != "absent"]
    pictures = [EvidencePicture("/files/p", Path("p.jpg"), p.name, 0.5, "words") for p in shown]
    return Turn(clip, "?", 2.0, answer, "Yes.", presences=everyone, pictures=pictures, done=True)


def test_only_who_was_asked_about_is_told_of() -> None:
    everyone = [person("Ana"), person("Ben"), *(person(f"P{i}", "absent") for i in range(8))]
    html = turn_card(turn(everyone[1:2], everyone))
    assert "Ben" in html
    assert "Ana" not in html
    assert html.index("Yes.") < html.index("<details")
    assert html.count("<summary>") == 1


def test_of_many_only_those_who_may_be_there_are_told_of() -> None:
    everyone = [person("Ana"), person("Ben", "unsure"), *(person(f"P{i}", "absent") for i in range(8))]
    html = turn_card(turn(everyone, everyone))
    assert "Ana" in html
    assert "Ben" in html
    assert "P3" not in html
    nobody = [person(f"P{i}", "absent") for i in range(8)]
    assert "None of 8 people enrolled" in turn_card(turn(nobody, nobody))


def test_a_photo_has_a_picture_and_nothing_to_play() -> None:
    html = turn_card(turn([person("Ana")], [person("Ana")], "photo"))
    assert html.count("<img") == 1
    assert "data-seek" not in html


def test_nothing_of_a_removed_clip_can_be_played() -> None:
    gone = turn([person("Ana")], [person("Ana")])
    gone.clip, gone.pictures = None, []
    html = turn_card(gone)
    assert "party.mp4 was removed" in html
    assert "data-seek" not in html
    assert "<img" not in html


@pytest.mark.parametrize(("decision", "button"), [("present", "data-wrong"), ("absent", "data-right")])
def test_what_is_wrong_can_be_said(decision: str, button: str) -> None:
    shown = turn([person("Ana", decision)], [person("Ana", decision)])
    assert button not in turn_card(shown)
    for faces in ({1: "/files/1"}, {1: "/files/1", 4: "/files/2"}):
        html = turn_card(shown, {"Ana": faces})
        assert html.count(button) == (len(faces) if decision == "absent" else 1)


def test_names_are_text() -> None:
    nasty = '<img src=x onerror="alert(1)">${1}{{2}}'
    html = turn_card(turn([person(nasty)], [person(nasty)]), {nasty: {1: "/files/1"}})
    assert "<img src=x" not in html
    assert "${" not in html
    assert "{{" not in html


def test_what_an_answer_sends_to_is_one_click_away() -> None:
    shown = turn([], [])
    shown.text = "To forget <b> use `pvchat people forget NAME`, or the People tab."
    html = turn_card(shown)
    assert "forget &lt;b&gt; use <code>pvchat people forget NAME</code>, or" in html
    assert '<a href="#people">the People tab</a>' in html


def test_starters_follow_who_is_there() -> None:
    assert starters(["Ana"], ["Ana", "Ben"]) == [WHO, "What is Ana wearing?", "What is Ana doing?", "Where is Ana?"]
    assert starters([], ["Ana", "Ben"])[:2] == [WHO, "Is Ben in this video?"]
    assert "What is Ben doing?" in starters(["Ana", "Ben"], ["Ana", "Ben"])
    assert starters([], [])[0] == WHO


def test_an_answer_about_nobody_does_not_say_that_nobody_is_seen() -> None:
    there = turn_card(turn([], [person("Ana"), person("Ben", "absent")]))
    assert "None of" not in there
    assert re.search(r"pv-evidence[^>]*>(<summary>)?[^<]", there)  # the line to be unfolded has words
    assert "None of 2 people enrolled" in turn_card(turn([], [person("Ana", "absent"), person("Ben", "absent")]))


def test_who_is_there_comes_before_who_may_be() -> None:
    everyone = [*(person(f"May{i}", "unsure") for i in range(8)), person("Ana")]
    line = re.findall(r'<span class="pv-(\w+)"><span class="pv-chip">', turn_card(turn(everyone, everyone)))
    assert line == ["present", *["unsure"] * 5]


def test_times_are_figures_that_can_be_clicked() -> None:
    ana = PersonPresence("Ana", "present", 0.9, [(14.2, 16.0), (249.8, 251.0)], track=0)
    shown = turn([ana], [ana])
    shown.duration_s = 376.0
    shown.pictures = [EvidencePicture("/files/p", Path("p.jpg"), "Ana", 249.8, "words")]
    html = turn_card(shown)
    assert re.findall(r'data-seek="([\d.]+)"[^>]*>([\d:–]+)</button>', html) == [
        ("14.20", "0:14–0:16"), ("249.80", "4:10–4:11"),
    ]  # fmt: skip
    assert "<span>4:09.8</span>" in html  # under the picture
    assert "249.8 s" not in html


@pytest.mark.browser
def test_a_long_name_stays_on_a_phone(chromium, tmp_path: Path) -> None:
    long = person("Dr. Maximiliane Alexandra Freifrau von und zu Hohenstein-Wartenberg")
    style = "".join((files("pvchat_app") / name).read_text(encoding="utf-8") for name in ("style.css", "tabs.css"))
    path = tmp_path / "turn.html"
    path.write_text(f'<!doctype html><meta charset="utf-8"><style>{style}</style>{turn_card(turn([long], [long]))}',
                    encoding="utf-8")  # fmt: skip
    shown = chromium.new_page(viewport={"width": 390, "height": 600})
    shown.goto(path.as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


def test_how_a_question_was_read_stands_in_words_whose_times_play() -> None:
    shown = turn([person("Ana")], [person("Ana")])
    ana = Found("Ana", rows=(Row("Ana", "worn", "jacket", 2.0, 9.0, colour="red"),))
    shown.answer.finding = Finding(Query("who", where=Has("worn", "jacket")), people=(ana,)).to_dict()
    html = turn_card(shown)
    reading = html[html.index("How this was read") :]
    assert "<b>condition:</b> is wearing a jacket" in reading
    assert re.findall(r"<td>(.*?)</td>", reading)[:2] == ["Ana", "wearing a red jacket"]
    assert re.findall(r'data-seek="([\d.]+)"[^>]*>([\d:–]+)</button>', reading) == [("2.00", "0:02–0:09")]
    assert reading.index("As JSON") < reading.index("&quot;query&quot;")


def test_an_export_leaves_out_who_is_absent_unless_the_answer_says_so() -> None:
    everyone = [person("Ana"), *(person(name, "absent") for name in ("Ben", "Cleo", "Al"))]
    shown = turn(everyone, everyone)
    shown.pictures, shown.text = [], "Ana is in this video. Also a dog is. Cleo is not in this video."
    with zipfile.ZipFile(io.BytesIO(pack([shown]))) as file:
        row = json.loads(file.read("conversation.json"))["turns"][0]
        assert "Ben" not in file.read("conversation.html").decode()
    assert [one["name"] for one in row["people"]] == ["Ana", "Cleo"]
