"""Speech to text: what is said in the chat's clip, and a question that was spoken into the microphone.

In: a clip, or sound from the page. Out: text. Raises PVChatError where listening is switched off, its weights are
missing, or nothing is heard. A clip is listened to only when somebody asks for it, on this machine (docs/voice.md).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pvchat.assets import packages, weights
from pvchat.chat.english import clock, wording
from pvchat.errors import SettingsError, VideoReadError, WeightsError
from pvchat.schemas import SAMPLE_RATE, Progress
from pvchat.service import PVChat
from pvchat.service.hearing import SpokenLine, transcript
from pvchat_app import cards
from pvchat_app.backend import Backend
from pvchat_app.conversation import SessionClip
from pvchat_app.wording import escape

FETCH = "Stop the app and run: pvchat doctor --fetch --voice"


def words_of(backend: Backend, clip: SessionClip | None) -> tuple[str, bool]:
    """The words that were heard in a clip, as HTML, and whether it may still be listened to."""
    chat = backend.engine.chat
    if clip is None or not clip.has_sound or not chat.settings.voice:
        return "", False
    if (analysis := clip.analysis) is None or analysis.sound is None:
        return "", True
    return words_card(transcript(analysis, chat.presence(analysis), clip.name), clip.url), False


def hear(backend: Backend, clip: SessionClip, progress: Progress) -> None:
    """Listen to a clip; its words become a part of its analysis."""
    seen, chat = backend.analyse(clip, progress), backend.engine.chat
    progress("listening", 0.0, clip.probe.duration_s)  # raises StoppedError if it was stopped meanwhile
    with backend.engine.reporting_to(progress):
        heard = chat.listen(clip.path).analysis
    transcript(heard, [], clip.name)  # raises the reason where nothing can be heard
    clip.analysis = replace(seen, sound=heard.sound)


def words_card(lines: Sequence[SpokenLine], clip: str) -> str:
    """What is said, with a search field; a line has its time (a click plays the clip from there), speaker and words."""
    if not lines:
        return cards.notice("Nobody is heard speaking in this clip.")
    rows = "".join(
        f"<li>{cards.play_button(clock(line.start_s), line.start_s, clip)}"
        f"<b>{escape(line.speaker)}</b> <span>{escape(line.text)}</span></li>"
        for line in lines
    )
    search = '<input type="search" placeholder="Search in what is said" aria-label="Search in what is said">'
    return f'<section class="pv-words"><b>What is said</b>{search}<ol>{rows}</ol></section>'


def spoken_question(chat: PVChat, sound: str) -> str:
    """The words in a few seconds of sound: 16-bit samples of one channel at `SAMPLE_RATE`, as base64."""
    if state := hearing_off(chat):
        if state == "off":
            raise SettingsError(wording("sound", state))
        raise WeightsError("what hearing needs isn't here yet.", hint=FETCH)
    from pvchat.perception.sound.listening import speech_in

    samples, experts = np.frombuffer(base64.b64decode(sound), "<i2").astype(np.float32), chat.networks.sound
    samples /= 32768
    with chat.networks.lock:
        speech = list(speech_in([samples], experts.speech))
        within = slice(*(round(s * SAMPLE_RATE) for s in (speech[0].start_s, speech[-1].end_s))) if speech else slice(0)
        words = experts.words.words(samples[within]) if speech else []
    if not words:
        raise VideoReadError("nobody was heard speaking.", hint="Come closer to the microphone, and try again.")
    return " ".join(word.text for word in words)


def hearing_off(chat: PVChat) -> str:
    """Why nothing can be heard here: "off" (switched off) or "unfetched" (weights are missing); "" if it can."""
    if not chat.settings.voice:
        return "off"
    return "unfetched" if weights.missing(table=packages.table("voice")) else ""
