"""What the trained model sees of a clip: an analysis in, visual tokens out, once a clip; each line looks at its part.

Legend: B lines.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvchat.chat.lines import Line
from pvchat.chat.trained import TrainedModel
from pvchat.schemas import ClipAnalysis

if TYPE_CHECKING:
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

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual tokens of a clip, made once."""
        import torch

        from pvchat.model.features import from_analysis

        with self.trained.lock:
            key = (analysis.key, analysis.duration_s, analysis.times.tobytes())
            if key not in self._seen:
                with torch.inference_mode():
                    model = self.trained.reader
                    self._seen[key] = model.encode_clips(from_analysis(analysis, model.config))
            self._seen.move_to_end(key)
            while len(self._seen) > _IN_MEMORY:
                self._seen.popitem(last=False)
            return self._seen[key]

    def of_lines(self, analysis: ClipAnalysis, lines: Sequence[Line]) -> VisualTokens:
        """The clip's visual tokens once for each of B lines, without what the line is not to look at."""
        import torch

        from pvchat.model.features import kept_tracks
        from pvchat.model.visual import View

        visual, model = self.look(analysis), self.trained.reader
        most = model.config.max_tracks
        number: dict[int | None, int | None] = {t: i for i, t in enumerate(kept_tracks(analysis, most))}
        number[None] = None
        views = [View(number.get(line.track, most), line.experts) for line in lines]  # `most`: whom no token shows
        with torch.inference_mode():
            return model.look_at(visual, views)

    def forget(self) -> None:
        """Drop all clips from memory."""
        self._seen.clear()
