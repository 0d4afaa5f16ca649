"""PVChat end to end with the real weights, on photos that became clips by a slow move over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from make_people import find_traces, traces

from pvchat import PVChat, video
from pvchat.config import Settings

QUESTIONS = {
    "existence": "Is Eileen in this video?", "appearance": "What is Eileen wearing?", "action": "What is Eileen doing?",
    "location": "Where is Eileen?",
}  # fmt: skip


def zoomed(path: Path, photo: np.ndarray, first: tuple[float, float, float], last: tuple[float, float, float]) -> Path:
    """Two seconds of a slow move over a photo, from one crop (centre x, y and width, as fractions) to another."""
    from PIL import Image

    from pvchat.assets.footage import move_over

    video.save_clip(path, move_over(Image.fromarray(photo), (first, last), 1.0, 16), 8)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    data = pytest.importorskip("skimage.data")
    folder = tmp_path_factory.mktemp("clips")
    astronaut, cat = data.astronaut(), data.chelsea()[:300, :300]
    darker = (astronaut * 0.7).astype(np.uint8)
    return {
        "enroll": zoomed(folder / "enroll.mp4", astronaut, (0.5, 0.5, 1.0), (0.46, 0.35, 0.7)),
        "again": zoomed(folder / "again.mp4", darker[:, ::-1], (0.55, 0.3, 0.6), (0.5, 0.4, 0.9)),
        "cat": zoomed(folder / "cat.mp4", cat, (0.5, 0.5, 1.0), (0.5, 0.5, 0.7)),
    }


@pytest.mark.weights
def test_real_experts_find_the_astronaut_again_and_not_in_a_cat(clips: dict[str, Path], pvchat_home: Path) -> None:
    chat = PVChat.from_pretrained("embedded", Settings(device="cpu"))
    person = chat.enroll(clips["enroll"], "Eileen")
    assert person.kind == "face"
    assert person.bytes_on_disk < 1_000_000

    there = chat.ask(clips["again"], "Is Eileen in this video?")
    assert there.people[0].decision == "present"
    assert there.people[0].probability > 0.8  # alone, the calibration on footage gives at most .86
    assert there.people[0].spans
    assert "Eileen" in there.answer

    for kind, question in QUESTIONS.items():
        answer = chat.ask(clips["cat"], question)
        assert answer.type == kind
        assert answer.people[0].decision == "absent"
        assert answer.people[0].spans == []
        assert "Eileen" in answer.answer
        assert "not" in answer.answer
    again = chat.ask(clips["cat"], "Who is in this video?")
    assert again.timing["decode_s"] == again.timing["experts_s"] == 0
    wanted = traces(chat.people.get("Eileen"))
    chat.forget("Eileen")
    assert find_traces(pvchat_home, {k: v for k, v in wanted.items() if k != "clip"}) == []


@pytest.mark.weights
def test_real_experts_tell_two_people_apart(clips: dict[str, Path], tmp_path: Path, weights_home: Path) -> None:
    """Against a second real person out of the demo's footage, where that has been fetched on this machine."""
    from pvchat.assets import packages

    folder = next(weights_home.glob("weights/footage-portraits-*"), None)
    if folder is None:
        pytest.skip("the demo's footage isn't fetched: run `pvchat demo`")
    from PIL import Image

    row = next(r for r in packages.table("footage") if r.role == "footage-portraits")
    file = next(folder.rglob(Path(row.members[0]).name))
    photo = np.asarray(Image.open(file).convert("RGB"))
    other = zoomed(tmp_path / "other.mp4", photo, (0.5, 0.5, 1.0), (0.5, 0.36, 0.7))
    chat = PVChat.from_pretrained("embedded", Settings(device="cpu"))
    chat.enroll(clips["enroll"], "Eileen")
    chat.enroll(other, "Barack")
    assert {p.name: p.decision for p in chat.ask(other, "Who is in this video?").people} == {
        "Eileen": "absent",
        "Barack": "present",
    }
    assert chat.ask(clips["again"], "Is Barack in this video?").people[0].decision == "absent"
