"""What the trained model sees of a clip: an analysis in, visual tokens out, once a clip; each line looks at its part.

What a choice from a list rests on is seen by the frozen model, without torch (`model/frozen.py`); what the language
model speaks of, by the torch model.

Legend: B lines, Q queries, S width of sentence vectors.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
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
        track = _numbers(analysis, self.trained.config.max_tracks)(line.track)
        return frozen.sentences(clip, frozen.shown(clip, track, line.experts), asked)

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual tokens of a clip, made once."""
        import torch

        from pvchat.model.features import from_analysis

        with self.trained.lock:
            key = _key(analysis)
            if key not in self._seen:
                with torch.inference_mode():
                    model = self.trained.reader
                    self._seen[key] = model.encode_clips(from_analysis(analysis, model.config))
            _keep_last(self._seen, key)
            return self._seen[key]

    def of_lines(self, analysis: ClipAnalysis, lines: Sequence[Line]) -> VisualTokens:
        """The clip's visual tokens once for each of B lines, without what the line is not to look at."""
        import torch

        from pvchat.model.visual import View

        visual, model = self.look(analysis), self.trained.reader
        number = _numbers(analysis, model.config.max_tracks)
        views = [View(number(line.track), line.experts) for line in lines]
        with torch.inference_mode():
            return model.look_at(visual, views)

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


def _numbers(analysis: ClipAnalysis, most: int) -> Callable[[int | None], int | None]:
    """The number that a track's tokens carry, by its index in the analysis; `most` for one that no token shows."""
    numbers: dict[int | None, int | None] = {t: i for i, t in enumerate(kept_tracks(analysis, most))}
    numbers[None] = None
    return lambda track: numbers.get(track, most)
