"""What a drawn face shows: a smile, an open mouth, shut eyes; a small network over maps of the frozen EfficientNet.

In: maps of cut-out figures (`figurelooks.face_maps`). Out: probabilities [n, K] of SHOWN. The network attends to a few
places of the maps, as the one that compares characters does, and a linear layer reads what is there. It learned from
drawn faces that were read by eye (`recipes/looks/expressions.py`; ADR 0122).
"""

from __future__ import annotations

from pathlib import Path

from pvchat.perception.experts import figurelooks
from pvchat.perception.experts.attributes import arrays_of, sigmoid
from pvchat.schemas import FloatArray

WEIGHTS = Path(__file__).with_suffix(".safetensors")
# A mouth that smiles, shut or open; is open, smiling or not; is open and smiles. Eyes that are shut. A face at all, for
# the locator takes hands and clothes for some. Open eyes that look at whoever looks at the picture, or nearly so.
SHOWN = ("smile", "open", "laugh", "shut", "face", "ahead")


def expressions(maps: FloatArray) -> FloatArray:
    """Maps of cut-out figures [n, 152, 8, 8] to how probably each shows each of SHOWN: [n, K]."""
    return read_by(arrays_of(WEIGHTS), maps)


def read_by(w: figurelooks.Arrays, maps: FloatArray) -> FloatArray:
    """The same by other weights than the file's."""
    return sigmoid(figurelooks.read(w, maps))
