"""Answers: every presence combination and type, wording, and what a missing measurement does to them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_asked import plain_answer, read_question

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.say.people import looks
from pvchat.identity.evidence import Evidence, Neighbour
from pvchat.schemas import Garment, PersonFacts, PersonPresence, SceneFacts

NAMES = ["Ana", "Ben", "Cleo", "Dov"]
FACT_WORDS = re.compile(r"suit|shirt|hair|glasses|sits|sitting|talks|office|wall|left|cup|0:0")
ASKED = {"existence": "Is {} here?", "appearance": "What does {} look like?", "action": "What is {} doing?",
         "location": "Where is {}?", "other": "Describe {}."}  # fmt: skip


def facts(**changes) -> PersonFacts:
    clothes = [Garment("suit", "dark", 0.9), Garment("shirt", "white", 0.8)]
    row = {"where": "on the left of the frame", "clothes": clothes, "hair": "dark hair", "features": ["glasses"],
           "pose": "sitting", "gestures": ["talking"], "deed": "holding a cup"}  # fmt: skip
    return PersonFacts(**{**row, **changes})


def evidence(**changes) -> Evidence:
    boxes = {n: (0.2 * i, 0.3, 0.2 * i + 0.1, 0.6) for i, n in enumerate(NAMES)}
    scene = SceneFacts(place="an office", background="a grey wall")
    row = {"facts": {n: facts() for n in NAMES}, "boxes": boxes, "scene": scene, "duration_s": 10.0}
    return Evidence(**{**row, **changes})


def presences(decisions: dict[str, str]) -> list[PersonPresence]:
    likely = {"absent": 0.02, "unsure": 0.5, "present": 0.9}
    return [
        PersonPresence(n, d, likely[d], [(2.0, 9.0)] if d == "present" else [], track)
        for track, (n, d) in enumerate(decisions.items())
    ]


def ask(text: str, seen: Evidence | None = None, **decisions: str) -> str:
    question = read_question(text, list(decisions))
    everyone = presences(decisions)
    return plain_answer(question, everyone, seen or evidence())


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_presence_combination(kind: str, count: int) -> None:
    """Absent and unsure people are never described, present people never refused: read from the sentence about each."""
    for decisions in product(("present", "absent", "unsure"), repeat=count):
        judged = dict(zip(NAMES, decisions, strict=False))
        listed = " and ".join(judged)
        answer = ask(ASKED[kind].format(listed), **judged)
        parts = [p for p in re.split(r"(?<=\.) |; ", answer) if p]
        for name, decision in judged.items():
            about = [p for p in parts if name in p]
            assert about, f"{answer} says nothing of {name}"
            if decision == "present":
                assert not any(re.search(rf"not sure .*{name}|{name}[^;]*\bnot\b", p) for p in about), answer
            else:
                own = [p for p in about if not re.search(rf"next to .*{name}", p)]
                assert own, answer
                assert not any(FACT_WORDS.search(p) for p in own), answer
                doubt = "not" if decision == "absent" else "not sure"
                assert any(doubt in p or "either" in p or "none" in p for p in own), answer


def test_an_unsure_existence_answer_neither_affirms_nor_describes() -> None:
    for track in (0, None):
        person = PersonPresence("Ana", "unsure", 0.5, track=track)
        answer = plain_answer(read_question("Is Ana here?", NAMES), [person], evidence())
        assert answer.startswith("I'm not sure whether Ana is in this video")
        assert "es," not in answer
        assert not FACT_WORDS.search(answer)


@pytest.mark.parametrize(
    ("text", "decisions", "answer"),
    [
        ("Are Ana and Ben both here?", "ap", "No, Ben is in this video; Ana is not in this video."),
        ("Are Ana and Ben both here?", "aa", "No, Ana and Ben are not in this video."),
        ("Are Ana, Ben and Cleo here?", "ppa", "No, Ana and Ben are in this video; Cleo is not in this video."),
        ("Is everyone here?", "ppp", "Ana, Ben and Cleo are in this video."),
        ("Who is here?", "aa", "Nobody I know is in this video."),
        ("Who is here?", "pu", "Ana is in this video. I'm not sure about Ben."),
        ("Is anyone here besides Ana?", "pa", "I see nobody else in this video."),
        ("What are Ana and Ben doing?", "aa", "Ana and Ben are not in this video, so I can't say what they are doing."),
        ("What is Ana doing?", "p", "Ana sits, talks and holds a cup."),
        ("What is Ana doing?", "u", "I'm not sure whether Ana is in this video, so I can't say what Ana is doing."),
        ("Where is Ana?", "pp", "Ana is in an office, before a grey wall, on the left, next to Ben."),
    ],
)
def test_wording(text: str, decisions: str, answer: str) -> None:
    full = {"p": "present", "a": "absent", "u": "unsure"}
    judged = {n: full[d] for n, d in zip(NAMES, decisions, strict=False)}
    seen = evidence()
    seen.boxes = {n: b for n, b in seen.boxes.items() if judged.get(n) == "present"}
    assert ask(text, seen, **judged) == answer


@pytest.mark.parametrize(
    ("unsure", "doubt"), [(4, "B3, B2, B1 or B0"), (5, "B4, B3, B2 or two others"), (19, "B18, B17, B16 or 16 others")]
)
def test_of_many_who_may_be_there_the_likeliest_are_named(unsure: int, doubt: str) -> None:
    people = [PersonPresence("Ana", "present", 0.9, [(0.0, 1.0)], 0)]
    people += [PersonPresence(f"B{k}", "unsure", 0.3 + k / 100) for k in range(unsure)]
    question = read_question("Who is here?", [p.name for p in people])
    expected = f"I'm not sure about {doubt}."
    assert plain_answer(question, people, evidence()).startswith(f"Ana is in this video. {expected}")
    absent = [PersonPresence("Ana", "absent", 0.02), *people[1:]]
    assert expected in plain_answer(
        read_question("Who is not in this video?", [p.name for p in people]), absent, evidence()
    )


def test_strangers_are_counted() -> None:
    assert ask("Who is here?", evidence(unknown=1), Ana="present").endswith("There is also one person I don't know.")
    assert ask("Who is here?", evidence(unknown=3), Ana="absent").endswith("There are three people I don't know.")
    seen = evidence(
        boxes={"Ana": (0.4, 0.3, 0.5, 0.6)},
        others=[Neighbour((0.52, 0.3, 0.62, 0.6)), Neighbour((0.28, 0.3, 0.38, 0.6))],
        unknown=2,
    )
    assert ask("Who is next to Ana?", seen, Ana="present") == "Two people I don't know are next to Ana."
    assert "next to" not in ask("Where is Ana?", seen, Ana="present")


def test_describing_takes_two_sentences_and_the_measured_pronoun() -> None:
    seen = evidence(facts={"Ana": facts(gender="woman")}, boxes={})
    assert ask("Describe Ana.", seen, Ana="present") == (
        "Ana is wearing a dark suit, a white shirt and glasses, with dark hair. "
        "She sits, talks and holds a cup, in an office, before a grey wall, on the left."
    )
    assert "he " not in ask("Describe Ana.", Ana="present").replace("the ", "")


@pytest.mark.parametrize("kind", ["appearance", "action", "location", "other"])
def test_what_was_not_measured_is_not_spoken_of(kind: str) -> None:
    empty = evidence(facts={}, boxes={}, scene=SceneFacts())
    answer = ask(ASKED[kind].format("Ana"), empty, Ana="present")
    assert answer.startswith("Ana is in this video")
    assert "can't make out" in answer
    assert not re.search(r"\b(he|she)\b", answer)


GARMENT = st.builds(Garment, st.sampled_from(["coat", "jeans"]), st.sampled_from([None, "orange"]), st.just(0.5))
OPTIONAL = st.fixed_dictionaries(
    {
        "where": st.sampled_from([None, "on the right of the frame"]),
        "hair": st.sampled_from([None, "red hair"]),
        "features": st.lists(st.sampled_from(["a hat", "a beard"]), unique=True),
        "clothes": st.lists(GARMENT, max_size=2),
        "pose": st.sampled_from([None, "standing", "lying down"]),
        "movement": st.sampled_from([None, "walking or running"]),
        "gestures": st.lists(st.sampled_from(["raising a hand", "smiling"]), unique=True),
        "deed": st.sampled_from([None, "holding a phone"]),
        "gender": st.sampled_from([None, "man"]),
    }
)  # fmt: skip


@given(OPTIONAL, st.sampled_from(sorted(ASKED)))
def test_any_set_of_facts_makes_whole_sentences_of_those_facts_only(row: dict, kind: str) -> None:
    measured = PersonFacts(**row)
    seen = Evidence(facts={"Ana": measured}, duration_s=10.0)
    answer = ask(ASKED[kind].format("Ana"), seen, Ana="present")
    assert re.fullmatch(r"[A-Z][^.]*\.( [A-Z][^.]*\.)?", answer), answer
    assert "None" not in answer
    assert ", ." not in answer
    licence = {
        "hat": "a hat" in measured.features,
        "beard": "a beard" in measured.features,
        "phone": measured.deed,
        "lies": measured.pose == "lying down",
        "raises": "raising a hand" in measured.gestures,
        "orange": measured.clothes,
        "right": measured.where,
        "walks": measured.movement,
        "red": measured.hair,
        "He": measured.gender,
    }
    for word, there in licence.items():
        assert there or not re.search(rf"\b{word}\b", answer), answer


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)).map(sorted), min_size=1, max_size=5))
def test_times_read_as_clock_times(spans: list) -> None:
    person = PersonPresence("Ana", "present", 0.9, [tuple(s) for s in spans], 0)
    answer = plain_answer(read_question("Is Ana here?", NAMES), [person], Evidence(duration_s=600.0))
    assert answer.endswith("the whole time.") or re.search(r"\d:\d\d\.$", answer)


@pytest.mark.parametrize(("count", "told"), [(3, 3), (4, 4), (8, 8), (9, 9), (12, 8)])
def test_who_asks_when_is_told_each_time(count: int, told: int) -> None:
    spans = [(60.0 * i + 1, 60.0 * i + 9) for i in range(count)]
    person = PersonPresence("Ana", "present", 0.9, spans, 0)
    answer = plain_answer(read_question("When does Ana appear?", NAMES), [person], Evidence(duration_s=900.0))
    assert answer.count("from ") == told
    assert answer.count(f"{told - 1}:01") == 1
    more = {12: "and four more times until 11:09."}
    assert answer.endswith(more.get(count, f"and from {count - 1}:01 to {count - 1}:09."))
    in_passing = plain_answer(read_question("Is Ana there?", NAMES), [person], Evidence(duration_s=900.0))
    assert ("times between" in in_passing) == (count > 3)


def placed(**scene: object) -> str:
    sure = {"confidence": {"setting": 0.9}} | scene
    seen = evidence(scene=SceneFacts(**sure), boxes={})
    return ask("Where is Ana?", seen, Ana="present")


GREY, DARK = "a grey background", "a dark background"
UNSURE = {"setting": "indoors", "confidence": {"setting": 0.5}}


@pytest.mark.parametrize(
    ("scene", "where"),
    [
        # a setting is said where it is sure, of a drawn scene also where it isn't
        ({"setting": "indoors", "background": GREY}, "indoors, before a grey background, on the left."),
        ({"setting": "outdoors", "background": GREY, "confidence": {"setting": 0.6}},
         "before a grey background, on the left of the frame."),
        (UNSURE, "on the left of the frame."), ({**UNSURE, "drawn": True}, "indoors, on the left."),
        # the dark is called so
        ({"setting": "indoors", "light": "dark", "background": DARK}, "indoors in dim light, on the left."),
        ({"setting": "outdoors", "light": "dark"}, "outdoors in the dark, on the left."),
        ({"light": "dark", "background": DARK}, "in a dark place, on the left."),
        ({"place": "an office", "setting": "indoors", "light": "dark", "background": DARK},
         "in an office in dim light, on the left."),
        ({"place": "a forest", "setting": "outdoors", "light": "dark", "background": DARK},
         "in a forest in the dark, on the left."),
        ({"place": "an event", "light": "dark", "background": DARK},
         "at an event, before a dark background, on the left."),
        # what covers the wall, and the sky, are told with the place; bookshelves have no colour of the rim
        ({"setting": "indoors", "background": "a dark red background", "behind": ["curtains"]},
         "indoors, before dark red curtains, on the left."),
        ({"place": "an office", "behind": ["window blinds"]}, "in an office, before window blinds, on the left."),
        ({"setting": "outdoors", "background": "a light blue background", "behind": ["a blue sky"]},
         "outdoors, under a blue sky, on the left."),
        ({"setting": "indoors", "background": "a brown background", "behind": ["curtains", "bookshelves"]},
         "indoors, before brown curtains and bookshelves, on the left."),
    ],
)  # fmt: skip
def test_where_somebody_is_is_told_by_what_is_seen_of_the_scene(scene: dict[str, object], where: str) -> None:
    assert placed(**scene) == f"Ana is {where}"


@pytest.mark.parametrize(("place", "told"), [("an office", False), ("a street", True), ("a photo studio", True)])
def test_a_grey_background_is_told_where_it_may_be_more_than_the_walls_of_a_room(place: str, told: bool) -> None:
    assert ("before a grey background" in placed(place=place, background="a grey background")) == told


def test_a_likely_place_is_told_of_whoever_is_not_found_too() -> None:
    scene = SceneFacts(place="a forest", confidence={"place": 0.4})
    answer = ask("Where is Ana?", evidence(scene=scene), Ana="absent")
    assert answer.endswith("so I can't say where Ana is. This is probably in a forest.")


def test_names_beside_a_drawn_character_are_told_only_to_who_asks() -> None:
    boxes = {"Ana": (0.1, 0.1, 0.2, 0.3), "Ben": (0.25, 0.1, 0.35, 0.3)}
    drawn = evidence(scene=SceneFacts(setting="indoors", drawn=True), boxes=boxes)
    assert "Ben" not in ask("Where is Ana?", drawn, Ana="present", Ben="present")
    assert ask("Who is next to Ana?", drawn, Ana="present", Ben="present") == "Ben is next to Ana."
    drawn.scene.drawn = False
    assert "next to Ben" in ask("Where is Ana?", drawn, Ana="present", Ben="present")


def test_bare_shoulders_are_told_with_what_is_worn() -> None:
    def looks_of(measured: PersonFacts) -> str:
        timeline = timeline_from(Evidence({"Ana": measured}), [PersonPresence("Ana", "present", 1.0)])
        return looks("Ana", timeline.seen("Ana"), timeline)

    bare = PersonFacts(hair="dark hair", features=["bare shoulders"])
    assert looks_of(bare) == "has dark hair and bare shoulders"
    dressed = replace(bare, clothes=[Garment("dress", "white", 0.9)])
    assert looks_of(dressed) == "is wearing a white dress, with bare shoulders"
    said = ask("What is Ana wearing?", evidence(facts={"Ana": bare}), Ana="present")
    told = "Ana is in this video, but I can't make out what Ana is wearing. Ana has dark hair and bare shoulders."
    assert said == told
    layered = PersonFacts(clothes=[Garment("top", "blue and black", 0.9), Garment("collar", "white", 0.8)])
    assert looks_of(layered) == "is wearing a blue and black top and a white collar"


def test_a_name_for_the_same_sighting_is_nobody_beside_her() -> None:
    here, there = (0.1, 0.3, 0.2, 0.6), (0.25, 0.3, 0.35, 0.6)
    boxes = {"Ana": here, "Ben": here, "Cleo": there, "Dov": there}
    others = [Neighbour(here, "Ben"), Neighbour(there, "Cleo")]
    seen = evidence(boxes=boxes, others=others)
    people = presences(dict.fromkeys(NAMES, "present"))
    people = [replace(p, track=i // 2, probability=0.9 - i / 10) for i, p in enumerate(people)]
    said = plain_answer(read_question("Where is Ana?", NAMES), people, seen)
    assert said.endswith("next to Cleo.")


def test_sleeves_and_trousers_are_told() -> None:
    clothes = [Garment("top", "grey", 0.9, "short-sleeved"), Garment("trousers", "black", 0.7)]
    seen = evidence(facts={"Ana": facts(clothes=clothes, features=[], hair=None)})
    assert (
        ask("What is Ana wearing?", seen, Ana="present")
        == "Ana is wearing a grey short-sleeved top and black trousers."
    )
