"""Person files from strangers: each is refused before anything is stored, and nobody's answers are harmed.

What is off with the zip itself is tried in tests/test_exchange.py, each field out of its range in tests/test_blank.py.

Every case is tried by two roads: as a `.pvperson` file that is imported, and as a folder that somebody put into the
people store by hand. After both, the people who were there must be found in a clip as before.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from make_analysis import make_analysis, make_track
from make_people import make_person

from pvchat.config import PresenceConfig
from pvchat.errors import PeopleError
from pvchat.identity.presence import PresenceModel
from pvchat.people import exchange
from pvchat.people.store import PeopleStore

from . import Outcome

REFUSED = "refused; the others answer"
Files = dict[str, bytes]


def run(home: Path) -> Iterator[Outcome]:
    """All cases by both roads."""
    model, store = PresenceModel.load(), PeopleStore()
    clip = make_analysis(make_track(1), make_track(2))
    store.add(make_person("Ben", 1))
    before = _odds(model, clip)
    for number, (case, make) in enumerate(CASES.items()):
        path = home / f"{number}.pvperson"
        data = make()
        path.write_bytes(data if isinstance(data, bytes) else zipped(data))
        yield _outcome(f"import: {case}", _import(path), before, model, clip)
        if isinstance(data, dict):
            yield _outcome(f"on disk: {case}", _by_hand(data), before, model, clip)


def files(change: Callable[[dict[str, Any]], Any] = lambda arrays: None, **fields: Any) -> Files:
    """The files of a person: her arrays are changed in place, fields of her config.json are as given."""
    person = make_person("Eve", 6)
    change(person.arrays)
    made = exchange.encode(person)
    config = {**json.loads(made["config.json"]), **fields}
    return {**made, "config.json": json.dumps(config).encode()}


def zipped(members: Files) -> bytes:
    """A zip of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _set(name: str, array: Any) -> Callable[[], Files]:
    return lambda: files(lambda arrays: arrays.update({name: array}))


def _without(name: str) -> Callable[[], Files]:
    return lambda: files(lambda arrays: arrays.pop(name))


def _raw(header: bytes, body: bytes = b"") -> Files:
    return _with("person.safetensors", len(header).to_bytes(8, "little") + header + body)


def _with(member: str, data: bytes) -> Files:
    """The files of a person, one of them changed, its digest as it should be."""
    made = files()
    config = json.loads(made["config.json"])
    config["sha256"][member] = hashlib.sha256(data).hexdigest()
    return {**made, member: data, "config.json": json.dumps(config).encode()}


def _lora(rank: int) -> Callable[[], Files]:
    sides = {f"lora.{side}.{at}": (1, rank, 1) if side == "down" else (1, 1, rank)
             for side in ("down", "up") for at in ("q_proj", "v_proj")}  # fmt: skip
    return lambda: files(lambda a: a.update({name: np.ones(shape, np.float16) for name, shape in sides.items()}))


def _vectors(*shape: int, value: float = 0.1, dtype: Any = np.float32) -> Any:
    return np.full(shape, value, dtype)


CASES: dict[str, Callable[[], Files | bytes]] = {
    "width5": _set("prototypes", _vectors(4, 5)),
    "onedim": _set("prototypes", _vectors(128)),
    "zero rows": _set("prototypes", _vectors(0, 128)),
    "zeros": _set("prototypes", _vectors(4, 128, value=0.0)),
    "scalar": _set("prototypes", np.float32(1.0).reshape(())),
    "noproto": _without("prototypes"),
    "nobody": _without("body"),
    "empty": lambda: files(lambda arrays: arrays.clear()),
    "bodybad": _set("body", _vectors(2, 7)),
    "body of one axis": _set("body", _vectors(1280)),
    "integers": _set("prototypes", _vectors(4, 128, value=1, dtype=np.int8)),
    "truth values": _set("prototypes", _vectors(4, 128, value=1, dtype=np.bool_)),
    "NaN": _set("prototypes", _vectors(4, 128, value=np.nan)),
    "infinity": _set("body", _vectors(2, 1280, value=np.inf)),
    "values that overflow": _set("prototypes", _vectors(4, 128, value=1e38)),
    "prints of another width": _set("prints", _vectors(3, 64)),
    "frame of another width": _set("frame", _vectors(64)),
    "a thousand rows": _set("prototypes", _vectors(1000, 128)),
    "tokens of one axis": _set("tokens", _vectors(16)),
    "corrections of width 5": _set("corrections.faces", _vectors(2, 5)),
    "half a LoRA": _set("lora.up.q_proj", _vectors(1, 4, 4, dtype=np.float16)),
    "a LoRA of rank 9000": _lora(9000),
    "a number beyond all floats": lambda: {
        **files(),
        "config.json": files()["config.json"].replace(b'"confidence": 0.9', b'"confidence": 1e999'),
    },
    "a correction that is a word": lambda: files(extra={"corrections": ["x"]}),
    "figure without a frame": lambda: files(lambda arrays: arrays.pop("frame"), kind="figure"),
    "shape beyond the file": lambda: _raw(
        json.dumps({"prototypes": {"dtype": "F32", "shape": [2**40, 128], "data_offsets": [0, 8]}}).encode(), bytes(8)
    ),
    "no header": lambda: _raw(b"", bytes(8)),
    "bfloat16": lambda: _raw(
        json.dumps({"prototypes": {"dtype": "BF16", "shape": [1, 128], "data_offsets": [0, 256]}}).encode(), bytes(256)
    ),
    "an array that nobody knows": lambda: zipped(files(lambda arrays: arrays.update(evil=_vectors(3)))),
    "the name of a pronoun": lambda: zipped(files(name="she")),
    "the name of a question mark": lambda: zipped(files(name="?")),
    "a name that turns the line around": lambda: zipped(files(name="Eve\u202eneB")),
    "the good one": lambda: zipped(files()),
}


def _import(path: Path) -> str:
    try:
        person = PeopleStore().import_(path)
    except PeopleError as error:
        return f"refused: {error.what}"
    PeopleStore().forget(person.name)
    return "accepted"


def _by_hand(made: Files) -> str:
    """Put a folder where the store has its own, its digests as they should be; what the store says of it."""
    store = PeopleStore()
    folder = store.root / os.urandom(16).hex()
    config = json.loads(made["config.json"].replace(b"1e999", b'"1e999"'))
    config["sha256"] = {n: hashlib.sha256(data).hexdigest() for n, data in made.items() if n != "config.json"}
    folder.mkdir(mode=0o700)
    for name, data in made.items():
        (folder / name).write_bytes(data)
    text = json.dumps(config).encode()
    (folder / "config.json").write_bytes(text.replace(b'"1e999"', b"1e999"))
    try:
        why = PeopleStore().damaged().get(folder.name, "")
        names = [person.name for person in PeopleStore().snapshot().people]
        _odds(PresenceModel.load(), make_analysis(make_track(1)))
        return f"skipped: {why}" if why and names == ["Ben"] else f"taken: {names}"
    except Exception as error:  # what must not happen
        return f"{type(error).__name__}: {error}"
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _odds(model: PresenceModel, clip: Any) -> list[float]:
    """Everyone's probability in a clip; an error in any of them harms all."""
    return [p.probability for p in model.score(PeopleStore().all(), clip, PresenceConfig())]


def _outcome(case: str, got: str, before: list[float], model: PresenceModel, clip: Any) -> Outcome:
    try:
        harmed = "" if _odds(model, clip) == before else "; Ben's answer changed"
    except Exception as error:  # what must not happen
        harmed = f"; then every question ends in {type(error).__name__}"
    good = case.endswith("the good one")
    held = not harmed and (got == "accepted" if good else got.startswith(("refused", "skipped")))
    return Outcome(case, "accepted" if good else REFUSED, f"{got[:90]}{harmed}", held)
