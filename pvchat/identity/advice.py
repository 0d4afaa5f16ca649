"""What would make an enrollment better: said of the clip somebody is enrolled from.

In: the subject's track, its clip's analysis. Out: sentences, none where the clip is good. Each names what was measured.
"""

from __future__ import annotations

import numpy as np

from pvchat.identity.examples import is_masked
from pvchat.perception.experts.faces import frontality
from pvchat.schemas import ClipAnalysis, FloatArray, Track

SMALL = 60.0  # pixels of face height from which size is no limit to identity (perception/experts/faces.py)
SHORT_S = 1.0
SIDEWAYS = 0.5  # frontality of the most frontal sighting, below which the face is only seen from the side
BLURRED = 0.35  # share of the sharpness from which a face counts as sharp


def advice(track: Track, analysis: ClipAnalysis) -> list[str]:
    """What is poor about a clip as an enrollment of one of its people, and what would help; the worst first.

    Args:
        track: the subject's.
        analysis: of the clip.
    """
    if track.kind == "figure":
        return ["No face was found, so recognition is by appearance: a clip that shows the face would be surer."]
    found = [_size(track, analysis), _side(track, analysis), _cover(track), _sharpness(track, analysis)]
    return [sentence for sentence in (*found, _span(track, analysis)) if sentence]


def _size(track: Track, analysis: ClipAnalysis) -> str:
    tall = float((track.boxes[:, 3] - track.boxes[:, 1]).max()) * analysis.height
    return (
        f"The face is only {tall:.0f} pixels high: film from nearer, or in a higher resolution." if tall < SMALL else ""
    )


def _side(track: Track, analysis: ClipAnalysis) -> str:
    if _most_frontal(track, analysis) >= SIDEWAYS:
        return ""
    return "The face is only seen from the side: let the person look at the camera once."


def _cover(track: Track) -> str:
    return "A mask hides half of the face: a clip without it would help." if is_masked(track) else ""


def _sharpness(track: Track, analysis: ClipAnalysis) -> str:
    """Quality is a product of turn, sharpness and size (perception/experts/faces.py): what is left is sharpness."""
    tall = (track.boxes[:, 3] - track.boxes[:, 1]) * analysis.height
    turn = np.array([frontality(p) for p in _pixels(track, analysis)])
    rest = (0.25 + 0.75 * turn) * (0.2 + 0.8 * np.minimum(1.0, tall / SMALL))
    sharp = float(((track.quality / rest - 0.3) / 0.7).max())
    if sharp >= BLURRED:
        return ""
    dark = "dark" if analysis.scene.light == "dark" else "blurred"
    return f"The face is {dark}: more light and a steady camera would help."


def _span(track: Track, analysis: ClipAnalysis) -> str:
    seconds = sum(end - start for start, end in analysis.spans(track.shown_in))
    if len(analysis.times) > 1 and seconds < SHORT_S:
        return f"The person is seen for only {seconds:.1f} s: two seconds or more, with the head turning, would help."
    return ""


def _most_frontal(track: Track, analysis: ClipAnalysis) -> float:
    return max(frontality(points) for points in _pixels(track, analysis))


def _pixels(track: Track, analysis: ClipAnalysis) -> FloatArray:
    return track.points * np.array([analysis.width, analysis.height], np.float32)
