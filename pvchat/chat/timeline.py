"""What is known of a video as a table over time: people, and rows that say what holds of whom from when to when; and
what was found in it (`Finding`), or in many videos (`ArchiveFinding`).

`run.py` looks a `Query` up in a `Timeline`; `say/` puts the `Finding` into words. JSON output, the app and follow-up
questions read the finding, never the sentence. A part of a clip, a clip, a film and many films are the same.

A condition holds, doesn't hold, or isn't known. If there is no row about it, it isn't known, with these exceptions:

- a person who is "present" isn't seen outside the spans of her rows "present"; of an "unsure" one nothing is known;
- of `EXCLUSIVE` attributes one value denies the others at that time: who sits doesn't stand, a red jacket isn't blue;
- people who are seen together and not said to be beside each other aren't; left and right of each other follow from
  `Entity.centre`;
- a thing that is looked for (`Timeline.looked_for`) and has no row isn't there;
- a row may say itself that something does not hold (`Row.holds`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Literal

from pvchat.chat.english import same_colour, table, word_set
from pvchat.chat.query import Condition, Has, Query, Whom, atoms, parts_of
from pvchat.chat.spans import Span, Verdict, common, grouped, merged, most_at_once, seconds_in
from pvchat.schemas import Decision, Ground, Reason, SoundState, Why

EXCLUSIVE = ("gender", "posture", "side", "shot_size", "setting", "place", "light", "style")
OF_SCENE = ("place", "setting", "light", "background", "thing", "style", "music")  # of no person
_EMPTY = word_set("a an the of on in at to towards into with his her their something somebody")
_VOCABULARY = table()["vocabulary"]
# Where somebody looks: one of two ways denies the other
_GAZES = [[word_set(way) for way in pair] for pair in _VOCABULARY["gazes"]]
# What a garment may be told as, where its colour is asked for (a shirt is often told as a top); what is a garment of
# one word, whatever it is told as; what somebody does, too, who does something: who talks on a phone uses it; which
# places a kind of place may be; what nobody does in a posture.
_TOLD_AS, _KINDS, _ALSO, _MAY_BE, _UNLIKE = (
    {word: word_set(others) for word, others in _VOCABULARY[part].items()}
    for part in ("told as", "kinds", "also", "may be", "unlike")
)
_OVER = word_set("suit jacket coat blazer")  # worn over a top
_MOVING = word_set("walking running moving dancing jumping jogging stepping")
EITHER_WAY = ("walking or", "falling or")  # movements that are told of whoever is asked about the first
_AT_HOME = word_set("home house flat")
_HOME = word_set("home house flat bedroom kitchen bathroom living")  # words of places that are there
_LENGTHS = frozenset(("long", "short", "bald"))  # of hair
_DEPTHS = ("foreground", "background")
_DOUBTFUL = 0.1  # probability of somebody who is held absent from which she isn't surely so [choice]
SMILES = ("smiling", "laughing")  # that the switch for traits takes away
LIKELY = 0.8  # probability below which a row holds only probably
_SAME_TIME = timedelta(seconds=3)  # from a sighting to the next one
MOSTLY = 0.6  # share of the time for which what is told of all of it must hold
Absence = Literal["absent", "unsure", "not enrolled"]
Quote = tuple[str, str, Span, str]  # who says it ("" where nobody knows), `Row.of`, from when to when, the words
UNITS: dict[str, Callable[[Seen], str]] = {  # by which videos are put together: what each belongs to
    "place": lambda one: one.video.spot,
    "day": lambda one: f"{one.video.at:%Y-%m-%d}",
    "night": lambda one: f"{one.video.at - timedelta(hours=12):%Y-%m-%d}",
    "weekday": lambda one: f"{one.video.at:%A}",
    "week": lambda one: f"{one.video.at - timedelta(days=one.video.at.weekday()):%Y-%m-%d}",
    "month": lambda one: f"{one.video.at:%Y-%m}",
    "year": lambda one: f"{one.video.at:%Y}",
    "day and place": lambda one: f"{one.video.at:%Y-%m-%d} {one.video.spot}",
    "hour": lambda one: f"{one.video.at:%H}",
    "scope": lambda one: one.scopes[0],
}
TELLING = {"deed": ("posture", "deed", "holding", "speaks")}  # attribute -> attributes of rows that answer it


@dataclass(frozen=True)
class Row:
    """One line of a timeline: that `attribute` of `entity` is `value` from `start_s` to `end_s`, seconds; as in
    `query.Has`. Two rows are the same whatever they rest on.
    """

    entity: str  # an enrolled person's name, "#1", "#2" … for strangers, "" for the scene
    attribute: str
    value: str = ""
    start_s: float = 0.0
    end_s: float = 0.0
    colour: str = ""
    of: str = ""  # an entity; of a thing the side of the picture that it is on
    probability: float = 1.0  # of the measurement, 0..1
    holds: bool = True  # False: it was measured that it does not hold
    ground: Ground | None = field(default=None, compare=False)  # where it is seen best

    @property
    def span(self) -> Span:
        """From when to when, seconds."""
        return self.start_s, self.end_s

    def narrowed(self, value: str) -> bool:
        """Whether it is about the value that narrows its attribute."""
        asked, told = words(value), words(f"{self.value} {self.colour}")
        return asked <= told or self.attribute == "worn" and not told.isdisjoint(_told_as(asked))


@dataclass(frozen=True)
class Entity:
    """Somebody in the video, or somebody enrolled who isn't.

    `like` is another entity that may be this one, who then isn't counted: of somebody unsure a stranger, of the less
    likely of two people on one track the other.
    """

    name: str  # an enrolled name, or "#1", "#2" … for strangers
    known: bool = True  # enrolled
    decision: Decision = "present"  # whether this one is in the video
    probability: float = 1.0  # of that
    centre: tuple[float, float] | None = None  # where this one usually is, x and y as fractions of the frame
    height: float | None = None  # of the face or figure, as a fraction of the frame
    like: str = ""
    why: Why | None = None  # the reason why an enrolled person isn't found present


@dataclass(frozen=True)
class Missing:
    """Somebody who is asked about and of whom nothing can be told."""

    name: str  # as it was asked
    why: Absence  # isn't in the video, may be, or bears no enrolled name
    suggests: str = ""  # the enrolled name that was probably meant
    like: str = ""  # the entity that may be this one, where that isn't sure
    hard: tuple[Reason, ...] = ()  # what kept whoever is most like an absent one from being compared well
    surely: bool = True  # that an absent one is: not where it may be otherwise in one case of ten


@dataclass(frozen=True)
class Timeline:
    """Everything that can be asked about one video, or a part of it."""

    start_s: float  # of the part, seconds
    end_s: float
    entities: tuple[Entity, ...] = ()  # everyone enrolled, in order of enrollment, then the strangers who are seen
    rows: tuple[Row, ...] = ()  # what holds of whom when; of the scene (entity "") too
    shots: tuple[Span, ...] = ()  # start and end of each, seconds
    looked_for: frozenset[str] = frozenset()  # labels of things whose absence is known
    still: bool = False  # a photo, or as short as one: no times are told
    at_least: bool = False  # there may be more strangers than are listed
    measured: bool = False  # out of pictures: near shades and about equal lengths aren't told apart
    sound: SoundState | Literal[""] = ""  # "heard", or why nothing is; "": it wasn't listened to, since nobody asked
    traits: bool = True  # men are told from women, and smiles are told (`without_traits`)

    @cached_property
    def _by_entity(self) -> dict[tuple[str, str], list[Row]]:
        return grouped(((row.entity, row.attribute), row) for row in self.rows)

    @property
    def whole(self) -> Span:
        """From when to when, seconds."""
        return self.start_s, self.end_s

    def of(self, entity: str, attribute: str, denied: bool = False) -> Sequence[Row]:
        """The rows of one person (or of "", the scene) about one attribute that hold, in order; or all (`denied`)."""
        return (self._by_entity if denied else self._held).get((entity, attribute), ())

    @cached_property
    def _held(self) -> dict[tuple[str, str], list[Row]]:
        return {key: [row for row in rows if row.holds] for key, rows in self._by_entity.items()}

    @cached_property
    def _seen(self) -> dict[str, list[Span]]:
        rows = {who: rows for (who, what), rows in self._held.items() if what == "present"}
        return {who: merged([row.span for row in hers]) for who, hers in rows.items()} | {"": [self.whole]}

    def seen(self, entity: str) -> list[Span]:
        """When somebody is seen, seconds; the scene always is."""
        return self._seen.get(entity, [])

    def entity(self, name: str) -> Entity | None:
        """Somebody by name."""
        return next((one for one in self.entities if one.name == name), None)

    def missing(self, name: str, among: Sequence[str] = ()) -> Missing | None:
        """Why nothing can be told of somebody; None: she is there, and nobody `among` others is likelier to be her."""
        one = self.entity(name)
        if one is None:  # a stranger who is there in another part
            return Missing(name, "absent" if name.startswith("#") else "not enrolled")
        if one.decision == "unsure" or one.like in among:
            return Missing(name, "unsure", like=one.like)
        if one.decision == "present":
            return None
        hard = () if one.why is None or one.why.reason not in one.why.hard else one.why.hard  # no rival fits better
        doubtful = _DOUBTFUL <= one.probability < LIKELY  # who is likely is so in another part of the video
        return Missing(name, "absent", hard=hard, surely=not (hard or doubtful))

    @property
    def drawn(self) -> bool:
        """Whether it is an animated or drawn picture, in which no things can be made out."""
        return any(row.value == "drawn" for row in self.of("", "style"))

    def lasting(self, entity: str, attribute: str, spans: Sequence[Span] = ()) -> list[Row]:
        """The rows, one of each kind, that hold for most of some time, or of all that somebody is seen."""
        spans = spans or self.seen(entity)
        least = MOSTLY * seconds_in(spans)
        kinds = alike(self.of(entity, attribute))
        return [same[0] for same in kinds if seconds_in(common([row.span for row in same], spans)) >= least]

    @cached_property
    def enrolled(self) -> tuple[Entity, ...]:
        """Everyone enrolled; of two names for one sighting the less likely one is unsure."""
        known = [one for one in self.entities if one.known]
        return tuple(
            replace(one, decision="unsure") if one.like and one.decision == "present" else one for one in known
        )

    @cached_property
    def strangers(self) -> int:
        """How many people are seen who surely are nobody enrolled."""
        same = {one.like for one in self.entities}
        return sum(not one.known and one.name not in same for one in self.entities)

    @property
    def unnamed(self) -> int:
        """How many people are seen beside those who are surely known."""
        return sum(not one.known for one in self.entities)

    def doubtful(self, name: str) -> bool:
        """Whether the name of somebody enrolled who is seen is only probably the right one."""
        one = self.entity(name)
        if one is None or not one.known or one.decision != "present":
            return False
        return one.like != "" or one.probability < LIKELY

    def same_as(self, names: Sequence[str]) -> set[str]:
        """These people, with the other names that their sightings may bear."""
        pairs = [(one.name, one.like) for one in self.entities if one.like]
        return {*names, *(b for a, b in pairs if a in names), *(a for a, b in pairs if b in names)}

    def others(self, names: Sequence[str]) -> list[str]:
        """Everybody else who is seen; of two names for one sighting the likelier one."""
        same = self.same_as(names)
        rest = (one.name for one in self.entities if one.name not in same and not one.like)
        return [name for name in rest if self.seen(name)]

    def between(self, start_s: float, end_s: float) -> Timeline:
        """The part between two times, seconds: as of a clip that is no longer, whoever isn't seen in it is absent."""
        span = max(start_s, self.start_s), min(end_s, self.end_s)
        rows = [replace(row, start_s=a, end_s=b) for row in self.rows for a, b in common([row.span], [span])]
        there = {row.entity for row in rows if row.attribute == "present"}
        gone = [one for one in self.entities if one.decision == "present" and one.name not in there]
        entities = [replace(one, decision="absent") if one in gone else one for one in self.entities]
        kept = tuple(one for one in entities if one.known or one.name in there)
        shots = tuple(common(self.shots, [span]))
        return replace(self, start_s=span[0], end_s=span[1], entities=kept, rows=tuple(rows), shots=shots)


@dataclass(frozen=True)
class Found:
    """What was found about one person."""

    entity: str  # as in `Row`
    verdict: Verdict = "yes"  # whether what is asked holds of this one
    spans: tuple[Span, ...] = ()  # when it does, seconds
    rows: tuple[Row, ...] = ()  # that say so
    number: float | None = None  # a length of time (seconds) or a count, where that is asked for
    likely: bool = False  # it only probably holds, or doesn't (its rows say "probably"); of `instead`: or is this one


@dataclass(frozen=True)
class Finding:
    """What was found."""

    query: Query  # for which question
    verdict: Verdict | None = None  # to yes-or-no questions; None for others
    people: tuple[Found, ...] = ()  # those of whom it holds, in the order of the answer (of enrollment, or by rank)
    against: tuple[Found, ...] = ()  # those of whom it is known not to hold
    open: tuple[Found, ...] = ()  # those of whom that isn't known
    spans: tuple[Span, ...] = ()  # when it holds of all that is asked, seconds
    number: float | None = None  # how many, how long (seconds), how often
    at_least: bool = False  # the number may be higher, since not everything is known
    missing: tuple[Missing, ...] = ()  # asked about by name and absent, unsure or not enrolled
    rows: tuple[Row, ...] = ()  # what answers, of the scene or of things
    then: Finding | None = None  # what was found for the second of two questions
    nothing: bool = False  # the part of the video that is asked about doesn't exist, or its event never happens
    during: tuple[Span, ...] = ()  # the time that an event names, seconds, if there is one ("while Ben is away")
    presumed: Condition | None = None  # what isn't known of the only one who can be meant: that he wears glasses
    instead: tuple[Found, ...] = ()  # who is seen where all who are named are missing: who may be them, else the few

    @property
    def names(self) -> tuple[str, ...]:
        """The entities of whom it holds."""
        return tuple(found.entity for found in self.people)

    @property
    def every_row(self) -> list[Row]:
        """The rows that say so, of people and of the scene."""
        return [*(row for one in self.people for row in one.rows), *self.rows]

    @property
    def everyone(self) -> tuple[Found, ...]:
        """Everybody of whom anything was found: that it holds, that it doesn't, that it isn't known."""
        return *self.people, *self.against, *self.open

    def to_dict(self) -> dict[str, Any]:
        """As JSON, for `--explain`, `--json` and the app; what is empty or as usual is left out."""
        return _to_json(self)


@dataclass(frozen=True)
class Video:
    """One video of an archive."""

    number: int  # of it in the archive
    path: str  # of its file
    place: str  # what its source is called; "" for no name
    at: datetime  # when it begins, local time
    dated_by: str  # what says so: "name", "container", or only the "file" itself; of a "day" the hour isn't known
    seconds: float  # how long it is
    long: bool = False  # what people wear and do in it was not measured yet

    @property
    def spot(self) -> str:
        """What its source is called, else its folder: "/Ward 3"; "" where that is a number, or a date."""
        folder = self.path.rpartition("/")[0].rpartition("/")[2]
        return self.place or f"/{folder}" * any(map(str.isalpha, folder))

    def time_of(self, seconds: float) -> datetime:
        """The time of day of a moment in it."""
        return self.at + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Seen:
    """One video in which something holds, or may hold."""

    video: Video
    spans: tuple[Span, ...] = ()  # when it does, seconds of the video; none where that isn't known
    names: tuple[str, ...] = ()  # of whom
    perhaps: frozenset[str] = frozenset()  # those of them who are only perhaps in it
    sure: bool = True  # it holds of somebody who surely is there
    each: dict[str, tuple[Span, ...]] = field(default_factory=dict)  # when it holds of each, where they are listed
    told: bool = True  # False: whoever is asked about is there, and nothing tells whether it holds
    quotes: tuple[Quote, ...] = ()  # what is said meanwhile, where words are asked about
    scopes: tuple[str, ...] = ()  # words for those of several times and places asked about in which it holds

    def joined(self, other: Seen) -> Seen:
        """The same video in two of the times and places that are asked about."""
        names = tuple(dict.fromkeys((*self.names, *other.names)))
        each = {name: tuple(merged([*self.each.get(name, ()), *other.each.get(name, ())])) for name in names}
        return replace(
            self, spans=tuple(merged([*self.spans, *other.spans])), names=names, perhaps=self.perhaps | other.perhaps,
            sure=self.sure or other.sure, each={name: spans for name, spans in each.items() if spans},
            quotes=tuple(dict.fromkeys((*self.quotes, *other.quotes))), scopes=(*self.scopes, *other.scopes),
        )  # fmt: skip

    @property
    def strangers(self) -> int:
        """How many of `names` aren't enrolled."""
        return sum(name.startswith("#") for name in self.names)

    @property
    def at_once(self) -> int:
        """How many of them it holds of at the same time, at most."""
        return most_at_once([span for spans in self.each.values() for span in spans])

    @property
    def people(self) -> int:
        """How many of them there are at least: strangers who are never seen at once may be one."""
        return max(len(self.names) - self.strangers - len(self.perhaps), self.at_once)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, in which a stranger is a number of this video ("#1"), never somebody whom she hardly is."""
        video, first = self.video, self.spans[0][0] if self.spans else 0.0
        heard = (name for who, of, *_ in self.quotes for name in (who, of))
        strangers = dict.fromkeys(name for name in (*self.names, *heard) if name.startswith("#"))
        called = {name: f"#{number}" for number, name in enumerate(strangers, 1)}
        said = [
            {"who": called.get(who, who), "of": called.get(of, of), "span": list(span), "text": text}
            for who, of, span, text in self.quotes
        ]
        return {
            "path": video.path, "place": video.place, "recorded": video.at.isoformat(), "dated_by": video.dated_by,
            "seconds": round(video.seconds, 2), "sure": self.sure,
            "people": [called.get(name, name) for name in self.names],
            "perhaps": sorted(self.perhaps), "spans": [[round(a, 2), round(b, 2)] for a, b in self.spans],
            "first_at": video.time_of(first).isoformat(timespec="seconds"), **({"quotes": said} if said else {}),
        }  # fmt: skip


@dataclass(frozen=True)
class ArchiveFinding:
    """What was found in many videos."""

    query: Query  # for which question
    looked_at: int  # how many videos there are of the time and place that are asked about
    verdict: Verdict | None = None  # to yes-or-no questions; None for others
    seen: tuple[Seen, ...] = ()  # the videos in which it holds or may hold, in order of time
    names: dict[str, int] = field(default_factory=dict)  # of whom it holds, in the answer's order; in how many videos
    # The places, days … (`UNITS`), or pairs of people, that are asked for, in the answer's order; with how many videos,
    # or seconds, each.
    groups: dict[str, float] = field(default_factory=dict)
    absent: tuple[str, ...] = ()  # who is asked about and in none of them
    number: float | None = None  # how many videos, seconds, people, days, as asked
    untold: int = 0  # how many show whoever is asked about, and don't tell whether it holds
    then: ArchiveFinding | None = None  # of a second question
    maybe: tuple[str, ...] = ()  # who may be there as is asked, and isn't surely; for which groups it may, not surely

    @property
    def strange(self) -> tuple[str, ...]:
        """The names in the question that nobody enrolled bears."""
        return tuple(dict.fromkeys(name for one in parts_of(self.query, Whom) for name in one.unknown))

    @property
    def sure(self) -> list[Seen]:
        """The videos in which it surely holds."""
        return [one for one in self.seen if one.sure]

    @property
    def times(self) -> int:
        """How many separate times it surely holds: what goes on in a camera's next clip is the same time."""
        times, ended = 0, dict[str, datetime]()  # at each place, or in a video of which the hour isn't known
        for video, spans in ((one.video, one.spans or ((0.0, one.video.seconds),)) for one in self.sure):
            where = video.spot if video.dated_by in ("name", "container") else video.path
            for start, end in spans:
                times += video.time_of(start) - ended.get(where, datetime.min) > _SAME_TIME
                ended[where] = video.time_of(end)
        return times

    @property
    def perhaps(self) -> list[Seen]:
        """Those in which it may."""
        return [one for one in self.seen if not one.sure]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        row = {
            "query": self.query.to_dict(), "videos": self.looked_at, "verdict": self.verdict,
            "surely": len(self.sure), "perhaps": len(self.perhaps), "number": self.number, "names": self.names,
            "groups": self.groups or None,
            "untold": self.untold, "absent": list(self.absent), "not_enrolled": list(self.strange),
            "clips": [one.to_dict() for one in self.seen], "then": None if self.then is None else self.then.to_dict(),
        }  # fmt: skip
        return {name: value for name, value in row.items() if value is not None}


def is_of_scene(condition: Condition | None) -> bool:
    """Whether a condition is of the scene or its things alone; where a thing lies is, too: "a dog on the sofa"."""
    asked = {has.attribute for has in atoms(condition)}
    return bool(asked) and asked <= {*OF_SCENE, *(("near",) if "thing" in asked else ())}


def alike(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that hold and say the same of different times, together; in order."""

    def kind(row: Row) -> Row:
        return replace(row, start_s=0.0, end_s=0.0, probability=float(row.probability >= LIKELY), ground=None)

    return list(grouped((kind(row), row) for row in rows if row.holds).values())


def without_traits(timeline: Timeline) -> Timeline:
    """A timeline as if nobody's gender and no smile had been measured: what a face suggests, off by a switch.

    Moods and ages are never told: what somebody feels isn't what the face shows, and ages were wrong every second time.
    """
    rows = tuple(row for row in timeline.rows if row.attribute != "gender" and row.value not in SMILES)
    return replace(timeline, rows=rows, traits=False)


@lru_cache(maxsize=4096)
def words(text: str) -> frozenset[str]:
    """The words of a value that tell something, in the singular, each in one of its spellings."""
    said = " ".join(_VOCABULARY["spellings"].get(word, word) for word in text.lower().split()).split()
    return frozenset(word if len(word) < 4 else word.removesuffix("s") for word in said if word not in _EMPTY)


def says(has: Has, row: Row, measured: bool) -> Verdict:
    """What a row of the same attribute, or of one that `TELLING` lists, says to a condition, whatever its `of`."""
    asked, told = words(f"{has.value} {has.colour}"), words(f"{row.value} {row.colour}")
    if has.attribute == "posture":  # who stands up stands then
        asked -= {"up", "down"}
    if row.attribute == "holding" and has.attribute == "deed":  # "holding a cup"
        told |= {"holding"}
    if row.attribute == "speaks":  # its value is a voice's number
        told = words("talking")
    if row.attribute == has.attribute == "deed":
        told = told.union(*(_ALSO.get(word, ()) for word in told))
    fits = asked <= told or has.attribute == "deed" and asked == {"moving"} and not told.isdisjoint(_MOVING)
    if has.attribute == "deed" and "or" in told - asked:  # who eats or drinks does something, but which isn't known …
        likelier = words(row.value.partition(" or ")[0]) | {"moving"} if row.value.startswith(EITHER_WAY) else set()
        fits = fits and asked <= likelier  # … not even probably; who walks or runs probably walks
    fits = fits or has.attribute == "place" and bool(asked) and asked <= _AT_HOME and not told.isdisjoint(_HOME)
    fits = fits or has.attribute == "place" and set() < asked - {"room"} <= told  # "a hospital room"
    said = _worn(has, row, measured) if has.attribute == "worn" else "yes" if fits else "unknown"
    if not row.holds:
        as_much = set() < told <= asked  # who has no long hair has no long dark hair, but may have hair
        return "no" if has.value and (as_much or has.attribute == "worn" and said == "yes") else "unknown"
    rivals = has.attribute in EXCLUSIVE
    if has.attribute == "place":  # "at home" says nothing of the rooms there, "the countryside" may be a forest
        covered = told.union(*(_MAY_BE.get(word, ()) for word in told)) - {"room"}
        rivals = asked.isdisjoint(_HOME if told <= _AT_HOME else covered)
    if has.attribute == "deed" and "looking" in asked & told:  # who looks aside doesn't look at the camera
        rivals = any(one & asked and other & told for pair in _GAZES for one, other in (pair, pair[::-1]))
    if has.attribute == "deed" and row.attribute == "posture":  # who sits doesn't fall meanwhile
        rivals = asked <= {"up", "down", "over"}.union(*(_UNLIKE.get(word, ()) for word in told))
    if has.attribute == "hair":  # who has long hair has no short hair, who has dark hair is not blonde; curly it may be
        rivals = not (_LENGTHS.isdisjoint(asked) or _LENGTHS.isdisjoint(told))
        rivals |= "hair" in asked & told and not same_colour(f"{has.value} {has.colour}", row.colour)
    if has.attribute == "side":  # left and right say nothing of near and far
        rivals = (has.value in _DEPTHS) == (row.value in _DEPTHS)
    return "no" if rivals and said == "unknown" else said


def _worn(has: Has, row: Row, measured: bool) -> Verdict:
    """Garments: by kind; with a colour also what the kind may be told as, and another colour denies it."""
    asked, mine = words(has.value), words(row.value)
    kinds = _KINDS.get(has.value, frozenset()) if row.holds else frozenset()
    if not (asked <= mine or kinds & mine or has.colour and _told_as(asked) & mine):
        bare = not mine.isdisjoint(("short-sleeved", "sleeveless"))  # then nothing is worn over it
        return "no" if bare and row.holds and asked and asked <= _OVER else "unknown"
    if not has.colour or not row.holds and not row.colour or words(has.colour) <= words(row.colour):
        return "yes"
    if measured:
        fits = same_colour(row.colour, has.colour)
    else:  # near shades aren't one; "dark blue" and "blue" are
        one, other = words(has.colour), words(row.colour)
        fits = bool((one & other) - {"dark", "light"}) and not {"dark", "light"} <= one ^ other
    return "no" if row.colour and asked and row.holds and not fits else "unknown"


@lru_cache(maxsize=1024)
def _told_as(asked: frozenset[str]) -> frozenset[str]:
    """What a garment of one word may be told as, where its colour is asked for; what is worn on a "head"."""
    return words(" ".join(_TOLD_AS.get(next(iter(asked)), ()))) if len(asked) == 1 else frozenset()


def _to_json(value: Any) -> Any:
    """Values as JSON; a row's times are its "span", and an entity is called "who"."""
    if isinstance(value, tuple):
        return [_to_json(part) for part in value]
    if isinstance(value, Query):
        return value.to_dict()
    if not is_dataclass(value):
        return value
    row = {one.name: _to_json(getattr(value, one.name)) for one in fields(value) if one.name != "ground"}
    if "entity" in row:
        row = {"who": row.pop("entity"), **row}
    if isinstance(value, Row):
        row["span"] = [round(row.pop("start_s"), 2), round(row.pop("end_s"), 2)]
        row["probability"] = None if value.probability == 1.0 else round(value.probability, 3)
        return {name: part for name, part in row.items() if part not in ("", None) and (name, part) != ("holds", True)}
    return {name: part for name, part in row.items() if part is not None and part is not False and part not in ("", [])}
