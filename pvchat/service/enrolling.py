"""What `PVChat.enroll` asks of names and clips before somebody is stored.

In: a name; a clip. Out: the name as it is stored; the clip's analysis and whom it is about; her voice.
"""

from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

from pvchat.errors import PeopleError, SettingsError
from pvchat.people.person import Person, clean_name
from pvchat.people.store import PeopleStore
from pvchat.schemas import ClipAnalysis, Track
from pvchat.service.clipmemory import ClipMemory
from pvchat.service.hearing import voices_in


def usable_name(people: PeopleStore, name: str, depth: str, *, replace: bool, add: bool) -> str:
    """The name as it will be stored; raises where it is taken, or where nobody has it whom a clip is added to."""
    name = clean_name(name)
    if add:
        if replace or depth != "instant":
            hint = "Leave out replace and depth."
            raise SettingsError("a clip can be added to somebody only by itself.", subject=name, hint=hint)
        return people.get(name).name
    people.require_usable(name)
    taken = people.find(name)
    if taken is not None and not replace:
        hint = "Use another name; or add the clip to what is known of her (--add), or take her place (--replace)."
        raise PeopleError(f"'{taken.name}' is enrolled already.", subject=name, hint=hint)
    return name


def enrollable(clips: ClipMemory, clip: str | Path, track: int | None) -> tuple[ClipAnalysis, Track]:
    """What enrolling from a clip needs: who is there, and the subject.

    Raises:
        VideoReadError, SubjectError: the clip can't be used; nobody is in it, or several and `track` names none.
    """
    from pvchat.identity.subjects import choose

    analysis = clips.look(clip, stage="who").analysis
    return analysis, choose(analysis, track, Path(clip).name)


def with_voice(clips: ClipMemory, person: Person, clip: str | Path, analysis: ClipAnalysis, subject: Track) -> Person:
    """A person with her voice, where she is seen speaking and what hearing needs is here."""
    from pvchat.identity.subjects import parts_of
    from pvchat.identity.voices import voice_of

    if person.kind != "face" or (sound := voices_in(clips, clip, analysis)) is None:
        return person
    voice = voice_of(sound, parts_of(analysis, subject))
    return person if voice is None else changed(person, arrays={**person.arrays, "voice": voice})
