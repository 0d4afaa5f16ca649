"""Who is there in a clip that was analysed before: answered without the libraries that run networks, and the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from make_analysis import make_analysis, make_track

from pvchat.chat.reader import network
from pvchat.config import Settings
from pvchat.identity.corrections import example_of
from pvchat.identity.enroll import enroll
from pvchat.people.corrections import with_corrections
from pvchat.people.store import PeopleStore
from pvchat.perception import VERSION
from pvchat.storage.clips import ClipCache
from pvchat.video import content_key

REPO = Path(__file__).parents[1]
HEAVY = (
    "torch", "transformers", "diffusers", "mediapipe", "openvino", "gradio", "scipy", "PIL", "av", "decord", "dlib",
    "pydantic", "tqdm",
)  # fmt: skip
QUESTIONS = (
    "Is Ana there?", "Who is in this video?", "When does Ana appear?", "How many people are there?", "Is Toon there?",
    "Who else is there besides Ana?", "How long is Ben visible?",
)  # fmt: skip
CODE = """
import json, sys
from pathlib import Path
from pvchat.assets import weights
weights.missing = lambda **options: []  # there are none in this home, and none are needed
from pvchat.chat.reader import network
network.encoder_folder = lambda: Path(sys.argv[3])  # the reader's own network and tokenizer are light
from pvchat.cli.main import main
code = main(json.loads(sys.argv[1]))
print([name for name in json.loads(sys.argv[2]) if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def clip(pvchat_home: Path, tmp_path: Path) -> Path:
    """A file with a known analysis, and five people: Ana and a figure are in it, Ben isn't, two were corrected."""
    path = tmp_path / "party.mp4"
    path.write_bytes(b"a party")
    tracks = [make_track(1), make_track(3, range(2, 8)), make_track(4, kind="figure", noise=0.0)]
    for track in tracks:
        track.identity /= np.linalg.norm(track.identity, axis=1, keepdims=True) if track.kind == "figure" else 1.0
    analysis = make_analysis(*tracks, key=content_key(path))
    ClipCache(pvchat_home / "cache" / "clips").save(analysis, f"{VERSION}:{Settings().video}")
    store = PeopleStore()
    for number, name in enumerate(("Ana", "Ben", "Cleo"), 1):
        store.add(enroll(make_analysis(make_track(number), key=f"{number:064x}"), name))
    store.add(enroll(make_analysis(tracks[2], key=f"{9:064x}"), "Toon"))
    store.revise("Cleo", lambda one: with_corrections(one, example_of(tracks[1], False, analysis, "party.mp4")))
    return path


def run(*words: str) -> tuple[str, list[str]]:
    """What a fresh process prints, and which of the heavy libraries it loaded."""
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    told = (json.dumps(words), json.dumps(HEAVY), str(network.encoder_folder()))
    done = subprocess.run(
        [sys.executable, "-c", CODE, *told], capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(done.stderr.splitlines()[-1].replace("'", '"'))


@pytest.mark.parametrize("question", QUESTIONS)
def test_who_is_there_needs_no_networks(clip: Path, question: str) -> None:
    from pvchat import PVChat

    out, loaded = run("ask", str(clip), question, "--json")
    assert loaded == []
    light, full = json.loads(out), PVChat(Settings(device="cpu")).ask(clip, question).to_dict()
    assert light["answer"] == full["answer"]
    assert [(p["name"], p["decision"], p["spans"]) for p in light["people"]] == [
        (p["name"], p["decision"], [list(s) for s in p["spans"]]) for p in full["people"]
    ]
    probabilities = [[p["probability"] for p in answer["people"]] for answer in (light, full)]
    np.testing.assert_allclose(*probabilities, atol=1e-5)


def test_as_text_too(clip: Path) -> None:
    out, loaded = run("ask", str(clip), "Is Ana there?")
    assert loaded == []
    assert out.splitlines()[1].startswith("  Ana: ")


def test_listing_people_needs_none(clip: Path) -> None:
    out, loaded = run("people", "list")
    assert loaded == []
    assert [line.split()[0] for line in out.splitlines()] == ["name", "Ana", "Ben", "Cleo", "Toon"]


def test_a_worker_of_a_scan_loads_what_it_looks_with_only_then() -> None:
    code = """
import json, sys
from functools import partial
from pvchat import PVChat
from pvchat.config import Settings
from pvchat.library.scan import _look_in_worker
from pvchat.runtime import own_threads
_look_in_worker(partial(PVChat, Settings()), 2)
print(own_threads(), [name for name in json.loads(sys.argv[1]) if name in sys.modules])
"""
    environment = {**os.environ, "PYTHONPATH": str(REPO), "OMP_NUM_THREADS": "4"}
    words = [sys.executable, "-c", code, json.dumps(HEAVY)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "2 []"


def test_the_key_of_a_large_file_is_hashed_once_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pvchat.video import keys

    monkeypatch.setattr(keys, "LARGE_BYTES", 4)
    hashed = []
    monkeypatch.setattr(keys, "_hashed", lambda path, real=keys._hashed: hashed.append(path) or real(path))
    film, kept = tmp_path / "film.mp4", tmp_path / "cache" / "keys.json"
    film.write_bytes(b"long film")
    os.utime(film, (1, 1))
    monkeypatch.setattr(keys, "SETTLED_S", -1.0)  # as if it had lain there for long
    first = keys.ContentKeys(kept).of(film)
    assert keys.ContentKeys(kept).of(film) == first
    assert hashed == [film]
    assert first == content_key(film)
    assert str(film) not in kept.read_text()
    film.write_bytes(b"other film")
    assert keys.ContentKeys(kept).of(film) != first
    kept.write_text("{")
    assert keys.ContentKeys(kept).of(film) == content_key(film)
