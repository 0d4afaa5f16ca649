"""What the trained model sees of a clip: an analysis in, visual tokens out, once a clip.

What a choice from a list rests on is seen by the frozen model, without torch (`model/frozen.py`), line by line: each
looks at its part. What the language model speaks of is the whole clip, seen by the torch model.

Legend: Q queries, S width of sentence vectors.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from pvchat.model.cliptokens import kept_tracks
from pvchat.model.lines import Line
from pvchat.model.trained import TrainedModel
from pvchat.schemas import ClipAnalysis, FloatArray

if TYPE_CHECKING:
    from pvchat.model.frozen import ClipTokens
    from pvchat.model.visual import VisualTokens

_IN_MEMORY = 8  # clips whose visual tokens are kept

ViewKey = tuple[str, float, bytes]  # a clip, and which part of it was seen: its end and its sampled times


class ClipViews:
    """The visual tokens of the last clips: a second question costs no visual pass.

    Args:
        trained: the model that looks.
    """

    def __init__(self, trained: TrainedModel) -> None:
        self.trained = trained
        self._seen: OrderedDict[ViewKey, VisualTokens] = OrderedDict()
        self._frozen: OrderedDict[ViewKey, ClipTokens] = OrderedDict()

    def seen_by(self, analysis: ClipAnalysis, line: Line, asked: FloatArray) -> FloatArray:
        """What the frozen model's queries see of a line's part of a clip: [Q, S], unit length.

        Args:
            analysis: of the clip.
            line: whom and what to look at.
            asked: [S] its question's sentence vector.
        """
        key, frozen = _key(analysis), self.trained.frozen
        if key not in self._frozen:
            self._frozen[key] = frozen.tokens(analysis)
        _keep_last(self._frozen, key)
        clip = self._frozen[key]
        track = _number(analysis, line.track, self.trained.config.max_tracks)
        return frozen.sentences(clip, frozen.visible(clip, track, line.experts), asked)

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual tokens of a clip, made once."""
        import torch

        with self.trained.lock:
            key = _key(analysis)
            if key not in self._seen:
                with torch.inference_mode():
                    self._seen[key] = self.trained.reader.look(analysis)
            _keep_last(self._seen, key)
            return self._seen[key]

    def forget(self) -> None:
        """Drop all clips from memory."""
        self._seen.clear()
        self._frozen.clear()


def _key(analysis: ClipAnalysis) -> ViewKey:
    return analysis.key, analysis.duration_s, analysis.times.tobytes()


def _keep_last(kept: OrderedDict[ViewKey, Any], key: ViewKey) -> None:
    """Only the last few, this one among them."""
    kept.move_to_end(key)
    while len(kept) > _IN_MEMORY:
        kept.popitem(last=False)


def _number(analysis: ClipAnalysis, track: int | None, most: int) -> int | None:
    """The number that a track's tokens carry, by its index in the analysis; `most` for one that no token shows."""
    kept = kept_tracks(analysis, most)
    return None if track is None else kept.index(track) if track in kept else most
