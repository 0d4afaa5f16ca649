"""Reports: lines, resumed runs."""

from __future__ import annotations

import numpy as np

from recipes.model.base.report import RunReport, read_metrics


def row(step):
    return {
        "loss": 3 / step,
        "spr_loss": 0.1,
        "active_share": 1 / step,
        "beta": 1e-8 * step,
        "heads": [[1.0, 0.5], [0, 1]],
    }


def test_lines_by_step_and_a_resumed_run(tmp_path):
    first = RunReport(tmp_path)
    for step in range(1, 5):
        first.log(step, row(step))
    first.log(4, {"recall": np.float32(0.5), "table": np.ones((1, 2))}, "validation")
    again = RunReport(tmp_path, step=2)
    assert [r["step"] for r in read_metrics(again.path)] == [1, 2]
    again.log(3, row(3))
    rows = read_metrics(again.path)
    assert [r["step"] for r in rows] == [1, 2, 3]
    assert rows[2] == {"step": 3, "part": "train", **row(3)}


def test_a_fresh_run_starts_an_empty_file(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "part": "train"}\n')
    RunReport(tmp_path)
    assert read_metrics(tmp_path / "metrics.jsonl") == []


def test_a_line_cut_off_is_left_out(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"step": 1}\n{"step": 2, "lo')
    assert read_metrics(path) == [{"step": 1}]
    assert read_metrics(tmp_path / "none") == []
