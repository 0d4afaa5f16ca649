"""The matrices of `python -m tests.hostile`, each case held; network calls where strace and the weights are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import MATRICES, outcomes
from make_people import posix


@posix
@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", sorted(MATRICES.keys() - {"firstlook"}))
def test_every_case_of_a_matrix_holds(name: str, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_HOSTILE_ROUNDS", "30" if name == "library" else "3")  # a kill there takes little time
    rows = list(outcomes(name, pvchat_home))
    assert len(rows) > (4 if name == "library" else 1)
    assert [f"{row.case}: {row.got}" for row in rows if not row.held] == []


@posix
@pytest.mark.slow
@pytest.mark.weights
def test_first_looks_do_not_hang(pvchat_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_HOSTILE_LOOKS", "4")
    rows = list(outcomes("firstlook", tmp_path))
    assert [row.got for row in rows] == ["0 of 2 hang, 2 are answered"] * 2
