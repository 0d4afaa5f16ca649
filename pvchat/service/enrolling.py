"""The part of `PVChat` that gets to know people: `enroll`, `deepen`.

In: a clip and a name. Out: the stored `Person`, with what was noticed about the clip (`people/notes.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace as changed
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pvchat.errors import PeopleError, SettingsError
from pvchat.people.person import Person, clean_name, name_key
from pvchat.storage import temporary

if TYPE_CHECKING:
    from pvchat.people.notes import Notes
    from pvchat.people.store import PeopleStore
    from pvchat.schemas import ClipAnalysis, PersonPresence, Progress, Service
    from pvchat.service.clipmemory import ClipMemory

DEPTHS = ("instant", "deep")


class Enrolling:
    """What `PVChat` does to get to know people.

    Attributes:
        people: the people store.
    """

    people: PeopleStore
    _progress: Progress
    _clips: ClipMemory

    def score(self, people: Sequence[Person], analysis: ClipAnalysis) -> list[PersonPresence]:
        """Presence of these people, in the order given."""
        raise NotImplementedError

    def enroll(
        self,
        clip: str | Path,
        name: str,
        depth: str = "instant",
        track: int | None = None,
        replace: bool = False,
        stop: threading.Event | None = None,
        *,
        add: bool = False,
    ) -> Person:
        """Enroll the main subject of a clip.

        Args:
            clip: a video, an animation or a photo.
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
            VideoReadError, SubjectError, PeopleError, SettingsError.
        """
        from pvchat.identity.enroll import enroll
        from pvchat.people.merge import joined

        if depth not in DEPTHS:
            raise SettingsError(f"there is no depth '{depth}'.", hint=f"Use one of: {', '.join(DEPTHS)}.")
        name = self._free_or_known(name, depth, replace, add)  # told before the experts run
        analysis = self._clips.look(clip, stage="who").analysis
        person = self._with_voice(enroll(analysis, name, track, source=Path(clip).name), clip, analysis, track)
        others = [one for one in self.people.all() if add or name_key(one.name) != name_key(name)]
        noticed = self._notes(analysis, track, others, name if add else "")
        voice = person.arrays.get("voice")
        noticed = changed(noticed, voice_bytes=0 if voice is None else voice.nbytes)
        if add:
            person = self.people.revise(name, lambda one: joined(one, person))
        else:
            person = self.people.add(person, replace=replace)
        temporary.withdraw_offers()
        person = person if depth == "instant" else self.deepen(clip, person, track, stop)
        return changed(person, notes=noticed)

    def deepen(
        self,
        clip: str | Path,
        person: Person,
        track: int | None = None,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> Person:
        """Go on from an instant enrollment: augment its clip, train, store the deep state in its place.

        Without a pretrained base to answer nothing is trained: the instant enrollment stays.

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
        from pvchat.train.person.session import TrainingSession

        session = TrainingSession(progress=progress or self._progress, stop=stop)
        return deepen(cast("Service", self), clip, person, DeepOptions(track=track, session=session))

    def _with_voice(self, person: Person, clip: str | Path, analysis: ClipAnalysis, track: int | None) -> Person:
        """A person with her voice, where she is seen speaking and what hearing needs is here."""
        from pvchat.identity.subjects import choose, parts_of
        from pvchat.identity.voices import voice_of
        from pvchat.service.hearing import voices_in

        if person.kind != "face" or (sound := voices_in(self._clips, clip, analysis)) is None:
            return person
        voice = voice_of(sound, parts_of(analysis, choose(analysis, track, "")))
        return person if voice is None else changed(person, arrays={**person.arrays, "voice": voice})

    def _free_or_known(self, name: str, depth: str, replace: bool, add: bool) -> str:
        """The name as it will be stored; raises where it is taken, or where nobody has it whom a clip is added to."""
        name = clean_name(name)
        if add:
            if replace or depth != "instant":
                raise SettingsError("a clip can be added to somebody only by itself.", subject=name,
                                    hint="Leave out replace and depth.")  # fmt: skip
            return self.people.get(name).name
        self.people.require_usable(name)
        taken = self.people.find(name)
        if taken is not None and not replace:
            hint = "Use another name; or add the clip to what is known of her (--add), or take her place (--replace)."
            raise PeopleError(f"'{taken.name}' is enrolled already.", subject=name, hint=hint)
        return name

    def _notes(self, analysis: ClipAnalysis, track: int | None, others: Sequence[Person], added_to: str) -> Notes:
        from pvchat.identity.quality import notes_on
        from pvchat.identity.subjects import choose

        return notes_on(choose(analysis, track, ""), analysis, self.score(others, analysis), added_to)
