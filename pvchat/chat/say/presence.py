"""Who is in a clip, as sentences: yes and no, lists, when; what can't be told of people who aren't there, and why
somebody wasn't recognised for sure.

In: presences with their `Why`, evidence. Out: sentences. Whoever is absent, or unsure, is never described.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import be, clock, join, number, shortened, so_many_people, span_told, wording
from pvchat.chat.evidence import Evidence, decided, is_still
from pvchat.chat.spans import WHOLE, Span
from pvchat.schemas import PersonPresence, QuestionType, Why

FEW_SPANS = 3  # that are told one by one in passing
_MOST_ABSENT = 12  # people who aren't there told by name …
_MOST_UNSURE = 3  # … and of those who may be, the likeliest; of 62 enrolled a dozen may resemble somebody in a crowd
_CLEAR = "the likeness is too weak to tell"
_UNSEEN = "the picture isn't clear enough to tell"


def not_here(names: Sequence[str]) -> str:
    """That some people aren't there, as a clause."""
    return f"{join(names)} {be(names)} not in this video"


def here_but(names: Sequence[str], what: str) -> str:
    """That people are there and something can't be told of them, as a sentence."""
    return f"{join(names)} {be(names)} in this video, but I can't {what}."


def existence(asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether the people asked about by name are there: yes, no, unsure, or who of them."""
    if len(asked) == 1:
        return _existence_of_one(asked[0], evidence)
    present, unsure, absent = (decided(asked, decision) for decision in ("present", "unsure", "absent"))
    absent = shortened(absent, len(absent), _MOST_ABSENT)
    open_ = f"; I'm not sure about {join(unsure, 'or')}" if unsure else ""
    if not present and not absent:
        return f"I'm not sure whether {join(unsure, 'or')} is in this video."
    if not absent and not unsure:
        return f"Yes, {'both ' * (len(present) == 2)}{join(present)} are {'all ' * (len(present) > 2)}in this video."
    if not absent:
        return f"{join(present)} {be(present)} in this video{open_}."
    if present:
        return f"Only {join(present)} {be(present)} in this video; {join(absent)} {be(absent)} not{open_}."
    if len(absent) == 1:
        return f"{absent[0]} is not in this video{open_}."
    return f"No, {neither(absent)} is in this video{open_}."


def neither(names: Sequence[str]) -> str:
    """Such as "neither Ana nor Ben" or "none of Ana, Ben and Cleo"."""
    return f"neither {join(names, 'nor')}" if len(names) == 2 else f"none of {join(names)}"


def who_is_there(asked: Sequence[PersonPresence], evidence: Evidence, besides: Sequence[str] = ()) -> str:
    """Who is there: everyone known, whoever is unsure, and how many others.

    Args:
        asked: the presence of everyone enrolled but those left out.
        evidence: what was measured.
        besides: who is left out.
    """
    present = decided(asked, "present")
    lead = f"Besides {join(besides)}, " if besides and present else ""
    first = f"{lead}{join(present)} {be(present)} in this video{' too' * bool(lead)}." if present else nobody(besides)
    return " ".join(x for x in (first, *may_be(asked), unknown_people(evidence.unknown, bool(present))) if x)


def who_is_absent(asked: Sequence[PersonPresence]) -> str:
    """Who of those enrolled is not there, and who may not be; of many the first ones by name."""
    absent = decided(asked, "absent")
    absent = shortened(absent, len(absent), _MOST_ABSENT, "others whom I know")
    return " ".join([f"{not_here(absent)}." if absent else "I miss nobody whom I know.", *may_be(asked)])


def nobody(besides: Sequence[str] = ()) -> str:
    """That nobody known is there, or nobody else."""
    return f"Nobody {'else ' if besides else ''}I know is in this video."


def may_be(asked: Sequence[PersonPresence]) -> list[str]:
    """Who may be there, if anybody: the likeliest by name."""
    likeliest = sorted(asked, key=lambda p: -p.probability)
    unsure = decided(likeliest, "unsure")
    unsure = shortened(unsure, len(unsure), _MOST_UNSURE)
    return [f"I'm not sure about {join(unsure, 'or')}."] if unsure else []


def untold(asked: Sequence[PersonPresence], kind: QuestionType | None = None) -> list[str]:
    """That nothing can be told of the absent, nor of the unsure: a sentence each, in the wording of a type, if any."""
    absent, unsure = decided(asked, "absent"), decided(asked, "unsure")
    sentences = [f"{not_here(absent)}, so I can't {_untold(kind, absent)}."] if absent else []
    if unsure:
        doubtful = f"I'm not sure whether {join(unsure, 'or')} is in this video"
        sentences.append(f"{doubtful}, so I can't {_untold(kind, unsure)}.")
    return sentences


def _untold(kind: QuestionType | None, names: list[str]) -> str:
    who, them = (names[0], names[0]) if len(names) == 1 else ("they", "them")
    return wording("untold", kind, who=who, them=them, be=be(names))


def in_passing(spans: Sequence[Span], evidence: Evidence) -> str:
    """Such as "from 0:02 to 0:09" or "the whole time"; empty for stills and where no span is known."""
    length = evidence.duration_s
    if not spans or is_still(evidence):
        return ""
    if length is not None and sum(b - a for a, b in spans) >= WHOLE * length:
        return "the whole time"
    if len(spans) > FEW_SPANS:
        return f"{number(len(spans))} times between {clock(spans[0][0])} and {clock(spans[-1][1])}"
    return join([span_told(*span) for span in spans])


def unknown_people(count: int, also: bool = False) -> str:
    """How many people are seen whom nobody knows, as a sentence; empty for none."""
    there = f"There {'is' if count == 1 else 'are'}{' also' if also else ''}"
    return f"{there} {so_many_people(count)} I don't know." if count > 0 else ""


def doubt(person: PersonPresence, still: bool = False) -> str:
    """What was seen, and why that is not enough: the part of an unsure answer after its colon.

    Args:
        person: unsure.
        still: the clip is a photo, where no time is told.
    """
    why = person.why
    if why is None or why.at_s is None:
        return _CLEAR if person.track is not None else _UNSEEN
    seen = f"{'' if still else f'at {clock(why.at_s)} '}there is {_somebody(why)} who could be {person.name}"
    return seen if why.hard else f"{seen}, but {_CLEAR}"


def because(person: PersonPresence, still: bool = False) -> str:
    """Why a person isn't found present, as a sentence; empty where she is, or where nothing is known of it."""
    why, name = person.why, person.name
    if why is None:
        return ""
    if why.reason == "outdated":
        return f"{name} was enrolled by an earlier version, which saw drawn figures otherwise: enroll again."
    if why.reason == "nobody":
        return "Nobody whose face or figure could be compared is seen."
    when = "" if still or why.at_s is None else f" at {clock(why.at_s)}"
    if why.reason == "told":
        return f"Most like {name} is somebody{when} of whom you said that it isn't {name}."
    if why.reason == "other":
        return f"Most like {name} is somebody{when} who is more like {why.like}."
    pixels = f", with a face {why.face_px} pixels high" if why.face_px and "small" in why.hard else ""
    who = f"{_somebody(why)}{pixels}" if why.hard else "somebody seen well"
    verdict = "it could be the same person" if person.decision == "unsure" else "too unlike to be the same person"
    return f"Most like {name} is {who}{when}: {verdict}."


def _somebody(why: Why) -> str:
    return f"somebody {join([wording('doubt', one) for one in why.hard])}".rstrip()


def _existence_of_one(person: PersonPresence, evidence: Evidence) -> str:
    name = person.name
    if person.decision == "absent":
        return f"No, {not_here([name])}."
    if person.decision == "unsure":
        return f"I'm not sure whether {name} is in this video: {doubt(person, is_still(evidence))}."
    where = evidence.facts_of(name).where
    return (
        "Yes, "
        + ", ".join(x for x in (f"{name} is in this video", where, in_passing(person.spans, evidence)) if x)
        + "."
    )
