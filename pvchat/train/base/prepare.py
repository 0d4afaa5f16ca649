"""Features and composed scenes for base training.

    python -m pvchat.train.base.prepare --data … --out … --scenes 400

In: image sets. Out: in `BaseConfig.cache` grids of the captioned sets and of random crops of them, face vectors of the
identity sets, composed scenes of both splits (`--scenes` for training, a quarter of that for validation; identities and
backgrounds of a split stay in it). What exists is kept; an interrupted preparation goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import product

from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.faces import FaceExpert
from pvchat.train.base.composed import Studio, backgrounds, make_scenes, read_heads
from pvchat.train.base.config import BaseConfig, parse
from pvchat.train.base.data import read_photos
from pvchat.train.base.features import extract_faces, extract_grids

HEADS = 600  # faces that scenes are composed with, spread over the identities
log = logging.getLogger(__name__)


def main(words: Sequence[str] | None = None) -> None:
    """Prepare with the options of base training."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    prepare(parse(words))


def prepare(config: BaseConfig) -> None:
    """Fill the cache; one model at a time is used, with `config.threads` threads."""
    import torch

    if config.threads:
        torch.set_num_threads(config.threads)
    frames, faces = FrameExpert(device=config.device), FaceExpert(device=config.device)
    for name in [*config.sets("captioned"), *config.sets("auto")]:
        found = extract_grids(config.data / name, config.cache, frames)
        log.info("%s: grids of %d pictures", name, len(found.row))
    for name, view in product(config.sets("captioned"), range(1, config.views + 1)):
        extract_grids(config.data / name, config.cache, frames, view)
        log.info("%s: view %d of every picture", name, view)
    for name in config.sets("identities"):
        extract_faces(config.data / name, config.cache, faces, frames, config.seed)
        log.info("%s: face vectors", name)
    for validation, count in ((False, config.scenes), (True, config.scenes // 4)):
        if count:
            _compose(config, validation, count, faces, frames)


def _compose(config: BaseConfig, validation: bool, count: int, faces: FaceExpert, frames: FrameExpert) -> None:
    """Scenes of one split."""
    split = "val" if validation else "train"
    photos = [p for p in read_photos(config.data, config.sets("captioned")) if p.validation == validation]
    heads = read_heads(config.data, config.cache, config.sets("identities"), validation, HEADS, faces.detector)
    out = config.cache / f"composites.{split}"
    studio = Studio(heads, backgrounds(photos), config.data, faces, frames, config.seed + validation)
    made = make_scenes(studio, out, count)
    log.info("%s: %d composed scenes with %d heads", split, len(made), len(heads))


if __name__ == "__main__":
    main()
