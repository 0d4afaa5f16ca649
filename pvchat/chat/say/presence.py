"""Who is in a clip, as sentences: yes and no, lists, when; what can't be told of people who aren't there, and why
somebody wasn't recognised for sure.

In: enrolled people with their `Why`, a `Timeline`. Out: sentences. Whoever is absent, or unsure, is never described.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import be, clock, first_times, join, number, shortened, so_many_people, span_told, wording
from pvchat.chat.query import Query
from pvchat.chat.spans import WHOLE, Span, seconds_in
from pvchat.chat.timeline import Entity, Timeline
from pvchat.schemas import Decision, Why

FEW_SPANS = 3  # that are told one by one in passing
_MOST_ABSENT = 12  # people who aren't there told by name …
_MOST_UNSURE = 3  # … and of those who may be, the likeliest; of 62 enrolled a dozen may resemble somebody in a crowd


def decided(people: Sequence[Entity], decision: Decision) -> list[str]:
    """The names of those of whom this was decided, in order."""
    return [one.name for one in people if one.decision == decision]


def not_here(names: Sequence[str]) -> str:
    """That some people aren't there, as a clause; of many the first ones by name."""
    named = shortened(names, len(names), _MOST_ABSENT, "others whom I know")
    return f"{join(named)} {be(names)} not in this video"


def here_but(names: Sequence[str], what: str) -> str:
    """That people are there and something can't be told of them, as a sentence."""
    return f"{join(names)} {be(names)} in this video, but I can't {what}."


def existence(person: Entity, timeline: Timeline, polar: bool = True) -> str:
    """Whether somebody is there: with side and times, or why that isn't sure; `polar` with yes or no, which who asks
    "who is he?" doesn't want.
    """
    yes, no = ("Yes, ", "No, ") if polar else ("", "")
    name = person.name
    times = [f"at {clock(row.start_s)}" for row in timeline.of(name, "speaks")]
    heard = f"I hear {name} {first_times(times, FEW_SPANS)}" if times else ""
    if person.decision == "absent":
        return f"{heard}, but don't see {name}." if heard else f"{no}{not_here([name])}."
    if person.decision == "unsure":
        reason = "" if person.why is None else because(name, "unsure", person.why, timeline.still)
        also = f" {heard}." if heard else ""
        return f"I'm not sure whether {name} is in this video. {reason}".rstrip() + also
    sides = side_said([row.value for row in timeline.lasting(name, "side")], in_frame=True)
    seen = in_passing(timeline.seen(name), timeline)
    return f"{yes}{', '.join(filter(None, (f'{name} is in this video', sides, seen)))}."


def who_is_there(asked: Sequence[Entity], timeline: Timeline, besides: Sequence[str] = ()) -> str:
    """Who is there: everyone known, whoever is unsure, and how many others.

    Args:
        asked: everyone enrolled but those left out.
        timeline: of the video.
        besides: who is left out.
    """
    present = decided(asked, "present")
    lead = f"Besides {join(besides)}, " if besides and present else ""
    first = f"{lead}{join(present)} {be(present)} in this video{' too' * bool(lead)}." if present else nobody(besides)
    return " ".join(x for x in (first, *may_be(asked), unknown_people(timeline.strangers, bool(present))) if x)


def who_is_absent(asked: Sequence[Entity]) -> str:
    """Who of those enrolled is not there, and who may not be."""
    absent = decided(asked, "absent")
    return " ".join([f"{not_here(absent)}." if absent else "I miss nobody whom I know.", *may_be(asked)])


def nobody(besides: Sequence[str] = ()) -> str:
    """That nobody known is there, or nobody else."""
    return f"Nobody {'else ' if besides else ''}I know is in this video."


def may_be(asked: Sequence[Entity]) -> list[str]:
    """Who may be there, if anybody: the likeliest by name."""
    likeliest = sorted(asked, key=lambda p: -p.probability)
    unsure = decided(likeliest, "unsure")
    unsure = shortened(unsure, len(unsure), _MOST_UNSURE)
    return [f"I'm not sure about {join(unsure, 'or')}."] if unsure else []


def untold(asked: Sequence[Entity], query: Query | None = None) -> list[str]:
    """That what a query asks for can't be told of the absent, nor of the unsure: a sentence for each."""
    told = []
    for decision, names in (("absent", decided(asked, "absent")), ("unsure", decided(asked, "unsure"))):
        doubtful = f"I'm not sure whether {join(names, 'or')} is in this video"
        who, them = (names[0], names[0]) if len(names) == 1 else ("they", "them")
        kind = "" if query is None else query.attribute or query.select
        what = wording("untold", kind, who=who, them=them, be=be(names))
        if names:
            told.append(f"{doubtful if decision == 'unsure' else not_here(names)}, so I can't {what}.")
    return told


def in_passing(spans: Sequence[Span], timeline: Timeline) -> str:
    """Such as "from 0:02 to 0:09" or "the whole time"; empty for stills and where no span is known."""
    if not spans or timeline.still:
        return ""
    if seconds_in(spans) >= WHOLE * seconds_in([timeline.whole]):
        return "the whole time"
    if len(spans) > FEW_SPANS:
        return f"{number(len(spans))} times between {clock(spans[0][0])} and {clock(spans[-1][1])}"
    return join([span_told(*span) for span in spans])


def unknown_people(count: int, also: bool = False) -> str:
    """How many people are seen whom nobody knows, as a sentence; empty for none."""
    there = f"There {'is' if count == 1 else 'are'}{' also' if also else ''}"
    return f"{there} {so_many_people(count)} I don't know." if count > 0 else ""


def because(name: str, decision: Decision, why: Why, still: bool = False) -> str:
    """Why a person isn't found present, as a sentence; no times of a photo."""
    if why.reason == "nobody":
        return "Nobody whose face or figure could be compared is seen."
    when = "" if still or why.at_s is None else f" at {clock(why.at_s)}"
    if why.reason == "told":
        return f"Most like {name} is somebody{when} of whom you said that it isn't {name}."
    if why.reason == "other":
        return f"Most like {name} is somebody{when} who is more like {why.like}."
    pixels = f", with a face {why.face_px} pixels high" if why.face_px and "small" in why.hard else ""
    who = f"{_somebody(why)}{pixels}" if why.hard else "somebody seen well"
    verdict = "it could be the same person" if decision == "unsure" else "too unlike to be the same person"
    return f"Most like {name} is {who}{when}: {verdict}."


def _somebody(why: Why) -> str:
    return f"somebody {join([wording('doubt', one) for one in why.hard])}".rstrip()


def side_said(sides: Sequence[str], in_frame: bool) -> str:
    """Such as "on the left of the frame, in the background"."""
    told = [wording("side", side) for side in sides]
    return ", ".join([f"{told[0]}{' of the frame' * in_frame}", *told[1:]]) if told else ""
