"""The things that pass between the steps. Torch-free.

In a clip's way: `facts.py` (what was measured), `clip.py` (tracks, a clip's analysis), `answer.py` (presence, answers), `why.py` (why
somebody wasn't recognised),
`service.py` (what lower floors are handed of the service). Start with `clip.py`.
"""

from pvchat.schemas.answer import Answer, Decision, PersonPresence, QuestionType
from pvchat.schemas.clip import SIGHTING_ARRAYS, ClipAnalysis, FloatArray, IntArray, Look, Track
from pvchat.schemas.facts import Appearance, Garment, PersonFacts, SceneFacts, SceneSpan, common_scene
from pvchat.schemas.service import Progress, Service
from pvchat.schemas.why import Reason, Why

__all__ = [
    "Answer",
    "Appearance",
    "ClipAnalysis",
    "Decision",
    "FloatArray",
    "Garment",
    "IntArray",
    "Look",
    "PersonFacts",
    "PersonPresence",
    "Progress",
    "QuestionType",
    "Reason",
    "SIGHTING_ARRAYS",
    "SceneFacts",
    "SceneSpan",
    "Service",
    "Track",
    "Why",
    "common_scene",
]
