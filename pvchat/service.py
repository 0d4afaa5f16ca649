"""PVChat: the one object that the command line, the app and the evaluation call.

In: clips, names, questions. Out: enrolled people and answers. It owns the people store, the cache of analysed clips and
the frozen experts; everything heavy is loaded when it is first needed.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pvchat.cache import ClipCache
from pvchat.config import Settings, home
from pvchat.errors import PeopleError, SettingsError
from pvchat.people import PeopleStore, Person
from pvchat.person import clean_name
from pvchat.questions import Question, check_known, read_question
from pvchat.runtime import pick_device
from pvchat.schemas import Answer, ClipAnalysis, PersonPresence

if TYPE_CHECKING:
    from pvchat.analysis import Experts
    from pvchat.answers import Evidence
    from pvchat.language import LanguageModel
    from pvchat.presence import PresenceModel
    from pvchat.sentences import SentenceEncoder

PRESETS = ("embedded",)
DEPTHS = ("instant",)
_IN_MEMORY = 8  # analysed clips kept in memory

Progress = Callable[[str, float, float], None]
Stream = Callable[[str], None]


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
        cls, preset: str = "embedded", settings: Settings | None = None, progress: Progress | None = None
    ) -> PVChat:
        """A PVChat with the weights of a preset, fetched on the first run.

        Raises:
            SettingsError: there is no such preset.
            WeightsError: the weights are not there and can't be fetched.
        """
        if preset not in PRESETS:
            raise SettingsError(f"there is no preset '{preset}'.", hint=f"Use one of: {', '.join(PRESETS)}.")
        from pvchat import weights

        if weights.missing():
            weights.fetch(progress=progress)
        return cls(settings, progress)

    def enroll(
        self, clip: str | Path, name: str, depth: str = "instant", track: int | None = None, replace: bool = False
    ) -> Person:
        """Enroll the main subject of a clip.

        Args:
            clip: a video, an animation or a photo.
            name: what to call the person.
            depth: "instant".
            track: which subject, when the clip has several (numbers as in `SeveralSubjectsError`).
            replace: allow a name that is taken; the earlier enrollment is forgotten.

        Raises:
            VideoReadError, SubjectError, PeopleError, SettingsError.
        """
        from pvchat.enroll import enroll, forget_candidates

        if depth not in DEPTHS:
            raise SettingsError(f"there is no depth '{depth}'.", hint=f"Use one of: {', '.join(DEPTHS)}.")
        name = clean_name(name)
        taken = self.people.find(name)
        if taken is not None and not replace:  # told before the experts run
            raise PeopleError(
                f"'{taken.name}' is enrolled already.", subject=name, hint="Use another name, or replace."
            )
        person = enroll(self.analyse(clip), name, track, source=Path(clip).name)
        enrolled = self.people.add(person, replace=replace)
        forget_candidates()
        return enrolled

    def ask(self, clip: str | Path, question: str, history: Sequence[str] = (), stream: Stream | None = None) -> Answer:
        """Answer a question about a clip.

        Args:
            clip: a video, an animation or a photo.
            question: in English; names in any case.
            history: earlier questions about this clip, oldest first, for follow-ups ("and what is she wearing?").
            stream: called with pieces of the answer's text as they come.

        Raises:
            VideoReadError, UnknownPersonError.
        """
        started = time.perf_counter()
        asked = self.read(question, history)
        timing: dict[str, float] = {"decode_s": 0.0, "experts_s": 0.0}
        analysis = self.analyse(clip, timing)
        presences = self.presence(analysis)
        about = presences if asked.asks_who or not asked.people else [p for p in presences if p.name in asked.people]
        text = self._write(asked, about, presences, analysis, timing, started, stream)
        timing["total_s"] = time.perf_counter() - started
        return Answer(text, asked.type, about, timing)

    def read(self, question: str, history: Sequence[str] = ()) -> Question:
        """Read a question and the ones before it; raises UnknownPersonError for a name that isn't enrolled."""
        names = self.people.names()
        aliases = {alias: name for name, many in self.people.aliases().items() for alias in many}
        previous: Question | None = None
        for text in (*history, question):
            previous = read_question(text, names, aliases, previous, self._sentences.encode)
        assert previous is not None
        check_known(previous, names)
        return previous

    def presence(self, analysis: ClipAnalysis) -> list[PersonPresence]:
        """Everyone enrolled against one clip, in one pass."""
        return self.score(self.people.all(), analysis)

    def score(self, people: Sequence[Person], analysis: ClipAnalysis) -> list[PersonPresence]:
        """Presence of these people, enrolled or not, in the order given."""
        return self._presence.score(people, analysis, self.settings.presence)

    def analyse(self, clip: str | Path, timing: dict[str, float] | None = None) -> ClipAnalysis:
        """What the experts say about a clip: from memory, from the cache on disk, or by running them."""
        from pvchat import analysis, video

        key = video.content_key(clip)
        version = f"{analysis.VERSION}:{self.settings.video}"
        with self._lock:
            found = self._recent.get(key) or self.cache.load(key, version)
            if found is None:
                found = self._run_experts(clip, timing if timing is not None else {})
                self.cache.save(found, version)
            self._recent[key] = found
            self._recent.move_to_end(key)
            while len(self._recent) > _IN_MEMORY:
                self._recent.popitem(last=False)
        return found

    def forget(self, name: str) -> None:
        """Delete everything kept about a person: folder, index row, vectors, all analysed clips, offered thumbnails."""
        from pvchat.enroll import forget_candidates

        with self._lock:
            self._recent.clear()
            self.people.forget(name)
            forget_candidates()

    @cached_property
    def experts(self) -> Experts:
        """The frozen experts, loaded one by one as they are needed."""
        from pvchat.analysis import Experts

        return Experts(self.device)

    @cached_property
    def _presence(self) -> PresenceModel:
        from pvchat.presence import PresenceModel

        return PresenceModel.load()

    @cached_property
    def _sentences(self) -> SentenceEncoder:
        from pvchat.sentences import SentenceEncoder

        return SentenceEncoder(device=self.device)

    @cached_property
    def _language(self) -> LanguageModel:
        from pvchat.language import LanguageModel

        return LanguageModel.load(device=self.device)

    def _run_experts(self, clip: str | Path, timing: dict[str, float]) -> ClipAnalysis:
        from pvchat import analysis, video

        started = time.perf_counter()
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

    def _write(
        self,
        question: Question,
        about: Sequence[PersonPresence],
        presences: Sequence[PersonPresence],
        analysis: ClipAnalysis,
        timing: dict[str, float],
        started: float,
        stream: Stream | None,
    ) -> str:
        """The answer's text; notes the time to its first piece."""
        from pvchat.answers import write_answer

        def first(piece: str) -> None:
            timing.setdefault("first_token_s", time.perf_counter() - started)
            if stream is not None:
                stream(piece)

        evidence = gather(presences, analysis)
        # a refusal needs no wording, and so no model in memory
        language = self._language if any(p.decision == "present" for p in about) else None
        return write_answer(question, about, evidence, language, first)


def gather(presences: Sequence[PersonPresence], analysis: ClipAnalysis) -> Evidence:
    """What was measured about the people found present, and about who is with them."""
    from pvchat.answers import Evidence, Neighbour

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
