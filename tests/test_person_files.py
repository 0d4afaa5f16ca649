"""A person's files: what goes in comes out, what is off is refused, and an odd one harms nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from make_people import assert_same, make_person

from pvchat.errors import PeopleError
from pvchat.people import encoding
from pvchat.people.person import MAX_STATE_BYTES, checked
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
    back = encoding.decode(encoding.encode(checked(person)))
    assert_same(back, person)
    assert back.created == created.isoformat(timespec="milliseconds") + "+00:00"


OFF_LIMITS: dict[str, dict[str, Any]] = {
    "nan": {"arrays": {"z": np.array([np.nan], np.float32)}},
    "infinity": {"arrays": {"z": np.array([np.inf], np.float16)}},
    "object": {"arrays": {"z": np.array([{}], object)}},
    "text": {"arrays": {"z": np.array(["x"])}},
    "complex": {"arrays": {"z": np.zeros(3, np.complex64)}},
    "five axes": {"arrays": {"z": np.zeros((1,) * 5, np.float32)}},
    "array name": {"arrays": {"../z": np.zeros(3, np.float32)}},
    "too large": {"arrays": {"z": np.zeros(MAX_STATE_BYTES // 4 + 1, np.float32)}},
    "just too large": {"arrays": {"z": np.zeros(MAX_STATE_BYTES // 4, np.float32)}},
    "too many": {"arrays": {f"a{i}": np.zeros(1, np.float32) for i in range(257)}},
    "kind": {"kind": "dog"},
    "depth": {"depth": "../x"},
    "confidence": {"confidence": 1.5},
    "confidence nan": {"confidence": float("nan")},
    "clip key": {"clip_key": "../x"},
    "created": {"created": "yesterday"},
    "aliases": {"aliases": [f"a{i}" for i in range(33)]},
    "alias": {"aliases": ["a\0"]},
    "extra nan": {"extra": {"x": float("nan")}},
    "extra object": {"extra": {"x": object()}},
    "extra size": {"extra": {"x": "y" * 200_001}},
}


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"x": value}
    return value


OFF_LIMITS["extra depth"] = {"extra": _nested(40)}
OFF_LIMITS["extra depth that breaks copies"] = {"extra": _nested(900)}


@pytest.mark.parametrize("fields", OFF_LIMITS.values(), ids=OFF_LIMITS.keys())
def test_off_limits_is_refused(store: PeopleStore, fields: dict[str, Any]) -> None:
    with pytest.raises(PeopleError):
        store.add(make_person("Ana", **fields))
    assert store.names() == []


def test_counts_that_dont_add_up_are_refused() -> None:
    arrays = make_person().arrays
    number, prints = len(arrays["prototypes"]), len(arrays.get("prints", ()))
    for written, right in (
        ([[number, prints]], True), ([[number, prints], [0, 0]], True), ([[number + 1, prints]], False),
        ([[number, prints, 0]], False), (["five"], False), (5, False),
    ):  # fmt: skip
        files = encoding.encode(make_person(extra={"clips": 2, "parts": written}))
        if right:
            assert encoding.decode(files).extra["parts"] == written
        else:
            with pytest.raises(PeopleError, match="add up|can't be read"):
                encoding.decode(files)


ODD_CONFIGS: dict[str, Any] = {
    "a list": [], "deep": "[" * 100_000, "unknown field": {"evil": 1}, "unknown format": {"format": 2},
    "name is a number": {"name": 5}, "aliases": {"aliases": "Annie"}, "kind": {"kind": "x"},
    "created": {"created": "\x1b[31m"}, "clip key": {"clip_key": "../../x"}, "confidence": {"confidence": 2},
    "text confidence": {"confidence": "0.5"}, "extra": {"extra": []}, "deep extra": {"extra": _nested(300)},
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD_CONFIGS.values(), ids=ODD_CONFIGS.keys())
def test_a_folder_with_an_odd_config_harms_nobody_else(store: PeopleStore, odd: Any) -> None:
    ana = store.add(make_person("Ana"))
    store.add(make_person("Ben", 1))
    path = store.root / ana.id / "config.json"
    row = {**json.loads(path.read_bytes()), **odd} if isinstance(odd, dict) else odd
    path.write_text(row if isinstance(row, str) else json.dumps(row))
    fresh = PeopleStore()
    assert [person.name for person in fresh.all()] == ["Ben"]
    assert list(fresh.damaged()) == [ana.id]
    assert fresh.damaged()[ana.id].isprintable()


def test_a_replaces_field_that_names_nobody_removes_nobody(store: PeopleStore) -> None:
    ana, _ = store.add(make_person("Ana")), store.add(make_person("Ben", 1))
    path = store.root / ana.id / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "replaces": "x"}))
    assert set(PeopleStore().names()) == {"Ana", "Ben"}
