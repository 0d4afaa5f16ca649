"""Features for base training.

    python -m recipes.model.base.prepare --data DATA [--captioned A,B] [--auto C] [--identities D]

In: image sets. Out: in `BaseConfig.cache` (`runs/features`) grids of the captioned sets and of random crops of them,
grids of those with labels (`--auto`), face vectors of the identity sets. What exists is kept; an interrupted
preparation goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import product

from pvchat.errors import PVChatError
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.faces import FaceExpert
from recipes.model.base.config import BaseConfig, parse
from recipes.model.base.features import extract_faces, extract_grids

log = logging.getLogger(__name__)


def main(words: Sequence[str] | None = None) -> None:
    """Prepare with the options of base training."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        prepare(parse(words))
    except PVChatError as error:
        raise SystemExit(str(error)) from error


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


if __name__ == "__main__":
    main()
