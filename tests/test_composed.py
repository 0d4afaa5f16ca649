"""Questions in combination: what counts as right, which half is kept, and that the benchmark counts."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pvchat.chat.query import Query
from pvchat.chat.timeline import Finding, Found, Missing, Row

ANA = Found("Ana", spans=((0.0, 25.0),), rows=(Row("Ana", "worn", "jacket", colour="dark red"),))
FOUND = Finding(
    Query("exists"), "yes", (ANA, Found("#1")), spans=((10.2, 25.0),), number=20.0,
    missing=(Missing("Cleo", "absent"), Missing("Anna", "not enrolled", "Ana")),
    rows=(Row("", "place", "hospital room"), Row("Ana", "beside", of="Ben")),
)  # fmt: skip


@pytest.fixture(scope="module")
def composed() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / "composed.py"
    spec = importlib.util.spec_from_file_location("composed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("expect", "right"),
    [
        ({"verdict": "yes"}, True), ({"verdict": "unknown"}, False), ({"people": ["#1", "Ana"]}, True),
        ({"people": ["Ana"]}, False), ({"order": ["Ana", "#1"]}, True), ({"order": ["#1", "Ana"]}, False),
        ({"number": 22}, True), ({"number": 23}, False), ({"spans": [[11, 24]]}, True), ({"spans": [[12, 25]]}, False),
        ({"spans": [[10, 25], [30, 40]]}, False), ({"values": ["red jacket", "Ben", "hospital room"]}, True),
        ({"values": ["red coat"]}, False), ({"missing": ["Cleo"]}, True), ({"missing": ["Ben"]}, False),
        ({"suggests": "Ana"}, True), ({"suggests": "Ben"}, False), ({"refused": "wish"}, False),
        ({"verdict": "yes", "people": ["Ben"]}, False), ([{"verdict": "yes"}, {"verdict": "yes"}], False),
    ],
)  # fmt: skip
def test_what_is_right(composed: ModuleType, expect: Any, right: bool) -> None:
    assert composed.scored(expect, FOUND) is right


def test_refusals_and_what_isnt_known(composed: ModuleType) -> None:
    assert composed.scored({"refused": "sound"}, Finding(Query("refuse", refusal="sound")))
    assert not composed.scored({"refused": "unseen"}, Finding(Query("refuse", refusal="sound")))
    assert composed.scored({"refused": "unseen"}, Finding(Query("exists"), "unknown"))
    assert composed.scored({"verdict": "unknown"}, Finding(Query("attribute")))
    assert not composed.scored({"verdict": "unknown"}, Finding(Query("attribute"), people=(ANA,)))


def test_two_questions_have_two_findings(composed: ModuleType) -> None:
    both = Finding(Query("exists"), "yes", then=Finding(Query("who"), people=(ANA,)))
    assert composed.scored([{"verdict": "yes"}, {"people": ["Ana"]}], both)
    assert not composed.scored([{"verdict": "yes"}, {"people": []}], both)


def test_each_half_is_counted_for_itself(composed: ModuleType, tmp_path: Path) -> None:
    """What is wrong is told, and whether a yes or no is."""
    (tmp_path / "timelines").mkdir()
    (tmp_path / "questions").mkdir()
    people = [{"name": "Ana", "seen": [[0, 5]]}, {"name": "Ben", "seen": []}]
    (tmp_path / "timelines" / "a.json").write_text(json.dumps({"seconds": 9, "people": people}))
    asked = [f"Is {('Ana', 'Ana', 'Ben')[n % 3]} there at 0:0{n % 4}{'?' * (n // 4)}" for n in range(12)]
    rows = [{"timeline": "a", "kind": "and", "turns": [text], "expect": {"verdict": "yes"}} for text in asked]
    (tmp_path / "questions" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told: list[str] = []
    halves = [composed.counted(tmp_path, kept, told.append) for kept in (False, True)]
    assert all(half["and", "right"] for half in halves)
    assert sum(half["and", "right"] for half in halves) == 8
    assert sum(half["and", "wrong"] for half in halves) == len(told) == 4
    assert sum(half["and", "wrong yes or no"] for half in halves) == 4
    kept = [row["turns"] for row in composed.rows(tmp_path, True)]
    assert [row["turns"] for row in rows if composed.is_kept(row["turns"])] == kept
