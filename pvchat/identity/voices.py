"""Speaker recognition: a person's enrolled voice against the voices of a clip.

In: a clip's `Sound`, people. Out: the voice to keep with a person, and which of a clip's voices are whose. A voice that
is heard puts nobody into the picture: it only adds to a face that may be hers, and that speaks. The numbers were fitted
on made voices (docs/adr/0052-known-by-voice.md).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from pvchat.config import PresenceConfig
from pvchat.people.person import Person
from pvchat.schemas import FloatArray, PersonPresence, Sound, Utterance

_SLOPE, _EVEN = 30.0, 0.8  # log-odds that two voices are one: slope times what their cosine has above the second
_MOST = 3.0  # log-odds that a voice may add to a face: made voices say little of real ones
_NAMED, _OF_TEN = 0.9, 0.03  # cosine from which a voice is somebody's, of one who is known; what ten known ones add …
_CLEARLY = 0.03  # … and by how much it must be nearer than that of the next person
_HEARD_S, _LEARNED_S = 1.5, 3.0  # seconds of speech from which a voice is compared, and kept
_HERS = 0.8  # share of a voice's speech that must come from the enrolled person's mouth


def voice_of(sound: Sound, tracks: Collection[int]) -> FloatArray | None:
    """The voice [1, 256] that speaks while one person's mouth moves (tracks of these numbers).

    None where several voices do, or where that voice speaks without her mouth, too.
    """
    hers = [one for one in sound.utterances if one.track in tracks and one.voiceprint]
    voices = {one.voice for one in hers}
    seconds = {voice: sum(one.seconds for one in hers if one.voice == voice) for voice in voices}
    if not seconds:
        return None
    best = max(seconds, key=lambda voice: seconds[voice])
    decided = [one for one in sound.utterances if one.voice == best and (one.track is not None or one.unseen)]
    if seconds[best] < max(_LEARNED_S, _HERS * sum(one.seconds for one in decided)):
        return None
    return _mean([one for one in hers if one.voice == best])[None].astype(np.float16)


def add_voices(
    people: Sequence[Person], presences: Sequence[PersonPresence], sound: Sound, config: PresenceConfig
) -> list[PersonPresence]:
    """Presences of everyone enrolled (in one order) with the voices that are theirs.

    An unsure face that speaks gets what its voice adds.
    """
    owners = {}  # of each voice of the clip that is surely somebody's
    for voice in sorted({one.voice for one in sound.utterances if one.voice is not None}):
        likeness, nearest, known = _nearest_person(people, [one for one in sound.utterances if one.voice == voice])
        if nearest is not None and likeness >= _NAMED + _OF_TEN * np.log10(known):
            owners[voice] = nearest
    taken = {track for one in presences if one.decision == "present" for track in (one.track, *one.tracks)}
    free = replace(sound, utterances=tuple(one for one in sound.utterances if one.track not in taken))
    found = []
    for person, presence in zip(people, presences, strict=True):
        mine = replace(presence, voices=tuple(voice for voice, owner in owners.items() if owner is person))
        may_be_hers = presence.decision == "unsure" and presence.track not in taken
        found.append(_with_voice_evidence(person, mine, people, free, config) if may_be_hers else mine)
    return found


def _with_voice_evidence(
    person: Person, presence: PersonPresence, people: Sequence[Person], sound: Sound, config: PresenceConfig
) -> PersonPresence:
    """An unsure presence with what the voice of the face that may be hers adds to it, where it is most like hers."""
    tracks = (presence.track, *presence.tracks)
    spoken = [one for one in sound.utterances if one.voiceprint and one.track is not None and one.track in tracks]
    likeness, nearest, _ = _nearest_person(people, spoken)
    if nearest is not person:
        return presence
    added = float(np.clip(_SLOPE * (likeness - _EVEN), 0.0, _MOST))
    odds = presence.probability / max(1e-9, 1 - presence.probability) * np.exp(added)
    probability = float(odds / (1 + odds))
    sure = probability >= config.present_from
    return replace(presence, probability=probability, decision="present" if sure else "unsure")


def _nearest_person(people: Sequence[Person], spoken: Sequence[Utterance]) -> tuple[float, Person | None, int]:
    """Cosine of what is spoken and the voice most like it, whose that clearly is (or None), how many are known."""
    known = [person for person in people if person.has_voice]
    if not known or sum(one.seconds for one in spoken) < _HEARD_S:
        return -1.0, None, len(known)
    voice, likeness = _mean(spoken), []
    for person in known:  # the nearest of her enrolled voices counts
        own = np.asarray(person.arrays["voice"], np.float32)
        likeness.append(float((own @ voice / np.linalg.norm(own, axis=1)).max()))
    second, first = np.sort([-1.0, *likeness])[-2:]
    return float(first), known[int(np.argmax(likeness))] if first - second >= _CLEARLY else None, len(known)


def _mean(spoken: Sequence[Utterance]) -> FloatArray:
    """[256] the voice of some stretches, of unit length; longer ones count more."""
    audible = [one for one in spoken if one.voiceprint]
    mean = np.average([one.voiceprint for one in audible], axis=0, weights=[one.seconds for one in audible])
    return np.asarray(mean / np.linalg.norm(mean), np.float32)
