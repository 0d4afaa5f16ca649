"""A clip is listened to when a question asks for it; what was heard is kept with its analysis, and deleted with it.

In: a look at a clip. Out: the same with a `Sound`, or with the reason why nothing was heard. A file that can't be read
is a VideoReadError.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pvchat import video
from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.english import wording
from pvchat.chat.sounds import UNSEEN
from pvchat.chat.timeline import Row
from pvchat.errors import SettingsError, WeightsError
from pvchat.schemas import ClipAnalysis, Look, PersonPresence, Sound, SpokenWord
from pvchat.service.clipmemory import ClipMemory
from pvchat.video.sound import has_sound

_FETCH = "Run: pvchat doctor --fetch --voice"
LINE_S = 6.0  # the most that one subtitle lasts: what is read in that time fits into two lines


@dataclass(frozen=True)
class SpokenLine:
    """Some words: from when to when (seconds), whose, and the text.

    `who` is an enrolled name, "#1" and so on for strangers, "" where it isn't known; `of` is "unseen" where nobody in
    the picture speaks, else as in `chat/sounds.py`.
    """

    start_s: float
    end_s: float
    who: str
    of: str
    text: str

    @property
    def speaker(self) -> str:
        """Whose words it is: a name, "person 1", "not seen" or "somebody"."""
        if self.who.startswith("#"):
            return f"person {self.who[1:]}"
        return self.who or ("not seen" if self.of == UNSEEN else "somebody")


def with_sound(clips: ClipMemory, clip: str | Path, seen: Look, whole: bool = True) -> Look:
    """A look with what is heard, which counts as the experts' time; kept if the look is at the `whole` clip."""
    if not clips.networks.settings.voice:
        return replace(seen, analysis=replace(seen.analysis, sound=Sound("off")))
    if seen.analysis.sound is not None:
        return seen
    started = time.perf_counter()

    def listened(analysis: ClipAnalysis) -> ClipAnalysis:
        return replace(analysis, sound=analysis.sound or _sound_of(clips, clip, analysis))

    try:
        analysis = clips.update(clip, seen.analysis, listened) if whole else listened(seen.analysis)
    except WeightsError:  # all else that is asked about the clip is seen, and answered
        analysis = replace(seen.analysis, sound=Sound("unfetched"))
    return replace(seen, analysis=analysis, experts_s=seen.experts_s + time.perf_counter() - started)


def voices_in(clips: ClipMemory, clip: str | Path, analysis: ClipAnalysis) -> Sound | None:
    """Who speaks in a clip, without words, which are neither found nor kept; None where nothing can be heard."""
    if not clips.networks.settings.voice:
        return None
    try:
        return analysis.sound or _sound_of(clips, clip, analysis, words=False)
    except WeightsError:
        return None


def _sound_of(clips: ClipMemory, clip: str | Path, analysis: ClipAnalysis, words: bool = True) -> Sound:
    """What is heard in a clip; nothing is loaded for one without sound; raises WeightsError: weights aren't here."""
    from pvchat.assets import packages, weights

    if not has_sound(clip, clips.config):
        return Sound("none")
    if weights.missing(table=packages.table("voice")):
        raise WeightsError(wording("sound", "unfetched"), subject=str(clip), hint=_FETCH)
    from pvchat.perception.sound.listening import listen, speaking  # a second, which a clip without sound doesn't cost

    with clips.networks.lock:
        found, experts = video.probe(clip, clips.config), clips.networks.sound
        if words:
            return listen(clip, found, analysis, experts, clips.config, clips.progress)
        return speaking(clip, found, analysis, experts, clips.config)


def transcript(analysis: ClipAnalysis, presences: Sequence[PersonPresence], clip: str | Path) -> list[SpokenLine]:
    """What is said in a clip that was listened to, in order, and by whom of everyone enrolled (`presences`).

    Raises WeightsError: what hearing needs isn't here; SettingsError: it is switched off, or the clip has no sound.
    """
    sound = analysis.sound or Sound("none")
    if sound.state == "unfetched":
        raise WeightsError(wording("sound", sound.state), subject=str(clip), hint=_FETCH)
    if sound.state != "heard":
        raise SettingsError(wording("sound", sound.state), subject=str(clip))
    speech = [row for row in timeline_of(presences, analysis).rows if row.attribute == "speaks"]
    spoken = zip(speech, sound.utterances, strict=True)
    return [line for row, utterance in spoken for line in _lines(row, utterance.words)]


def _lines(speech: Row, words: Sequence[SpokenWord]) -> Iterator[SpokenLine]:
    """The words of a stretch of speech in lines of at most `LINE_S`."""
    while words:
        fits = [word for word in words if word.end_s - words[0].start_s <= LINE_S] or words[:1]
        text = " ".join(word.text for word in fits)
        yield SpokenLine(fits[0].start_s, fits[-1].end_s, speech.entity, speech.of, text)
        words = words[len(fits) :]
