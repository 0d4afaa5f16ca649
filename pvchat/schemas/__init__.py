"""The things that pass between the steps, as dataclasses; no torch.

A clip becomes a `ClipAnalysis` (clip.py: open it first), with what was measured of each person and the place (facts.py)
and what is heard (sound.py). With the people who are enrolled it becomes an `Answer` (answer.py). service.py: the few
methods of `PVChat` that lower packages call.
"""
# ruff: noqa: I001 - several names a line

from pvchat.schemas.answer import Answer, AnswerGround, Decision, PersonPresence, QuestionType, Reason, Why
from pvchat.schemas.clip import (
    BODY, GRID_CELLS, FACEPRINT, LOOKS, SIGHTING_ARRAYS, STRIPS, TINTS, ClipAnalysis, Flags, FloatArray, IntArray, Look,
    Pixels, Spans, Stage, Track, facts_from_row, facts_to_row, track_from_row, track_to_row,
)  # fmt: skip
from pvchat.schemas.facts import (
    BLUE_SKY, BOOKSHELVES, HANDS, PLACE_SURE, Appearance, Garment, Ground, PersonFacts, SceneFacts, SceneSpan, Thing,
    common_scene,
)  # fmt: skip
from pvchat.schemas.service import Progress, Service
from pvchat.schemas.sound import LANGUAGES, SAMPLE_RATE, VOICEPRINT, Sound, SoundState, SpokenWord, Utterance

__all__ = [
    "BLUE_SKY", "BODY", "BOOKSHELVES", "FACEPRINT", "GRID_CELLS", "HANDS", "LANGUAGES", "LOOKS", "PLACE_SURE",
    "SAMPLE_RATE", "SIGHTING_ARRAYS", "STRIPS", "TINTS", "VOICEPRINT", "Answer", "AnswerGround", "Appearance",
    "ClipAnalysis", "Decision", "Flags", "FloatArray", "Garment", "Ground", "IntArray", "Look", "PersonFacts",
    "PersonPresence", "Pixels", "Progress", "QuestionType", "Reason", "SceneFacts", "SceneSpan", "Service", "Sound",
    "SoundState", "Spans", "SpokenWord", "Stage", "Thing", "Track", "Utterance", "Why", "common_scene",
    "facts_from_row", "facts_to_row", "track_from_row", "track_to_row",
]  # fmt: skip
