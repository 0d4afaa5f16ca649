"""The trained model's words put to use: which questions it is asked, and what of its answers fills gaps in the facts.

In: questions, evidence, the model. Out: the evidence with gaps filled. Measured facts come first. Where they have a gap
(what somebody does, where it is, which garments) the model is asked in the words of its training, its answer is cut to
a phrase, checked, and put into the gap; the sentence is then built by the same rules as from facts alone
(`answers.py`). So a person judged absent is never described whatever the model says, and a claim that is refused leaves
the plain sentence as it was.

A claim also needs a gain: the clip must make it likelier than an empty clip does. How much is measured for each kind on
held-back pictures and lies beside the weights (`calibration.py`); a kind whose claims are wrong too often there is
never asked for.

What somebody does and where are also chosen from a list (`choices.py`), which a small model does better than inventing
them; its own words come first where they are sure enough. A choice that is likely only is said with "probably", and so
is every place: of 24 that were sure, by photos, 16 were right on footage, of 11 deeds 9.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from pvchat.chat.english import HEDGE
from pvchat.chat.evidence import Evidence
from pvchat.chat.question import Question, atoms
from pvchat.chat.reader.captions import dressed, garments, read_phrase
from pvchat.chat.say.phrases import SETTING_SURE
from pvchat.chat.speakers.calibration import Calibration, ClaimKind
from pvchat.chat.speakers.checking import contradictions
from pvchat.chat.speakers.choices import KINDS, Choice, Level, at_odds, pick, possible, sentences
from pvchat.model.lines import Line, Utterance
from pvchat.schemas import FloatArray, PersonFacts, PersonPresence, SceneFacts

Say = Callable[[list[Line]], list[Utterance]]
Liken = Callable[[list[Line], list[str]], FloatArray]  # B lines, n texts -> [B, n]

CAPTION_QUESTION = "What is happening in the video?"  # what base training asks a caption with
ASKED: dict[ClaimKind, str] = {  # as base training asks (`recipes/model/base/captions.py`)
    "action": CAPTION_QUESTION,  # most training is captions, and in the rest "the person" is somebody at exercise
    "appearance": "What is the {} wearing?",
    "location": "Where was the video taken?",
    "scene": CAPTION_QUESTION,
}
LOOKED_AT = ("frame", "body")  # experts whose tokens the words were learned from
_HELPED = ("worn", "hair", "deed", "posture", "place", "looks")  # attributes of which claims can tell something
_MOST_WORDS = 14  # of a phrase; captions rarely have more, a run-away text has
_ON_A_COUCH, _ON_A_BED = "sitting on a couch", "sitting on a bed"  # what one sits on in a bedroom
_DARK_RIMS = ("a dark background", "a black background", "a dark grey background")
_EVENT = "at an event"  # both that were said of people outdoors on the tune half were wrong
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Speaker:
    """The trained model as claims about one clip are made with it.

    Attributes:
        say: what it answers to lines.
        liken: likeness [B, n] of what B lines look at to n sentences; None where nothing is chosen from lists.
        calibration: how much it may be believed.
    """

    say: Say
    liken: Liken | None = None
    calibration: Calibration = field(default_factory=Calibration)


@dataclass(frozen=True)
class Ask:
    """What the model is asked, about whom ("" for the whole clip)."""

    kind: ClaimKind
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
    speaker: Speaker,
) -> list[Evidence]:
    """The evidence for each of several questions about one clip, its gaps filled; the model is asked in one batch.

    Args:
        questions: n of them.
        people: n times those asked about.
        evidence: what was measured.
        names: everyone enrolled.
        speaker: the model.
    """
    rows = [asks(q, asked, evidence) for q, asked in zip(questions, people, strict=True)]
    every = list(dict.fromkeys(ask for row in rows for ask in row))
    least = speaker.calibration.least
    told = [ask for ask in every if least[ask.kind] is not None and not _unlearned(ask, evidence)]
    said = speaker.say([ask.line for ask in told]) if told else []
    claims = [claim(ask, text, evidence, names, least[ask.kind]) for ask, text in zip(told, said, strict=True)]
    claims += choose(every, evidence, speaker)
    for one in claims:
        _log.debug("%s %s: %r %.2f %s", one.ask.kind, one.ask.name, one.phrase, one.gain, one.problems)
    return [filled(evidence, [one for one in claims if one.ask in row]) for row in rows]


def asks(question: Question, people: Sequence[PersonPresence], evidence: Evidence) -> list[Ask]:
    """What the model is to be asked for a question: nothing about the absent, nothing that was measured.

    Nor anything about drawn pictures: it learned its words from photographs. Nor where nothing that it could say would
    be part of the answer.

    Args:
        question: as it was read.
        people: those asked about.
        evidence: what was measured.
    """
    if question.type == "existence" or evidence.scene.drawn or not _helped(question):
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


def _helped(question: Question) -> bool:
    """Whether something that the model could say would be a part of the answer."""
    query = question.query
    if query.select in ("attribute", "describe"):
        return query.attribute in (None, *_HELPED)
    asked = [has.attribute for has in atoms(query.where)]
    return query.select == "exists" and bool(query.whom.names) and any(one in _HELPED for one in asked)


def often_compared() -> list[str]:
    """The texts whose vectors every choosing needs: the question that clips are looked at with, and all choices."""
    return [CAPTION_QUESTION, *(text for kind in KINDS for text in sentences(kind))]


def claim(ask: Ask, said: Utterance, evidence: Evidence, names: Iterable[str], least: float | None) -> Claim:
    """The model's answer as a checked phrase.

    Args:
        ask: what was asked.
        said: what it answered.
        evidence: what was measured.
        names: everyone enrolled.
        least: the gain that this kind needs; None for a kind that is never said.
    """
    phrase = read_phrase(ask.kind, said.text)
    facts = evidence.facts_of(ask.name)
    problems = [] if phrase else ["says nothing of the kind asked for"]
    if least is None or said.gain < least:
        problems.append("a guess")
    if len(phrase.split()) > _MOST_WORDS or repeats(phrase):
        problems.append("rambles")
    problems += contradictions(said.text, facts, evidence.scene, [n for n in names if n != ask.name])
    return Claim(ask, phrase, said.gain, tuple(problems))


def choose(wanted: Sequence[Ask], evidence: Evidence, speaker: Speaker) -> list[Claim]:
    """Claims out of lists: for each ask the likeliest choice, if it is likely enough.

    Args:
        wanted: what is asked for; kinds without a scale are left out.
        evidence: what was measured; choices at odds with it aren't considered.
        speaker: the model.
    """
    found: list[Claim] = []
    for kind in KINDS:
        scale, mine = speaker.calibration.scales.get(kind), [ask for ask in wanted if ask.kind == kind]
        if speaker.liken is None or scale is None or not mine:
            continue
        views = [replace(ask.line, question=CAPTION_QUESTION) for ask in mine]  # as the scale was measured
        alike = speaker.liken(views, sentences(kind))
        shares = scale.probabilities(kind, alike, possible(kind, evidence.scene, len(evidence.others)))
        picked = [pick(kind, scale, row, evidence.scene.setting) for row in shares]
        found += [_chosen(ask, one, evidence) for ask, one in zip(mine, picked, strict=True)]
    return found


def _chosen(ask: Ask, picked: tuple[str, float, Level | None, Choice], evidence: Evidence) -> Claim:
    """What was picked from a list as a claim, with what speaks against it."""
    said, probability, level, choice = picked
    scene, place, sure = evidence.scene, ask.kind == "location", level in ("sure", "group sure")
    against = (
        ("before one surface", place and shows_no_place(scene.background, sure)),
        ("neither is it sure whether this is indoors", place and level and not sure and doubtful_setting(scene)),
        ("a guess", level is None),
        ("seldom right on footage", not choice.footage and not (choice.group_footage and level == "group sure")),
        ("nothing that it needs is seen", choice.seen and not choice.seen & {one.label for one in evidence.things}),
        ("seldom right outdoors", said == _EVENT and scene.setting == "outdoors"),
        ("seen doing something else", not place and at_odds(choice, evidence.facts_of(ask.name), said)),
    )
    said = _ON_A_BED if said == _ON_A_COUCH and scene.place == "a bedroom" else said
    phrase = said if sure and not place else f"{HEDGE} {said}"
    return Claim(ask, phrase, probability, tuple(problem for problem, there in against if there))


def shows_no_place(background: str | None, surely: bool) -> bool:
    """Whether the rim of the picture is one surface that tells no place: a dark one; any for a likely choice.

    On the tune half 3 of 3 choices that were sure before grey or white were right, none of 8 before something dark.
    """
    return bool(background) and (not surely or background in _DARK_RIMS)


def doubtful_setting(scene: SceneFacts) -> bool:
    """Whether indoors or outdoors was measured, but isn't sure enough to be said."""
    return scene.setting is not None and scene.confidence.get("setting", 1.0) < SETTING_SURE[scene.setting]


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


def _gaps(kind: str, facts: PersonFacts, evidence: Evidence) -> list[ClaimKind]:
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


def repeats(phrase: str) -> bool:
    """Whether three words come twice: a small model in a loop."""
    words = phrase.lower().split()
    threes = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return len(set(threes)) < len(threes)
