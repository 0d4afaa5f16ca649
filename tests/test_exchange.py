from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from make_people import assert_same, files_below, jpeg, make_person, posix
from PIL import Image

from pvchat.errors import PeopleError
from pvchat.people import exchange
from pvchat.people.person import MAX_STATE_BYTES
from pvchat.people.store import PeopleStore


@pytest.fixture
def store(pvchat_home: Path) -> PeopleStore:
    return PeopleStore()


DTYPES = st.sampled_from([np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.lists(st.integers(0, 5), max_size=4))
    array = np.random.default_rng(draw(st.integers(0, 9))).integers(0, 2, shape).astype(draw(DTYPES))
    return array.T if draw(st.booleans()) else array


@given(
    arrays=st.dictionaries(st.from_regex(r"[a-zA-Z0-9_.\-]{1,20}", fullmatch=True), arrays(), max_size=4),
    extra=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=9), JSON_VALUES, max_size=3),
    confidence=st.floats(0, 1),
    created=st.datetimes(),
)
def test_file_round_trip(arrays: dict[str, np.ndarray], extra: Any, confidence: float, created: Any) -> None:
    assume(created.year > 1 and created.year < 9999)
    arrays = {f"x.{name}": array for name, array in arrays.items()} | make_person().arrays
    person = make_person(
        arrays=arrays, extra={"x": extra}, confidence=confidence, created=created.isoformat() + "+00:00"
    )
    back = exchange.decode(exchange._members(exchange.pack(person)))
    assert_same(back, person)
    assert back.created == created.isoformat(timespec="milliseconds") + "+00:00"


OFF_LIMITS: dict[str, dict[str, Any]] = {
    "nan": {"arrays": {"z": np.array([np.nan], np.float32)}},
    "infinity": {"arrays": {"z": np.array([np.inf], np.float16)}},
    "object": {"arrays": {"z": np.array([{}], object)}}, "text": {"arrays": {"z": np.array(["x"])}},
    "complex": {"arrays": {"z": np.zeros(3, np.complex64)}},
    "five axes": {"arrays": {"z": np.zeros((1,) * 5, np.float32)}},
    "array name": {"arrays": {"../z": np.zeros(3, np.float32)}},
    "too large": {"arrays": {"z": np.zeros(MAX_STATE_BYTES // 4 + 1, np.float32)}},
    "just too large": {"arrays": {"z": np.zeros(MAX_STATE_BYTES // 4, np.float32)}},
    "too many": {"arrays": {f"a{i}": np.zeros(1, np.float32) for i in range(257)}},
    "kind": {"kind": "dog"}, "depth": {"depth": "../x"}, "confidence": {"confidence": 1.5},
    "confidence nan": {"confidence": float("nan")}, "clip key": {"clip_key": "../x"},
    "created": {"created": "yesterday"},
    "aliases": {"aliases": [f"a{i}" for i in range(33)]},
    "alias": {"aliases": ["a\0"]}, "extra nan": {"extra": {"x": float("nan")}},
    "extra object": {"extra": {"x": object()}}, "extra size": {"extra": {"x": "y" * 200_001}},
    "thumbnail": {"thumbnail": b"<svg onload='x'>"}, "thumbnail cut": {"thumbnail": jpeg(0, 64)[:-200]},
}  # fmt: skip


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"x": value}
    return value


def _black(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, height)).save(buffer, "JPEG")
    return buffer.getvalue()


OFF_LIMITS["thumbnail size"] = {"thumbnail": _black(2049, 8)}
OFF_LIMITS["extra depth"] = {"extra": _nested(40)}
OFF_LIMITS["extra depth that breaks copies"] = {"extra": _nested(900)}


@pytest.mark.parametrize("fields", OFF_LIMITS.values(), ids=OFF_LIMITS.keys())
def test_off_limits_is_refused(store: PeopleStore, fields: dict[str, Any]) -> None:
    with pytest.raises(PeopleError):
        store.add(make_person("Ana", **fields))
    assert store.names() == []


# -- person files from strangers ---------------------------------------------------------------------------------------


def test_export_and_import(store: PeopleStore, tmp_path: Path) -> None:
    person = store.add(make_person("Ana", aliases=["Annie"]))
    path = store.export("annie", tmp_path / "ana.pvperson")
    assert person.id.encode() not in path.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["ana.pvperson"]
    elsewhere = PeopleStore(tmp_path / "elsewhere" / "people")
    back = elsewhere.import_(path)
    assert_same(back, person)
    assert (back.created, back.id != person.id) == (person.created, True)
    with pytest.raises(PeopleError, match="enrolled already"):
        elsewhere.import_(path)
    with pytest.raises(PeopleError, match="alias"):
        elsewhere.import_(path, name="Annie")
    assert elsewhere.import_(path, name="Ana Two").aliases == []  # "Annie" stays Ana's
    elsewhere.unalias("Ana", "Annie")
    assert elsewhere.import_(path, replace=True).aliases == ["Annie"]
    with pytest.raises(PeopleError, match="already exists"):
        store.export("Ana", path)
    with pytest.raises(PeopleError, match="folder"):
        store.export("Ana", tmp_path / "no" / "ana.pvperson")
    assert not (tmp_path / "no").exists()


def good_files() -> dict[str, bytes]:
    return exchange.encode(make_person("Ana", created="2026-01-02T03:04:05+00:00"))


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def with_config(**fields: Any) -> bytes:
    files = good_files()
    config = {**json.loads(files["config.json"]), **fields}
    return zipped({**files, "config.json": json.dumps(config).encode()})


def with_tensors(data: bytes) -> bytes:
    files = good_files()
    config = json.loads(files["config.json"])
    config["sha256"]["person.safetensors"] = hashlib.sha256(data).hexdigest()
    return zipped({**files, "config.json": json.dumps(config).encode(), "person.safetensors": data})


def safetensors_with(dtype: str, shape: list[int], size: int) -> bytes:
    header = json.dumps({"z": {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\xff" * size


def _bomb() -> bytes:
    return zipped({**good_files(), "thumbnail.jpg": bytes(50_000_000)})


def _lying_size() -> bytes:
    """A zip that declares 10 bytes for a member of 2 MB."""
    data = zipped({**good_files(), "thumbnail.jpg": bytes(2_000_000)})
    return data.replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"", "junk": lambda: b"PK\x03\x04" + bytes(100), "text": lambda: b"hello",
    "cut": lambda: zipped(good_files())[:-30],
    "leaves the folder": lambda: zipped({**good_files(), "../../evil": b"x"}),
    "absolute": lambda: zipped({**good_files(), "/tmp/evil": b"x"}),
    "extra member": lambda: zipped({**good_files(), "run.py": b"x"}),
    "no config": lambda: zipped({k: v for k, v in good_files().items() if k != "config.json"}),
    "no tensors": lambda: zipped({k: v for k, v in good_files().items() if k != "person.safetensors"}),
    "no thumbnail though named": lambda: zipped({k: v for k, v in good_files().items() if k != "thumbnail.jpg"}),
    "bomb": _bomb, "lying size": _lying_size, "bz2": lambda: zipped(good_files(), zipfile.ZIP_BZIP2),
    "lzma": lambda: zipped(good_files(), zipfile.ZIP_LZMA),
    "too long": lambda: zipped(good_files()) + bytes(2_000_000),
    "config is a list": lambda: zipped({**good_files(), "config.json": b"[]"}),
    "config is deep": lambda: zipped({**good_files(), "config.json": b"[" * 100_000}),
    "deep extra": lambda: with_config(extra=_nested(300)),
    "config is utf-16": lambda: zipped({**good_files(), "config.json": b"\xff\xfe\x00\xd8"}),
    "infinite": lambda: with_config(extra={"x": float("inf")}),
    "unknown field": lambda: with_config(evil=1), "unknown format": lambda: with_config(format=2),
    "name is a number": lambda: with_config(name=5),
    "name is a path with NUL": lambda: with_config(name="x\0"),
    "name is long": lambda: with_config(name="x" * 5000),
    "huge confidence": lambda: with_config(confidence=10**400),
    "text confidence": lambda: with_config(confidence="0.5"), "kind": lambda: with_config(kind="x"),
    "created": lambda: with_config(created="\x1b[31m"), "clip key": lambda: with_config(clip_key="../../x"),
    "lone surrogate": lambda: with_config(extra={"x": "\ud800"}),
    "aliases": lambda: with_config(aliases="Annie"),
    "wrong digest": lambda: zipped({**good_files(), "person.safetensors": b"x"}),
    "tensors are junk": lambda: with_tensors(b"x" * 100),
    "tensors are NaN": lambda: with_tensors(safetensors_with("F32", [2], 8)),
    "tensors are bfloat16": lambda: with_tensors(safetensors_with("BF16", [4], 8)),
    "tensors lie about shape": lambda: with_tensors(safetensors_with("F32", [2**40, 2**40], 8)),
    "tensors have five axes": lambda: with_tensors(safetensors_with("U8", [2, 2, 2, 1, 1], 8)),
    "tensors with a long header": lambda: with_tensors((2**63).to_bytes(8, "little") + b"{}"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "why"),
    [({"format": 2}, "another version of PVChat made it"), ({"evil": 1}, "field 'evil': another version")],
)
def test_why_a_file_is_refused_is_told(tmp_path: Path, field: dict[str, int], why: str) -> None:
    (tmp_path / "x.pvperson").write_bytes(with_config(**field))
    with pytest.raises(PeopleError, match=why):
        exchange.read(tmp_path / "x.pvperson")


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_refused(store: PeopleStore, tmp_path: Path, make: Callable[[], bytes]) -> None:
    path = tmp_path / "x.pvperson"
    path.write_bytes(make())
    with pytest.raises(PeopleError) as caught:
        store.import_(path)
    assert str(caught.value).isprintable()
    assert caught.value.hint or caught.value.subject
    assert store.names() == []
    assert files_below(store.root) == [] or {p.name for p in files_below(store.root)} <= {".lock"}
    assert [p.name for p in tmp_path.iterdir()] == ["x.pvperson"]


def test_the_good_file_that_the_hostile_ones_start_from_is_taken(store: PeopleStore, tmp_path: Path) -> None:
    for i, data in enumerate(
        (zipped(good_files()), with_config(name="B"), with_tensors(good_files()["person.safetensors"]))
    ):
        path = tmp_path / f"{i}.pvperson"
        path.write_bytes(data)
        assert store.import_(path, name=f"Ana {i}").name == f"Ana {i}"


@pytest.mark.parametrize("path", ["missing.pvperson", ".", "\0"])
def test_paths_that_are_no_files(store: PeopleStore, tmp_path: Path, path: str) -> None:
    with pytest.raises(PeopleError):
        store.import_(tmp_path / path)


def test_a_folder_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="this is a folder") as caught:
        exchange.read(tmp_path)
    assert caught.value.hint == "Name a .pvperson file."


@posix
def test_a_pipe_is_not_read(store: PeopleStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PeopleError):
        store.import_(tmp_path / "pipe")
    with pytest.raises(PeopleError):
        store.import_("/dev/zero")


@settings(max_examples=200)
@given(data=st.data())
def test_any_damage_to_a_file_is_a_people_error(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    good = zipped(good_files(), zipfile.ZIP_STORED)
    edges = st.integers(0, 200) | st.integers(len(good) - 300, len(good) - 1)  # the zip's own records
    bad = bytearray(good)
    for at in data.draw(st.lists(edges | st.integers(0, len(good) - 1), min_size=1, max_size=4)):
        bad[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.pvperson"
    path.write_bytes(bytes(bad))
    try:
        person = exchange.read(path)
    except PeopleError:
        return
    assert_same(person, make_person("Ana"))  # what is accepted is what was exported
