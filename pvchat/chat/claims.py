"""The trained model's words put to use: which questions it is asked, and what of its answers fills gaps in the facts.

Measured facts come first. Where they have a gap (what somebody does, where it is, which garments) the model is asked
in the words of its training, its answer is cut to a phrase, checked, and put into the gap; the sentence is then built
by the same rules as from facts alone (`answers.py`). So a person judged absent is never described whatever the model
says, and a claim that the guard refuses leaves the plain sentence as it was.

A claim also needs a gain: the clip must make it likelier than an empty clip does. How much is measured for each kind on
held-back pictures and lies beside the weights; a kind whose claims are wrong too often there is never asked for.

What somebody does and where are also chosen from a list (`choices.py`), which a small model does better than inventing
them; its own words come first where they are sure enough. A choice that is likely only is said with "probably".
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pvchat.chat.choices import KINDS, Scale, Told, at_odds, pick, possible, sentences
from pvchat.chat.describe import Line, Said
from pvchat.chat.english import HEDGE
from pvchat.chat.evidence import Evidence
from pvchat.chat.guard import COLOURS, contradictions, same_colour
from pvchat.chat.questions import Question
from pvchat.chat.vocabulary import word_set
from pvchat.errors import WeightsError
from pvchat.schemas import FloatArray, Garment, PersonFacts, PersonPresence

Kind = Literal["action", "appearance", "location", "scene"]
Thresholds = Mapping[Kind, float | None]
Say = Callable[[list[Line]], list[Said]]
Liken = Callable[[list[Line], list[str]], FloatArray]

CAPTION_QUESTION = "What is happening in the video?"  # what base training asks a caption with
ASKED: dict[Kind, str] = {  # as base training asks (`train/base/phases.py`, `train/base/captions.py`)
    "action": CAPTION_QUESTION,  # most training is captions, and in the rest "the person" is somebody at exercise
    "appearance": "What is the {} wearing?",
    "location": "Where was the video taken?",
    "scene": CAPTION_QUESTION,
}
LOOKED_AT = ("frame", "body")  # experts whose tokens the words were learned from
GAIN = 0.3  # of a claim, in nats a token, where the weights bring no thresholds of their own [choice]
CALIBRATION = "claims.json"  # beside the weights: {kind: least gain, or null for kinds that are not worth asking}
_log = logging.getLogger(__name__)
_MOST_WORDS = 14  # of a phrase; captions rarely have more, a run-away text has
_SUBJECT = (
    r"(?:(?:the|an?|this|one|two|some) )?(?:[\w-]+ ){0,3}?"
    r"(?:man|woman|boy|girl|child|person|lady|guy|people|men|women)"
)
_NOUNS = "wearing|clothing|during|evening|morning|building|ceiling|painting"  # -ing, but nothing one does
_DEED = re.compile(rf"^{_SUBJECT}\b[^.]*?\b(?:is|are) (?P<phrase>(?!{_NOUNS})[a-z]{{2,}}ing\b[^.]*)", re.IGNORECASE)
_BARE_DEED = re.compile(rf"^{_SUBJECT}\b[^.]*? (?P<phrase>(?!{_NOUNS})[a-z]{{2,}}ing\b[^.]*)", re.IGNORECASE)
_WORN = re.compile(r"\b(?:wearing|wears|dressed in|in) (?P<phrase>[^.]+)", re.IGNORECASE)
_PLACE = re.compile(
    r"^(?:it was taken |the video was taken |.*\bis )?(?P<phrase>(?:in|on|at|near|by|inside|outside|beside|through"
    r"|along|down|over|across|in front of) (?:an?|the|some) [^.,]+)",
    re.IGNORECASE,
)
_NO_DEED = re.compile(r"^(wearing|standing there|being|having)\b", re.IGNORECASE)
_UPPER = word_set("shirt t-shirt jacket coat dress sweater hoodie jersey vest suit blouse uniform tunic sweatshirt")
_ARTICLE = re.compile(r"^(?:an?|the|some|his|her|their) ", re.IGNORECASE)


@dataclass(frozen=True)
class Ask:
    """What the model is asked, about whom ("" for the whole clip)."""

    kind: Kind
    name: str = ""
    line: Line = Line("")


@dataclass(frozen=True)
class Claim:
    """A phrase that stood up to the checks, or was refused: then `problems` says why."""

    ask: Ask
    phrase: str
    gain: float
    problems: tuple[str, ...] = ()


def fill_gaps(
    questions: Sequence[Question],
    people: Sequence[Sequence[PersonPresence]],
    evidence: Evidence,
    names: Sequence[str],
    say: Say,
    least: Thresholds | None = None,
    liken: Liken | None = None,
    scales: Mapping[Told, Scale] | None = None,
) -> list[Evidence]:
    """The evidence for each of several questions about one clip, its gaps filled; the model is asked in one batch.

    Args:
        questions: n of them.
        people: n times those asked about.
        evidence: what was measured.
        names: everyone enrolled.
        say: the model.
        least: gain from which a claim of each kind is shown; None for a kind that is never asked for.
        liken: likeness [B, n] of what B lines look at to n sentences; None where nothing is chosen from lists.
        scales: of the choices.
    """
    least = least or thresholds(None)
    rows = [asks(q, asked, evidence) for q, asked in zip(questions, people, strict=True)]
    every = list(dict.fromkeys(ask for row in rows for ask in row))
    told = [ask for ask in every if least[ask.kind] is not None and not _unlearned(ask, evidence)]
    said = say([ask.line for ask in told]) if told else []
    claims = [claim(ask, text, evidence, names, least) for ask, text in zip(told, said, strict=True)]
    if liken is not None:
        claims += choose(every, evidence, liken, scales or {})
    for one in claims:
        _log.debug("%s %s: %r %.2f %s", one.ask.kind, one.ask.name, one.phrase, one.gain, one.problems)
    return [filled(evidence, [one for one in claims if one.ask in row]) for row in rows]


def choose(wanted: Sequence[Ask], evidence: Evidence, liken: Liken, scales: Mapping[Told, Scale]) -> list[Claim]:
    """Claims out of lists: for each ask the likeliest choice, if it is likely enough.

    Args:
        wanted: what is asked for; kinds without a scale are left out.
        evidence: what was measured; choices at odds with it aren't considered.
        liken: the model.
        scales: by kind.
    """
    found = []
    for kind in KINDS:
        scale, mine = scales.get(kind), [ask for ask in wanted if ask.kind == kind]
        if scale is None or not mine:
            continue
        views = [replace(ask.line, question=CAPTION_QUESTION) for ask in mine]  # as the scale was measured
        alike = liken(views, sentences(kind))
        shares = scale.probabilities(kind, alike, possible(kind, evidence.scene, len(evidence.others)))
        for ask, row in zip(mine, shares, strict=True):
            said, sure, level, choice = pick(kind, scale, row, evidence.scene.setting)
            problems = ["a guess"] if level is None else []
            if at_odds(kind, choice, evidence.facts.get(ask.name, PersonFacts())):
                problems.append("seen doing something else")
            phrase = said if level and level.endswith("sure") else f"{HEDGE} {said}"
            found.append(Claim(ask, phrase, sure, tuple(problems)))
    return found


def asks(question: Question, people: Sequence[PersonPresence], evidence: Evidence) -> list[Ask]:
    """What the model is to be asked for a question: nothing about the absent, nothing that was measured.

    Nor anything about drawn pictures: it learned its words from photographs.

    Args:
        question: as it was read.
        people: those asked about.
        evidence: what was measured.
    """
    if question.type == "existence" or evidence.scene.drawn:
        return []
    present = [p for p in people if p.decision == "present" and p.name in evidence.facts]
    wanted: list[Ask] = []
    for person in present:
        facts = evidence.facts[person.name]
        for kind in _gaps(question.type, facts, evidence):
            asked = ASKED[kind].format(facts.gender or "person")
            if kind == "location":
                wanted.append(Ask(kind, "", Line(asked, experts=LOOKED_AT)))
            else:
                wanted.append(Ask(kind, person.name, Line(asked, track=person.track, experts=LOOKED_AT)))
    if not question.people and not present:
        wanted.append(Ask("scene", line=Line(ASKED["scene"], experts=LOOKED_AT)))
    return list(dict.fromkeys(wanted))


def thresholds(folder: Path | None) -> dict[Kind, float | None]:
    """The least gain of each kind of claim, as measured for the weights in a folder (`train/fits/confidence.py`)."""
    file = None if folder is None else folder / CALIBRATION
    if file is None or not file.is_file():
        return dict.fromkeys(ASKED, GAIN)
    with _readable(file):
        row = json.loads(file.read_text(encoding="utf-8"))["least_gain"]
        return {kind: None if row[kind] is None else float(row[kind]) for kind in ASKED}


def read_scales(folder: Path) -> dict[Told, Scale]:
    """The scales of the choices as measured for the weights in a folder; none where they weren't measured."""
    file = folder / CALIBRATION
    if not file.is_file():
        return {}
    with _readable(file):
        rows = json.loads(file.read_text(encoding="utf-8")).get("choices", {})
        return {kind: Scale.from_dict(kind, rows[kind]) for kind in KINDS if kind in rows}


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError("no thresholds can be read here", subject=str(file), hint="Measure them again.") from error


def claim(ask: Ask, said: Said, evidence: Evidence, names: Iterable[str], least: Thresholds | None = None) -> Claim:
    """The model's answer as a checked phrase.

    Args:
        ask: what was asked.
        said: what it answered.
        evidence: what was measured.
        names: everyone enrolled.
        least: gain that each kind needs.
    """
    phrase = read_phrase(ask.kind, said.text)
    facts = evidence.facts.get(ask.name, PersonFacts())
    problems = [] if phrase else ["says nothing of the kind asked for"]
    needed = (least or thresholds(None))[ask.kind]
    if needed is None or said.gain < needed:
        problems.append("a guess")
    if len(phrase.split()) > _MOST_WORDS or _repeats(phrase):
        problems.append("rambles")
    problems += contradictions(said.text, facts, evidence.scene, [n for n in names if n != ask.name])
    return Claim(ask, phrase, said.gain, tuple(problems))


def filled(evidence: Evidence, claims: Sequence[Claim]) -> Evidence:
    """The evidence with accepted claims in its gaps; what was measured stays as it is."""
    facts, place, shown = dict(evidence.facts), evidence.place, evidence.shown
    for one in claims:
        if one.problems:
            continue
        kind, name = one.ask.kind, one.ask.name
        if kind == "action":
            facts[name] = replace(facts[name], activity=facts[name].activity or one.phrase)
        elif kind == "appearance":
            facts[name] = replace(facts[name], clothes=dressed(facts[name].clothes, garments(one.phrase)))
        elif kind == "location":
            place = place or one.phrase
        else:
            shown = shown or one.phrase
    return replace(evidence, facts=facts, place=place, shown=shown)


def read_phrase(kind: Kind, text: str) -> str:
    """The phrase that answers a question of this kind; empty where the text has none.

    "action" gives "riding a bike", "appearance" "a red shirt", "location" "in the park", "scene" the first sentence.
    """
    sentence = _tidy(text)
    if kind == "scene":
        return sentence
    patterns = {"action": (_DEED, _BARE_DEED), "appearance": (_WORN,), "location": (_PLACE,)}[kind]
    hit = next((m for p in patterns if (m := p.search(sentence))), None)
    phrase = hit["phrase"].strip(" ,;") if hit else ""
    if kind == "action":
        return "" if _NO_DEED.match(phrase) else phrase[:1].lower() + phrase[1:]
    return phrase[:1].lower() + phrase[1:]


def garments(phrase: str) -> list[Garment]:
    """Garments in a phrase such as "a red shirt and blue jeans"."""
    found = []
    for part in re.split(r",|\band\b|\bwith\b", phrase.lower()):
        words = _ARTICLE.sub("", part.strip()).split()
        colours = [w for w in words if w in COLOURS]
        kind = [w for w in words if w not in COLOURS]
        if kind and re.fullmatch(r"[a-z' -]+", " ".join(kind)) and len(kind) <= 3:
            found.append(Garment(" ".join(kind), " ".join(colours) or None, 0.0))
    return found


def dressed(measured: Sequence[Garment], told: Sequence[Garment]) -> list[Garment]:
    """Measured garments, where "top" may get its kind from a told one of like colour; all told ones where none was."""
    if not measured:
        return list(told)
    kinds = [g for g in told if g.kind in _UPPER and g.colour]
    return [
        replace(m, kind=kinds[0].kind)
        if m.kind == "top" and kinds and m.colour and same_colour(m.colour, kinds[0].colour)
        else m
        for m in measured
    ]


def _gaps(kind: str, facts: PersonFacts, evidence: Evidence) -> list[Kind]:
    """What a question of this type asks for and was not measured."""
    lacks: dict[str, bool] = {
        "action": facts.activity is None,
        "appearance": not facts.clothes or any(g.kind == "top" for g in facts.clothes),
        "location": evidence.scene.place is None,
    }
    return [k for k in ("appearance", "action", "location") if lacks[k] and kind in (k, "other")]


def _unlearned(ask: Ask, evidence: Evidence) -> bool:
    """Places that may be indoors: its captions hardly name any, so they are only chosen from the list."""
    return ask.kind == "location" and evidence.scene.setting != "outdoors"


def _tidy(text: str) -> str:
    """The first sentence of a caption, without the blanks that captions have before commas and full stops."""
    first = re.split(r"(?<=[.!?])\s|\n", re.sub(r"\s+([.,;!?'])", r"\1", text.strip()))[0]
    return first if first.endswith(".") else ""


def _repeats(phrase: str) -> bool:
    """Whether three words come twice: a small model in a loop."""
    words = phrase.lower().split()
    threes = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return len(set(threes)) < len(threes)
