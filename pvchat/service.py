"""PVChat: the one object that the command line, the app and the evaluation call.

In: clips, names, questions. Out: enrolled people and answers. It owns the people store, the cache of analysed clips and
the frozen experts; everything heavy is loaded when it is first needed.
"""

from __future__ import annotations

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pvchat.chat.questions import Question, check_known, read_question
from pvchat.config import Settings, home
from pvchat.errors import PeopleError, SettingsError
from pvchat.people.person import clean_name
from pvchat.people.store import PeopleStore, Person
from pvchat.runtime import pick_device
from pvchat.schemas import Answer, ClipAnalysis, PersonPresence
from pvchat.storage.clips import ClipCache

if TYPE_CHECKING:
    from pvchat.chat.answers import Evidence
    from pvchat.chat.describe import Describer
    from pvchat.chat.language import LanguageModel
    from pvchat.chat.sentences import SentenceEncoder
    from pvchat.identity.presence import PresenceModel
    from pvchat.model.pvchat import PVChatModel
    from pvchat.perception.analysis import Experts

PRESET = Settings.model
DEPTHS = ("instant", "deep")
_IN_MEMORY = 8  # analysed clips kept in memory

Progress = Callable[[str, float, float], None]
Stream = Callable[[str], None]
Turn = str | tuple[str, str]  # a question, or a question with its answer


class PVChat:
    """Enroll people from one clip each, then ask about other clips.

    Args:
        settings: device, seed, limits and thresholds.
        progress: called with what is being done, how much of it is done, and how much there is.

    Attributes:
        people: the people store.
    """

    def __init__(self, settings: Settings | None = None, progress: Progress | None = None) -> None:
        self.settings = settings or Settings()
        self.device = pick_device(self.settings.device)
        self.cache = ClipCache(home() / "cache" / "clips")
        self.people = PeopleStore(home() / "people", self.cache)
        self._progress = progress or (lambda what, done, total: None)
        self._recent: OrderedDict[str, ClipAnalysis] = OrderedDict()
        self._lock = threading.RLock()  # one clip at a time: the experts are not re-entrant

    @classmethod
    def from_pretrained(
        cls, preset: str = PRESET, settings: Settings | None = None, progress: Progress | None = None
    ) -> PVChat:
        """A PVChat with the weights of a preset, fetched on the first run, or with a trained model in a folder.

        Raises:
            SettingsError: there is no such model, or it doesn't fit the other settings.
            WeightsError: the weights are not there and can't be fetched.
        """
        from pvchat.assets import weights
        from pvchat.chat import models

        settings = settings or Settings()
        settings = settings if preset == PRESET else replace(settings, model=preset)
        models.choose(settings)
        if weights.missing():
            weights.fetch(progress=progress)
        return cls(settings, progress)

    def enroll(
        self,
        clip: str | Path,
        name: str,
        depth: str = "instant",
        track: int | None = None,
        replace: bool = False,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> Person:
        """Enroll the main subject of a clip.

        Args:
            clip: a video, an animation or a photo.
            name: what to call the person.
            depth: "instant" (seconds), or "deep" (minutes): the instant enrollment is stored first and answers while
                the clip is augmented and trained on.
            track: which subject, when the clip has several (numbers as in `SeveralSubjectsError`).
            replace: allow a name that is taken; the earlier enrollment is forgotten.
            stop: when set, a deep enrollment ends and keeps the best so far.
            progress: told what a deep enrollment is doing; None for what this object was made with.

        Raises:
            VideoReadError, SubjectError, PeopleError, SettingsError.
        """
        from pvchat.identity.enroll import enroll, forget_candidates

        if depth not in DEPTHS:
            raise SettingsError(f"there is no depth '{depth}'.", hint=f"Use one of: {', '.join(DEPTHS)}.")
        name = clean_name(name)
        taken = self.people.find(name)
        if taken is not None and not replace:  # told before the experts run
            raise PeopleError(
                f"'{taken.name}' is enrolled already.", subject=name, hint="Use another name, or replace."
            )
        person = enroll(self.analyse(clip), name, track, source=Path(clip).name)
        person = person if self.describer is None else self.describer.remember(person)
        enrolled = self.people.add(person, replace=replace)
        forget_candidates()
        if depth == "instant":
            return enrolled
        from pvchat.train.person.deep import deepen

        return deepen(self, clip, enrolled, track=track, stop=stop, progress=progress or self._progress)

    def ask(
        self, clip: str | Path, question: str, history: Sequence[Turn] = (), stream: Stream | None = None
    ) -> Answer:
        """Answer a question about a clip.

        Args:
            clip: a video, an animation or a photo.
            question: in English; names in any case.
            history: earlier questions about this clip, oldest first, for follow-ups ("and what is she wearing?"); a
                turn may be a pair of question and answer too.
            stream: called with pieces of the answer's text as they come: each has passed the guard already.

        Raises:
            VideoReadError, UnknownPersonError.
        """
        return self._answer(clip, [question], history, stream)[0]

    def ask_many(self, clip: str | Path, questions: Sequence[str], history: Sequence[Turn] = ()) -> list[Answer]:
        """Answer several questions about one clip, each for itself: one visual pass, the model's texts in one batch.

        Args:
            clip: a video, an animation or a photo.
            questions: any number.
            history: as for `ask`.

        Returns:
            An answer each, in order; their timing is that of all together.

        Raises:
            VideoReadError, UnknownPersonError.
        """
        return self._answer(clip, questions, history, None) if questions else []

    def read(self, question: str, history: Sequence[Turn] = ()) -> Question:
        """Read a question and the ones before it; raises UnknownPersonError for a name that isn't enrolled."""
        names = self.people.names()
        aliases = {alias: name for name, many in self.people.aliases().items() for alias in many}
        previous: Question | None = None
        for text in (*(turn if isinstance(turn, str) else turn[0] for turn in history), question):
            previous = read_question(text, names, aliases, previous, self._sentences.encode)
        assert previous is not None
        check_known(previous, names)
        return previous

    def presence(self, analysis: ClipAnalysis) -> list[PersonPresence]:
        """Everyone enrolled against one clip, in one pass."""
        return self.score(self.people.all(), analysis)

    def score(self, people: Sequence[Person], analysis: ClipAnalysis) -> list[PersonPresence]:
        """Presence of these people, enrolled or not, in the order given."""
        return self.presence_model.score(people, analysis, self.settings.presence)

    def analyse(
        self,
        clip: str | Path,
        timing: dict[str, float] | None = None,
        partial: Callable[[ClipAnalysis], None] | None = None,
    ) -> ClipAnalysis:
        """What the experts say about a clip: from memory, from the cache on disk, or by running them.

        Args:
            clip: a video, an animation or a photo.
            timing: gets the seconds that each step took.
            partial: called, while a long video is looked through, with what was seen so far.
        """
        from pvchat import video
        from pvchat.perception import analysis, scan

        key = video.content_key(clip)
        version = f"{analysis.VERSION}:{self.settings.video}"
        with self._lock:
            found = self._recent.get(key) or self.cache.load(key, version)
            if found is None:
                found = self._run_experts(clip, timing if timing is not None else {}, key, version, partial)
                self.cache.save(found, version)
                if found.scenes:  # it was a long one
                    scan.KeptParts(self.cache, key).remove()
            self._recent[key] = found
            self._recent.move_to_end(key)
            while len(self._recent) > _IN_MEMORY:
                self._recent.popitem(last=False)
        return found

    def aside(self, cache: ClipCache, max_frames: int) -> PVChat:
        """This PVChat for files it made itself: the same experts and people, another cache, fewer frames a clip."""
        self.experts, self.presence_model  # noqa: B018  # shared, so loaded before the copy
        other = copy.copy(self)
        other.settings = replace(self.settings, video=replace(self.settings.video, max_frames=max_frames))
        other.cache, other._recent = cache, OrderedDict()
        other._progress = lambda what, done, total: None
        return other

    def with_people(self, folder: str | Path) -> PVChat:
        """This PVChat for other people, kept in `folder`: the same models, cache and lock (one clip at a time)."""
        _ = self.experts, self.presence_model, self._sentences, self.describer or self._language  # loaded, to be shared
        other = copy.copy(self)
        other.people, other._recent = PeopleStore(folder, self.cache), OrderedDict()
        other._progress = lambda what, done, total: None
        if self.describer is not None:
            other.describer = self.describer.apart()
        return other

    def forget(self, name: str) -> None:
        """Delete everything kept about a person: folder, index row, vectors, all analysed clips, offered thumbnails."""
        from pvchat.identity.enroll import forget_candidates
        from pvchat.train.person.deep import sweep

        with self._lock:
            self._recent.clear()
            if self.describer is not None:
                self.describer.forget()
            self.people.forget(name)
            forget_candidates()
            sweep([person.id for person in self.people.all()])

    def merge(self, name: str, other: str) -> Person:
        """Make one person of two enrollments of the same person from different clips; `other` becomes an alias.

        The deep state, if any, stays as it is: `name`'s, else `other`'s. Clips are analysed anew after this.

        Raises:
            UnknownPersonError, PeopleError: nobody has a name, both are the same, or one is drawn and one isn't.
        """
        from pvchat.people.merge import merge

        with self._lock:
            kept, gone = self.people.get(name), self.people.get(other)
            merged = merge(kept, gone)
            if self.describer is not None and merged.depth == "instant":
                merged = self.describer.remember(merged)
            self.people.add(merged, replace=True)
            self.forget(gone.name)
            for alias in (gone.name, *gone.aliases):
                self.people.alias(kept.name, alias)
        return self.people.get(kept.name)

    def forget_clip(self, key: str) -> None:
        """Delete what is kept about one clip: its analysis, in memory and on disk, and parts of an unfinished one."""
        from pvchat.perception.scan import KeptParts

        with self._lock:
            self._recent.pop(key, None)
            if self.describer is not None:
                self.describer.forget()
            self.cache.purge_key(key)
            KeptParts(self.cache, key).remove()

    def warm_up(self) -> None:
        """Load every model now instead of when it is first needed."""
        experts = self.experts
        for name, attribute in vars(type(experts)).items():
            if isinstance(attribute, cached_property):
                getattr(experts, name)
        words = self._language if self.describer is None else self.describer.model
        _ = self.presence_model, self._sentences, words

    @property
    def model(self) -> PVChatModel | None:
        """The trained model with its language model; None where no weights are shipped."""
        return None if self.describer is None else self.describer.model

    @cached_property
    def describer(self) -> Describer | None:
        """The trained model as `ask` and `enroll` use it; None where no weights are shipped. Loads when it speaks."""
        from pvchat.chat.describe import Describer

        folder = self._source[1]
        return None if folder is None else Describer(folder, self.device, lambda texts: self._sentences.encode(texts))

    @cached_property
    def _source(self) -> tuple[str, Path | None]:
        """What answers come from, and the trained model's folder."""
        from pvchat.chat.models import choose

        return choose(self.settings)

    @cached_property
    def experts(self) -> Experts:
        """The frozen experts, loaded one by one as they are needed."""
        from pvchat.perception.analysis import Experts

        return Experts(self.device)

    @cached_property
    def presence_model(self) -> PresenceModel:
        """Who is in a clip: cohorts and calibration that all people share."""
        from pvchat.identity.presence import PresenceModel

        return PresenceModel.load()

    @cached_property
    def _sentences(self) -> SentenceEncoder:
        from pvchat.chat.sentences import SentenceEncoder

        return SentenceEncoder(device=self.device)

    @cached_property
    def _language(self) -> LanguageModel:
        from pvchat.chat.language import LanguageModel

        return LanguageModel.load(path=self.settings.llm or None, device=self.device)

    def _run_experts(
        self,
        clip: str | Path,
        timing: dict[str, float],
        key: str,
        version: str,
        partial: Callable[[ClipAnalysis], None] | None,
    ) -> ClipAnalysis:
        from pvchat import video
        from pvchat.perception import analysis, scan

        started = time.perf_counter()
        if (long := scan.long_video(clip, self.settings.video)) is not None:
            parts = scan.KeptParts(self.cache, key, version)
            for seen in scan.scan(clip, long, self.experts, self.settings.video, parts, self._progress):
                if partial is not None:
                    partial(seen.analysis())
            timing["experts_s"] = time.perf_counter() - started
            return seen.analysis()
        decoded = video.load(
            clip,
            self.settings.video,
            progress=lambda done, total: self._progress(f"reading {Path(clip).name}", done, total),
        )
        timing["decode_s"] = time.perf_counter() - started
        started = time.perf_counter()
        found = analysis.analyse(decoded, self.experts, self._progress)
        timing["experts_s"] = time.perf_counter() - started
        return found

    def _answer(
        self, clip: str | Path, questions: Sequence[str], history: Sequence[Turn], stream: Stream | None
    ) -> list[Answer]:
        started = time.perf_counter()
        asked = [self.read(question, history) for question in questions]
        timing: dict[str, float] = {"decode_s": 0.0, "experts_s": 0.0}
        analysis = self.analyse(clip, timing)
        presences = self.presence(analysis)
        about = [
            presences if q.asks_who or not q.people else [p for p in presences if p.name in q.people] for q in asked
        ]

        def first(piece: str) -> None:
            timing.setdefault("first_token_s", time.perf_counter() - started)
            if stream is not None:
                stream(piece)

        texts = self._write(asked, about, gather(presences, analysis), analysis, first)
        timing["total_s"] = time.perf_counter() - started
        return [Answer(t, q.type, people, dict(timing)) for t, q, people in zip(texts, asked, about, strict=True)]

    def _write(
        self,
        questions: Sequence[Question],
        about: Sequence[Sequence[PersonPresence]],
        evidence: Evidence,
        analysis: ClipAnalysis,
        stream: Stream,
    ) -> list[str]:
        """The answers' texts: from facts, worded by the language model, or with gaps filled by the trained model."""
        from pvchat.chat.answers import write_answer

        source, language, told = self._source[0], None, [evidence] * len(questions)
        if source == "model" and self.describer is not None:
            from pvchat.chat.claims import fill_gaps, read_scales, thresholds

            say = partial(self.describer.say, analysis, seed=self.settings.seed)
            liken, folder = partial(self.describer.likeness, analysis), self.describer.folder
            least, scales = thresholds(folder), read_scales(folder)
            told = fill_gaps(questions, about, evidence, self.people.names(), say, least, liken, scales)
        elif source == "told" and any(p.decision == "present" for people in about for p in people):
            language = self._language  # a refusal needs no wording, and so no model in memory
        rows = zip(questions, about, told, strict=True)
        return [write_answer(question, people, seen, language, stream) for question, people, seen in rows]


def gather(presences: Sequence[PersonPresence], analysis: ClipAnalysis) -> Evidence:
    """What was measured about the people found present, and about who is with them."""
    from pvchat.chat.answers import Evidence, Neighbour

    present = {p.track: p.name for p in presences if p.decision == "present" and p.track is not None}
    boxes = [_usual_box(t.boxes) for t in analysis.tracks]
    doubtful = {p.track for p in presences if p.decision == "unsure"}
    unknown = [i for i, t in enumerate(analysis.tracks) if t.kind == "face" and i not in present and i not in doubtful]
    return Evidence(
        facts={name: analysis.tracks[i].facts for i, name in present.items()},
        boxes={name: boxes[i] for i, name in present.items()},
        others=[
            Neighbour(boxes[i], present.get(i)) for i in range(len(analysis.tracks)) if i in present or i in unknown
        ],
        scene=analysis.scene,
        unknown=len(unknown),
        duration_s=analysis.duration_s,
    )


def _usual_box(boxes: np.ndarray) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(v) for v in np.median(boxes, axis=0))
    return x0, y0, x1, y1
