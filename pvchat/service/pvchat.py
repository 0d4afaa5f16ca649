"""PVChat: `enroll` and `ask`, hop by hop; what the command line, the app and the evaluation call.

In: clips, names, questions. Out: enrolled people and answers. It owns a people store and what was seen of clips; the
networks may be shared with other PVChats, and everything heavy is loaded when it is first needed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace as changed
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pvchat.chat.question import Asked, Conversation, Question
from pvchat.chat.window import Window
from pvchat.config import DEPTHS, Settings, VideoConfig, home
from pvchat.errors import NoSubjectError, PeopleError, SettingsError
from pvchat.people.corrections import Correction, corrections_of, with_corrections
from pvchat.people.parts import merge_people
from pvchat.people.person import clean_name, name_key
from pvchat.people.store import PeopleStore, Person
from pvchat.schemas import Answer, ClipAnalysis, FloatArray, Look, PersonPresence, Progress, Service, Stage
from pvchat.service.answering import Answering, Asking, asked_seconds, refused
from pvchat.service.clipmemory import ClipMemory, Partial
from pvchat.service.hearing import voices_in, with_sound
from pvchat.service.networks import Networks
from pvchat.storage import temporary
from pvchat.storage.clips import ClipCache

if TYPE_CHECKING:
    from pvchat.chat.question import Stream
    from pvchat.chat.writer import Writer
    from pvchat.library import Library
    from pvchat.model.describer import Describer

PRESET = Settings.model


class PVChat:
    """Enroll people from one clip each, then ask about other clips. A clip is a video, an animation or a photo.

    Networks of another PVChat may be shared; people are those in `$PVCHAT_HOME/people` when not given, and analysed
    clips are kept in `$PVCHAT_HOME/cache/clips`.

    Raises:
        VideoReadError: by all that take a clip: it can't be used.
        UnknownPersonError, PeopleError: by all that take a name: nobody has it; her files are damaged.
        SettingsError, WeightsError: the settings ask for what isn't there, or can't be fetched.
    """

    def __init__(
        self, settings: Settings | None = None, progress: Progress | None = None, *, networks: Networks | None = None,
        people: PeopleStore | None = None, cache: ClipCache | None = None,
    ) -> None:  # fmt: skip
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
        """A PVChat with the weights of a preset, fetched on the first run, with a folder's, or with `hub:ORG/NAME`."""
        settings = settings or Settings()
        settings = settings if preset == PRESET else changed(settings, model=preset)
        networks = Networks(settings)
        _ = networks.chosen  # a model that can't be used is told before anything is fetched
        networks.fetch(progress)
        return cls(settings, progress, networks=networks)

    def answering(self, model: str) -> PVChat:
        """The same people and experts with another model that answers: a preset, a folder, or `hub:ORG/NAME`.

        A pretrained base is loaded at once; a model of our own when it first speaks.
        """
        networks = self.networks.answering(model)
        networks.fetch(self._progress)
        _ = networks.narrator and networks.narrator.base
        return PVChat(networks.settings, self._progress, networks=networks, people=self.people, cache=self.cache)

    def enroll(
        self, clip: str | Path, name: str, depth: str = "instant", track: int | None = None, replace: bool = False,
        stop: threading.Event | None = None, *, add: bool = False,
    ) -> Person:  # fmt: skip
        """Enroll the main subject of a clip.

        Args:
            clip: that shows the person.
            name: what to call the person.
            depth: "instant" (seconds), or "deep" (minutes): the instant enrollment is stored first and answers while
                the clip is augmented and a pretrained base is trained on that (`deepen`).
            track: which subject, when the clip has several (numbers as in `SeveralSubjectsError`).
            replace: allow a name that is taken; the earlier enrollment is forgotten.
            stop: when set, a deep enrollment ends and keeps the best so far.
            add: another clip of the person who has this name: what it shows of her joins what is known already.

        Returns:
            The person as stored; `notes` says what makes the clip a poor one, and who else it may show.

        Raises:
            SubjectError: nobody is in it, or several and `track` names none.
            PeopleError: the name is taken, or can't be used; she is enrolled from this very clip.
        """
        if depth not in DEPTHS:
            raise SettingsError(f"there is no depth '{depth}'.", hint=f"Use one of: {', '.join(DEPTHS)}.")
        if add and (replace or depth != "instant"):
            hint = "Leave out replace and depth."
            raise SettingsError("a clip can be added to somebody only by itself.", subject=name, hint=hint)
        name = self.people.get(clean_name(name)).name if add else self._usable_name(name, replace)
        found = self._subject_of(clip, name, track, added=add)
        if add and self.people.get(name).clip_key == found.clip_key:
            raise PeopleError("is enrolled from this very clip.", subject=name, hint="Another clip would add more.")
        if add:
            person = self.people.revise(name, lambda one: merge_people(one, found))
        else:
            person = self.people.add(found, replace=replace)
        temporary.delete_subject_pictures()
        person = person if depth == "instant" else self.deepen(clip, person, track, stop)
        return changed(person, notes=found.notes)

    def _subject_of(self, clip: str | Path, name: str, track: int | None, added: bool) -> Person:
        """A clip's subject as a person not stored yet, with voice and notes; `added`: to whoever has this name."""
        from pvchat.identity.enroll import choose, enroll, tracks_of
        from pvchat.identity.reasons import notes_on
        from pvchat.identity.voices import voice_of

        analysis = self.analyse(clip, stage="who")
        subject = choose(analysis, track, Path(clip).name)
        person = enroll(analysis, name, track, source=Path(clip).name)
        sound = voices_in(self._clips, clip, analysis) if subject.kind == "face" else None
        voice = None if sound is None else voice_of(sound, tracks_of(analysis, subject))
        person = person if voice is None else changed(person, arrays={**person.arrays, "voice": voice})
        others = [one for one in self.people.all() if added or name_key(one.name) != name_key(name)]
        notes = notes_on(subject, analysis, self.score(others, analysis), name if added else "")
        return changed(person, notes=changed(notes, voice_bytes=0 if voice is None else voice.nbytes))

    def _usable_name(self, name: str, replace: bool) -> str:
        """A new person's name as it is stored; raises PeopleError where it is taken, or can't be used."""
        self.people.require_usable(name := clean_name(name))
        taken = self.people.find(name)
        if taken is not None and not replace:
            hint = "Use another name; or add the clip to what is known of her (--add), or take her place (--replace)."
            raise PeopleError(f"'{taken.name}' is enrolled already.", subject=name, hint=hint)
        return name

    def deepen(
        self, clip: str | Path, person: Person, track: int | None = None, stop: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> Person:  # fmt: skip
        """Go on from an instant enrollment: augment its clip, train, store the deep state in its place.

        Without a pretrained base to answer nothing is trained: the instant enrollment stays. The person is as `enroll`
        returned her, who was enrolled from this clip with this `track`. When `stop` is set, training ends and keeps the
        best so far. Raises PeopleError: she was forgotten meanwhile, or is being trained already.
        """
        from pvchat.train.deep import deepen
        from pvchat.train.signals import TrainingSession

        session = TrainingSession(progress=progress or self._progress, stop=stop)
        return deepen(cast("Service", self), clip, person, track, session)

    def correct(
        self, name: str, clip: str | Path, is_her: bool, at: float | None = None, track: int | None = None
    ) -> list[Correction]:
        """Keep that somebody in a clip is, or isn't, a person; the next question about her knows it.

        `at` is a moment (seconds) at which whoever is meant is seen, `track` the number of one of several that could be
        meant (`SeveralSubjectsError.candidates`). Without them "that is not her" is about whoever was taken for her.

        Returns what was kept now: one correction a track that is meant.

        Raises:
            SettingsError: the clip has no such moment.
            NoSubjectError, SeveralSubjectsError, SubjectError: nobody, or several, could be meant; no such track.
            PeopleError: she has as many corrections as she may have.
        """
        from pvchat.identity.corrections import example_of, index_of_number, tracks_meant

        person, analysis, source = self.people.get(name), self.analyse(clip), Path(clip).name
        if track is None:
            everyone = self.people.all()
            row = next(i for i, one in enumerate(everyone) if one.id == person.id)
            if not is_her and self.score(everyone, analysis)[row].decision == "absent":
                what = f"nobody in it is taken for {person.name}: there is nothing to correct."
                raise NoSubjectError(what, subject=source, hint="Pick somebody in it with --track N.")
            odds = self.networks.presence.odds(everyone, analysis)[row]
            meant = tracks_meant(person, analysis, odds, her=is_her, at=at, source=source)
        else:
            meant = [index_of_number(person, analysis, track, source, her=is_her)]
        examples = [example_of(analysis.tracks[i], is_her, analysis, source, at) for i in meant]
        kept = self.people.revise(person.id, lambda one: with_corrections(one, *examples))
        temporary.delete_subject_pictures()
        return corrections_of(kept)[-len(examples) :]

    def corrections(self, name: str) -> list[Correction]:
        """What was said of somebody's recognition, first to last."""
        return corrections_of(self.people.get(name))

    def ask(
        self, clip: str | Path, question: str, history: Sequence[Asked] = (), stream: Stream | None = None,
        between: Window | None = None,
    ) -> Answer:  # fmt: skip
        """Answer a question about a clip.

        Args:
            clip: that is asked about.
            question: in English; names in any case.
            history: earlier questions about this clip, oldest first, for follow-ups ("and what is she wearing?"); a
                turn may be a pair of question and answer too.
            stream: called with pieces of the answer's text as they come: each has passed the guard already.
            between: the part that answers: start and end, seconds; else what the question names ("… at 3:20?"). Raises
                SettingsError where it isn't one of the clip.
        """
        return self.answer(clip, question, history, Asking(between, stream))

    def answer(self, clip: str | Path, text: str, history: Sequence[Asked], asking: Asking) -> Answer:
        """`ask`, as `asking` says: also of what was seen of a clip so far (the `partial` of `analyse`)."""
        everyone = self.people.snapshot()
        conversation = Conversation(everyone.names, everyone.aliases, history)
        question = conversation.read([text])[0]
        if question.query.refusal == "foreign":
            return refused(question, asking)
        everyone.require_whole(question.people)
        if asking.seen is not None:
            seen = Look(asking.seen)
        else:
            seen = self._clips.look(clip, stage="who", within=partial(asked_seconds, question, asking.between))
        answering = Answering(Path(clip), conversation, everyone, self.score, self._clips, self._writer)
        return answering.answer(question, seen, asking)

    def read(self, question: str, history: Sequence[Asked] = ()) -> Question:
        """Read a question and the ones before it, by their words alone."""
        everyone = self.people.snapshot()
        return Conversation(everyone.names, everyone.aliases, history).read([question])[0]

    def presence(self, analysis: ClipAnalysis) -> list[PersonPresence]:
        """Everyone enrolled against one clip, in one pass."""
        return self.score(self.people.all(), analysis)

    def score(
        self, people: Sequence[Person], analysis: ClipAnalysis, window: tuple[float, float] | None = None,
        solo: FloatArray | None = None,
    ) -> list[PersonPresence]:  # fmt: skip
        """Presence of these people, enrolled or not, in the order given: in a clip, or in a part of it (seconds).

        In a clip that was listened to their voices count, too. `solo` as of `PresenceModel.score`.
        """
        from pvchat.identity.voices import add_voices

        found = self.networks.presence.score(people, analysis, self.settings.presence, window, solo)
        sound = analysis.sound if window is None else analysis.between(*window).sound
        if sound is None or not self.settings.voice:
            return found
        return add_voices(people, found, sound, self.settings.presence)

    def analyse(self, clip: str | Path, partial: Partial | None = None, stage: Stage = "what") -> ClipAnalysis:
        """What the experts say about a clip, from memory, from disk, or by running them.

        `partial` is called, while a long video is looked through, with what was seen so far; `stage` "who" is enough to
        tell who is there.
        """
        return self._clips.look(clip, partial, stage).analysis

    def listen(self, clip: str | Path, seen: Look | None = None) -> Look:
        """A look at who is in a clip (`seen`, where it was looked at), with what is heard (`hearing.with_sound`)."""
        return with_sound(self._clips, clip, seen or self._clips.look(clip, stage="who"))

    def evict(self, key: str) -> None:
        """Drop a clip's analysis, 25 MB of ten minutes, from memory, since nobody is about to ask; it stays on disk."""
        self._clips.evict(key)

    def forget(self, name: str, *, tracks: bool = True) -> str:
        """Delete everything kept about a person: `PeopleStore.forget`, what is in memory, traces in others' odds.

        `tracks`: also those of hers in the library that it doesn't know yet to be hers. Returns who is enrolled by the
        same face, if anybody is: what was seen stays, as hers.
        """
        if tracks:
            self.library.find_enrolled()
        with self.networks.lock:
            self._clips.clear()
            if self.describer is not None:
                self.describer.forget()
            goes_on = self.people.forget(name)
        self.library.drop_traces()
        return goes_on

    def merge(self, name: str, other: str) -> Person:
        """Make one person of two enrollments of the same person from different clips; `other` becomes an alias.

        The deep state, if any, stays as it is: `name`'s, else `other`'s. Raises PeopleError: both are the same, one has
        a face only and one is a figure only, or there would be more aliases than one may have. Nothing is changed then.
        """
        with self.networks.lock:
            if self.describer is not None:
                self.describer.forget()
            return self.people.merge(name, other)

    def key_of(self, clip: str | Path) -> str:
        """The key under which a clip's analysis is kept: of its bytes. Raises VideoReadError: it can't be read."""
        return self._clips.key_of(clip)

    def forget_clip(self, key: str) -> None:
        """Delete what is kept about one clip: its analysis, in memory and on disk."""
        with self.networks.lock:
            self._clips.drop(key)
            if self.describer is not None:
                self.describer.forget()

    @cached_property
    def library(self) -> Library:
        """Many videos, looked through once and asked about together."""
        from pvchat.library import Library

        return Library(cast("Service", self))

    def beside(self, cache: ClipCache, video: VideoConfig) -> PVChat:
        """A PVChat for other files: the same networks and people; another cache, clips read otherwise."""
        settings = changed(self.settings, video=video)
        return PVChat(settings, networks=self.networks, people=self.people, cache=cache)

    def with_people(self, folder: str | Path) -> PVChat:
        """A PVChat for other people, kept in `folder`: the same networks and cache."""
        people = PeopleStore(Path(folder), self.cache)
        return PVChat(self.settings, networks=self.networks, people=people, cache=self.cache)

    @cached_property
    def describer(self) -> Describer | None:
        """The trained model as it speaks of these people; None where no weights are shipped. Loads when it speaks."""
        from pvchat.model.describer import Describer

        trained = self.networks.trained
        return None if trained is None else Describer(trained, lambda texts: self.networks.sentences.encode(texts))

    @cached_property
    def _writer(self) -> Writer:
        from pvchat.chat.writer import Writer

        eyes = answerer = None
        if (encoder := self.networks.eyes) is not None:
            from pvchat.bases.eyes import ZeroShot

            eyes = ZeroShot(encoder, self.settings.video)
        source, describer = self.networks.source, self.describer
        if describer and source == "spoken":
            from pvchat.chat.speakers.answerer import Answerer

            answerer = Answerer(describer)
        return Writer(source, describer, self.networks.narrator, answerer, self.settings.traits, eyes)
