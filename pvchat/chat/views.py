"""What the trained model sees of a clip: an analysis in, visual tokens out, once a clip; each line looks at its part.

Legend: B lines.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pvchat.chat.lines import Line
from pvchat.chat.trained import TrainedModel
from pvchat.schemas import ClipAnalysis

if TYPE_CHECKING:
    from pvchat.model.visual import VisualTokens

_IN_MEMORY = 8  # clips whose visual tokens are kept


class ClipViews:
    """The visual tokens of the last clips: a second question costs no visual pass.

    Args:
        trained: the model that looks.
    """

    def __init__(self, trained: TrainedModel) -> None:
        self.trained = trained
        self._seen: OrderedDict[str, VisualTokens] = OrderedDict()

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual tokens of a clip, made once."""
        import torch

        from pvchat.model.features import from_analysis

        with self.trained.lock:
            if analysis.key not in self._seen:
                with torch.inference_mode():
                    model = self.trained.reader
                    self._seen[analysis.key] = model.encode_clips(from_analysis(analysis, model.config))
            self._seen.move_to_end(analysis.key)
            while len(self._seen) > _IN_MEMORY:
                self._seen.popitem(last=False)
            return self._seen[analysis.key]

    def of_lines(self, analysis: ClipAnalysis, lines: Sequence[Line]) -> VisualTokens:
        """The clip's visual tokens once for each of B lines, with what it is not to look at masked."""
        import torch

        from pvchat.model.features import SCENE, kept_tracks

        visual, config = self.look(analysis), self.trained.reader.config
        kept = kept_tracks(analysis, config.max_tracks)
        views = visual.select(torch.zeros(len(lines), dtype=torch.long, device=visual.tokens.device))
        mask = views.mask.clone()
        for row, line in enumerate(lines):
            if line.track in kept:
                mask[row] &= (views.track[row] == kept.index(line.track)) | (views.track[row] == SCENE)
            if line.experts:
                numbers = [n for n, name in enumerate(config.experts) if name in line.experts]
                mask[row] &= torch.isin(views.expert, torch.tensor(numbers, device=mask.device))
        mask[~mask.any(1)] = views.mask[~mask.any(1)]  # nothing left: look at everything
        return replace(views, mask=mask)

    @cached_property
    def nothing(self) -> VisualTokens:
        """The visual tokens of an empty clip: one frame whose features are all 0."""
        import torch

        from pvchat.model.features import ClipFeatures, scene_tokens

        model = self.trained.model
        name, expert = next(iter(model.config.experts.items()))
        grid = np.zeros((1, 49, expert.width), np.float32)
        with torch.inference_mode():
            return model.encode_clips(ClipFeatures({name: scene_tokens(grid, np.full(1, 0.5, np.float32), 1)}))

    def forget(self) -> None:
        """Drop all clips from memory."""
        self._seen.clear()
