"""Reports: lines, resumed runs, plots with something on them."""

from __future__ import annotations

import numpy as np
from PIL import Image

from recipes.model.base import report
from recipes.model.base.report import Report, read_metrics


def row(step):
    return {
        "loss": 3 / step,
        "spr_loss": 0.1,
        "active_share": 1 / step,
        "beta": 1e-8 * step,
        "heads": [[1.0, 0.5], [0, 1]],
    }


def test_lines_by_step_and_a_resumed_run(tmp_path):
    first = Report(tmp_path)
    for step in range(1, 5):
        first.log(step, row(step))
    first.log(4, {"recall": np.float32(0.5), "table": np.ones((1, 2))}, "validation")
    first.close()
    again = Report(tmp_path, step=2)
    assert [r["step"] for r in read_metrics(again.path)] == [1, 2]
    again.log(3, row(3))
    again.close()
    rows = read_metrics(again.path)
    assert [r["step"] for r in rows] == [1, 2, 3]
    assert rows[2] == {"step": 3, "part": "train", **row(3)}
    assert list((tmp_path / "tensorboard").glob("events*"))


def test_a_fresh_run_starts_an_empty_file(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "part": "train"}\n')
    Report(tmp_path).close()
    assert read_metrics(tmp_path / "metrics.jsonl") == []


def test_a_line_cut_off_is_left_out(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"step": 1}\n{"step": 2, "lo')
    assert read_metrics(path) == [{"step": 1}]
    assert read_metrics(tmp_path / "none") == []


def test_plots(tmp_path):
    rows = [{"step": s, "part": "train", **row(s)} for s in range(1, 30)]
    rows += [{"step": s, "part": "validation", "recall": s / 30} for s in (10, 20)]
    assert report.plot_losses(rows, tmp_path / "l.png")
    assert report.plot_routing(rows, tmp_path / "r.png")
    rows[-1]["heads_by_type"] = {"action": [[1, 0], [0.5, 1]], "location": [[0, 0], [1, 1]]}
    assert report.plot_routing(rows, tmp_path / "t.png")
    pictures = [np.asarray(Image.open(tmp_path / n)) for n in ("l.png", "r.png", "t.png")]
    assert all(len(np.unique(p.reshape(-1, p.shape[-1]), axis=0)) > 20 for p in pictures)
    assert pictures[1].shape != pictures[2].shape or not np.array_equal(pictures[1], pictures[2])


def test_nothing_to_plot(tmp_path):
    assert not report.plot_losses([], tmp_path / "l.png")
    assert not report.plot_routing([{"step": 1, "part": "train", "loss": 1.0}], tmp_path / "r.png")
    assert not list(tmp_path.iterdir())
