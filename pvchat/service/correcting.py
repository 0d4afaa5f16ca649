"""The part of `PVChat` that is told it was wrong: "that is Ana", "that is not Ana".

In: a name, a clip, yes or no. Out: corrections, kept with her and used by the next question. `identity/corrections.py`
finds out what is meant, `identity/examples.py` makes it count, `people/corrections.py` keeps it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.people.corrections import Correction, Example, corrected, corrections_of
from pvchat.people.index import NameOrRef, PersonRef
from pvchat.storage import temporary

if TYPE_CHECKING:
    from pvchat.config import Settings
    from pvchat.identity.presence import PresenceModel
    from pvchat.people.person import Person
    from pvchat.people.store import PeopleStore
    from pvchat.schemas import ClipAnalysis
    from pvchat.service.clipmemory import ClipMemory


class Correcting:
    """What `PVChat` does with corrections.

    Attributes:
        people: the people store.
        settings: of the service.
    """

    people: PeopleStore
    settings: Settings
    _clips: ClipMemory

    @property
    def presence_model(self) -> PresenceModel:
        """Who is in a clip."""
        raise NotImplementedError

    def analyse(self, clip: str | Path) -> ClipAnalysis:
        """What the experts say about a clip; raises VideoReadError."""
        raise NotImplementedError

    def correct(
        self, name: NameOrRef, clip: str | Path, is_her: bool, at: float | None = None, track: int | None = None
    ) -> list[Correction]:
        """Keep that somebody in a clip is, or isn't, a person; the next question about her knows it.

        Args:
            name: hers, or an alias; or a `PersonRef`.
            clip: a video, an animation or a photo.
            is_her: True: "that is her"; False: "that is not her": whoever was taken for her, in all of the clip or at
                the moment.
            at: a moment of the clip (seconds) at which whoever is meant is seen.
            track: whom, by number, where several could be meant (`SeveralSubjectsError.candidates`).

        Returns:
            What was kept now: one correction a track that is meant.

        Raises:
            UnknownPersonError: nobody has this name.
            VideoReadError, SettingsError: the clip can't be used, or has no such moment.
            NoSubjectError, SeveralSubjectsError, SubjectError: nobody, or several, could be meant; no such track.
            PeopleError: she has as many corrections as she may have.
        """
        from pvchat.identity.corrections import made_of, meant_by, numbered

        person, analysis, source = self.people.get(name), self.analyse(clip), Path(clip).name
        if track is None:
            everyone = self.people.all()
            row = next(i for i, one in enumerate(everyone) if one.id == person.id)
            odds = self.presence_model.odds(everyone, analysis)[row]
            meant = meant_by(person, analysis, odds, her=is_her, at=at, source=source)
        else:
            meant = [numbered(analysis, track, source)]
        analysis = self._clips.covered(clip, analysis, meant)
        examples = [made_of(person, analysis.tracks[i], is_her, analysis, source, at) for i in meant]
        kept = self.people.revise(PersonRef(person.id), lambda one: _all_corrected(one, examples))
        temporary.withdraw_offers()
        return corrections_of(kept)[-len(examples) :]

    def corrections(self, name: NameOrRef) -> list[Correction]:
        """What was said of somebody's recognition, first to last; raises UnknownPersonError."""
        return corrections_of(self.people.get(name))


def _all_corrected(person: Person, examples: list[Example]) -> Person:
    for example in examples:
        person = corrected(person, example)
    return person
