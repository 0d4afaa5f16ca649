"""People made up for the tests: random vectors and a noise picture; and how to compare and to look for them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pvchat.people.store import Person

posix = pytest.mark.skipif(os.name == "nt", reason="forks and kills")


def jpeg(seed: int = 0, side: int = 16) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def make_person(name: str = "Ana", seed: int = 0, **fields: Any) -> Person:
    rng = np.random.default_rng(seed)
    defaults: dict[str, Any] = {
        "arrays": {
            "prototypes": rng.standard_normal((4, 128)).astype(np.float32),
            "body": rng.random((2, 1280)).astype(np.float16),
            "frame": rng.random(1280).astype(np.float16),
            "tokens": rng.standard_normal((16, 8)).astype(np.float16),
        },
        "extra": {"calibration": {"a": 1.5, "b": -2}, "model": "embedded/1"},
        "thumbnail": jpeg(seed),
        "confidence": 0.9,
        "clip_key": f"{seed:064x}",
    }
    return Person(name, **{**defaults, **fields})


def assert_same(a: Person, b: Person) -> None:
    for name in ("name", "aliases", "kind", "depth", "extra", "thumbnail", "confidence", "clip_key"):
        assert getattr(a, name) == getattr(b, name), name
    assert a.arrays.keys() == b.arrays.keys()
    for key in a.arrays:
        assert a.arrays[key].dtype == b.arrays[key].dtype
        np.testing.assert_array_equal(a.arrays[key], b.arrays[key])


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def traces(person: Person) -> dict[str, bytes]:
    """Bytes that would betray a person: her names as text and as JSON, her ids, any row of her vectors, her picture."""
    found = {"id": person.id.encode(), "clip": person.clip_key.encode(), "picture": person.thumbnail[-64:]}
    for name in (person.name, *person.aliases):
        found |= {f"{name} {code}": name.encode(code) for code in ("utf-8", "utf-16-le", "utf-32-le")}
        found[f"{name} JSON"] = json.dumps(name)[1:-1].encode()
    for key, array in person.arrays.items():
        found |= {f"{key} {i}": row.tobytes()[:16] for i, row in enumerate(np.atleast_2d(array))}
    return found


def find_traces(home: Path, wanted: dict[str, bytes]) -> list[str]:
    hits = []
    for path in home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        hits += [
            f"{what} in {path}" for what, trace in wanted.items() if trace in content or trace in os.fsencode(path)
        ]
    return hits
