"""PVChat: `enroll` and `ask`, hop by hop; what the command line, the app and the evaluation call.

In: clips, names, questions. Out: enrolled people and answers. It owns a people store and what was seen of clips; the
networks may be shared with other PVChats, and everything heavy is loaded when it is first needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.chat.questions import Question, Turn, read_questions
from pvchat.chat.window import Window
from pvchat.config import Settings, VideoConfig, home
from pvchat.errors import PeopleError, SettingsError
from pvchat.people.person import clean_name
from pvchat.people.store import PeopleStore, Person
from pvchat.schemas import Answer, ClipAnalysis, FloatArray, Look, PersonPresence, Progress
from pvchat.service.answering import Answering, Asking
from pvchat.service.clipmemory import ClipMemory, Partial
from pvchat.service.correcting import Correcting
from pvchat.service.networks import Networks
from pvchat.storage.clips import ClipCache

if TYPE_CHECKING:
    from pvchat.chat.describe import Describer
    from pvchat.chat.writer import Stream, Writer
    from pvchat.identity.presence import PresenceModel
    from pvchat.model.pvchat import PVChatModel
    from pvchat.perception.analysis import Experts

PRESET = Settings.model
DEPTHS = ("instant", "deep")


class PVChat(Correcting):
    """Enroll people from one clip each, then ask about other clips.

    Args:
        settings: device, seed, limits and thresholds.
        progress: called with what is being done, how much of it is done, and how much there is.
        networks: those of another PVChat, to be shared; None loads own ones.
        people: who is enrolled; `$PVCHAT_HOME/people` when not given.
        cache: of analysed clips; `$PVCHAT_HOME/cache/clips` when not given.

    Attributes:
        people: the people store.

    Raises:
        SettingsError: there is no such device.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        progress: Progress | None = None,
        *,
        networks: Networks | None = None,
        people: PeopleStore | None = None,
        cache: ClipCache | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.networks = networks or Networks(self.settings)
        self.cache = ClipCache(home() / "cache" / "clips") if cache is None else cache
        self.people = PeopleStore(home() / "people", self.cache) if people is None else people
        self._progress = progress or (lambda what, done, total: None)
        self._clips = ClipMemory(self.networks, self.cache, self.settings.video, self._progress)

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

        settings = settings or Settings()
        settings = settings if preset == PRESET else replace(settings, model=preset)
        networks = Networks(settings)
        _ = networks.chosen  # a model that can't be used is told before anything is fetched
        if weights.missing():
            weights.fetch(progress=progress)
        return cls(settings, progress, networks=networks)

    # -- enrolling ----------------------------------------------------------------------------------------------------

    def enroll(
        self,
        clip: str | Path,
        name: str,
        depth: str = "instant",
        track: int | None = None,
        replace: bool = False,
        stop: threading.Event | None = None,
    ) -> Person:
        """Enroll the main subject of a clip.

        Args:
            clip: a video, an animation or a photo.
            name: what to call the person.
            depth: "instant" (seconds), or "deep" (minutes): the instant enrollment is stored first and answers while
                the clip is augmented and trained on (`deepen`).
            track: which subject, when the clip has several (numbers as in `SeveralSubjectsError`).
            replace: allow a name that is taken; the earlier enrollment is forgotten.
            stop: when set, a deep enrollment ends and keeps the best so far.

        Raises:
            VideoReadError, SubjectError, PeopleError, SettingsError.
        """
        from pvchat.identity.enroll import enroll
        from pvchat.identity.subjects import forget_candidates

        if depth not in DEPTHS:
            raise SettingsError(f"there is no depth '{depth}'.", hint=f"Use one of: {', '.join(DEPTHS)}.")
        name = clean_name(name)
        self.people.require_usable(name)
        taken = self.people.find(name)
        if taken is not None and not replace:  # told before the experts run
            raise PeopleError(
                f"'{taken.name}' is enrolled already.", subject=name, hint="Use another name, or replace."
            )
        person = enroll(self.analyse(clip), name, track, source=Path(clip).name)
        person = person if self.describer is None else self.describer.remember(person)
        person = self.people.add(person, replace=replace)
        forget_candidates()
        return person if depth == "instant" else self.deepen(clip, person, track, stop)

    def deepen(
        self,
        clip: str | Path,
        person: Person,
        track: int | None = None,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> Person:
        """Go on from an instant enrollment: augment its clip, train, store the deep state in its place.

        Args:
            clip: the enrollment clip.
            person: as `enroll` returned her.
            track: as she was enrolled with.
            stop: when set, training ends and keeps the best so far.
            progress: told what is being done; None for what this object was made with.

        Raises:
            VideoReadError, PeopleError: the clip is gone; she was forgotten meanwhile, or is being trained already.
        """
        from pvchat.train.person.deep import DeepOptions, deepen

        options = DeepOptions(track=track, stop=stop, progress=progress or self._progress)
        return deepen(self, clip, person, options)

    # -- asking -------------------------------------------------------------------------------------------------------

    def ask(
        self,
        clip: str | Path,
        question: str,
        history: Sequence[Turn] = (),
        stream: Stream | None = None,
        between: Window | None = None,
    ) -> Answer:
        """Answer a question about a clip.

        Args:
            clip: a video, an animation or a photo.
            question: in English; names in any case.
            history: earlier questions about this clip, oldest first, for follow-ups ("and what is she wearing?"); a
                turn may be a pair of question and answer too.
            stream: called with pieces of the answer's text as they come: each has passed the guard already.
            between: the part that answers: start and end, seconds; else what the question names ("… at 3:20?").

        Raises:
            VideoReadError, UnknownPersonError, SettingsError: the last for a part that isn't one of the clip.
        """
        return self._answer([question], history, lambda: self.look(clip), Asking(between, stream))[0]

    def ask_many(
        self, clip: str | Path, questions: Sequence[str], history: Sequence[Turn] = (), between: Window | None = None
    ) -> list[Answer]:
        """Answer several questions about one clip, each for itself: one visual pass, the model's texts in one batch.

        Args:
            clip: a video, an animation or a photo.
            questions: any number.
            history: as for `ask`.
            between: as for `ask`; of all questions.

        Returns:
            An answer each, in order; their timing is that of all together. Raises as `ask`.
        """
        return self._answer(questions, history, lambda: self.look(clip), Asking(between)) if questions else []

    def ask_so_far(self, seen: ClipAnalysis, whole_s: float, question: str, history: Sequence[Turn] = ()) -> Answer:
        """`ask` of what was seen of a clip so far (the `partial` of `analyse`); the answer says how far that is.

        Args:
            seen: the clip's beginning.
            whole_s: length of the whole clip, seconds.
            question: as for `ask`.
            history: as for `ask`.
        """
        return self._answer([question], history, lambda: Look(seen), Asking(whole_s=whole_s))[0]

    def read(self, question: str, history: Sequence[Turn] = ()) -> Question:
        """Read a question and the ones before it; raises UnknownPersonError for a name that isn't enrolled."""
        everyone = self.people.snapshot()
        return read_questions([question], history, everyone.names, everyone.aliases, self._encode)[0]

    def presence(self, analysis: ClipAnalysis) -> list[PersonPresence]:
        """Everyone enrolled against one clip, in one pass."""
        return self.score(self.people.all(), analysis)

    def score(self, people: Sequence[Person], analysis: ClipAnalysis) -> list[PersonPresence]:
        """Presence of these people, enrolled or not, in the order given."""
        return self.presence_model.score(people, analysis, self.settings.presence)

    def analyse(self, clip: str | Path, partial: Partial | None = None) -> ClipAnalysis:
        """What the experts say about a clip: from memory, from the cache on disk, or by running them.

        Args:
            clip: a video, an animation or a photo.
            partial: called, while a long video is looked through, with what was seen so far.

        Raises:
            VideoReadError: it can't be used.
        """
        return self.look(clip, partial).analysis

    def look(self, clip: str | Path, partial: Partial | None = None) -> Look:
        """`analyse`, with the seconds that it took; raises VideoReadError."""
        return self._clips.look(clip, partial)

    def _answer(
        self, questions: Sequence[str], history: Sequence[Turn], seen: Callable[[], Look], asking: Asking
    ) -> list[Answer]:
        everyone = self.people.snapshot()
        asked = read_questions(questions, history, everyone.names, everyone.aliases, self._encode)
        answering = Answering(everyone, self.score, self._writer)
        return answering.answers(asked, seen(), asking)

    # -- people and clips ---------------------------------------------------------------------------------------------

    def forget(self, name: str) -> None:
        """Delete everything kept about a person: `PeopleStore.forget`, and what is in memory.

        Raises:
            UnknownPersonError: nobody has this name.
        """
        with self.networks.lock:
            self._clips.clear()
            if self.describer is not None:
                self.describer.forget()
            self.people.forget(name)

    def merge(self, name: str, other: str) -> Person:
        """Make one person of two enrollments of the same person from different clips; `other` becomes an alias.

        The deep state, if any, stays as it is: `name`'s, else `other`'s. Clips are analysed anew after this.

        Raises:
            UnknownPersonError, PeopleError: nobody has a name, both are the same, or one is drawn and one isn't.
        """
        from pvchat.people.merge import merge

        with self.networks.lock:
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
        """Delete what is kept about one clip: its analysis, in memory and on disk."""
        with self.networks.lock:
            self._clips.drop(key)
            if self.describer is not None:
                self.describer.forget()

    # -- what others share --------------------------------------------------------------------------------------------

    def beside(self, cache: ClipCache, video: VideoConfig) -> PVChat:
        """A PVChat for other files: the same networks and people; another cache, clips read otherwise."""
        settings = replace(self.settings, video=video)
        return PVChat(settings, networks=self.networks, people=self.people, cache=cache)

    def with_people(self, folder: str | Path) -> PVChat:
        """A PVChat for other people, kept in `folder`: the same networks and cache."""
        people = PeopleStore(Path(folder), self.cache)
        return PVChat(self.settings, networks=self.networks, people=people, cache=self.cache)

    def warm_up(self) -> None:
        """Load every network now instead of when it is first needed."""
        self.networks.load()

    @property
    def device(self) -> str:
        """The torch device of all networks."""
        return self.networks.device

    @property
    def experts(self) -> Experts:
        """The frozen experts."""
        return self.networks.experts

    @property
    def presence_model(self) -> PresenceModel:
        """Who is in a clip: cohorts and calibration that all people share."""
        return self.networks.presence

    @property
    def model(self) -> PVChatModel | None:
        """The trained model with its language model; None where no weights are shipped."""
        return None if self.networks.trained is None else self.networks.trained.model

    @cached_property
    def describer(self) -> Describer | None:
        """The trained model as it speaks of these people; None where no weights are shipped. Loads when it speaks."""
        from pvchat.chat.describe import Describer

        trained = self.networks.trained
        return None if trained is None else Describer(trained, self._encode)

    def _encode(self, texts: list[str]) -> FloatArray:
        return self.networks.sentences.encode(texts)

    @cached_property
    def _writer(self) -> Writer:
        from pvchat.chat.writer import Writer

        return Writer(self.networks.source, self.describer, lambda: self.networks.language)
