"""Tiny bases of four families, saved once a run, loaded once each: tests that change one put it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from make_bases import FAMILIES, save_base

from pvchat.bases.loading import Base, load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.shared import add_shared
from pvchat.bases.sources import read_source
from pvchat.schemas import ClipAnalysis


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's tiny base, in the hub's layout."""
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            made[family] = save_base(family, tmp_path_factory.mktemp("hub") / family, layers=4)
        return made[family]

    return folder


@pytest.fixture(scope="session")
def open_base(folder_of: Callable[[str], Path]) -> Callable[..., Base]:
    """A base of a family, in float32: with mixed heads, or as it is on disk."""
    made: dict[str, Base] = {}

    def opened(family: str, bare: bool = False) -> Base:
        if bare:
            return load_base(read_source(str(folder_of(family))), dtype=torch.float32)
        if family not in made:
            made[family] = add_shared(load_base(read_source(str(folder_of(family))), dtype=torch.float32))
        return made[family]

    return opened


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny base that was pretrained (`make_pretrained.py`)."""
    from make_pretrained import copy_pretrained

    return copy_pretrained("llava_onevision", tmp_path_factory.mktemp("pretrained") / "base")


@pytest.fixture(params=FAMILIES)
def base(request: pytest.FixtureRequest, open_base: Callable[..., Base]) -> Base:
    """One of every family, with mixed heads."""
    return open_base(request.param)


@pytest.fixture
def clip() -> Visuals:
    """Three frames of noise."""
    frames = np.random.default_rng(0).integers(0, 255, (3, 48, 64, 3), dtype=np.uint8)
    return Visuals(frames, np.float32([0.5, 2.5, 65.0]))


@pytest.fixture
def make_analysis() -> Callable[[int], ClipAnalysis]:
    """A function (who) to an analysed clip of somebody, with body, face and pose."""
    from make_analysis import make_analysis as made
    from make_analysis import make_track

    return lambda who: made(make_track(who), key=f"{who:064x}")
