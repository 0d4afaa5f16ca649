"""What a run says about itself: `metrics.jsonl`, tensorboard, plots of losses and routing.

In: numbers by step. Out, in the run's folder: one JSON line a report, an event file of tensorboard, `losses.png` and
`routing.png` (active share, β, and how often each routed head is on: over time, and over the types of question where a
validation measured that).

A resumed run cuts off what was reported after the checkpoint it starts from, so that no step stands there twice.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

HEADS = "heads"  # key of a [modules, heads] table of active shares, in training
HEADS_BY_TYPE = "heads_by_type"  # key of a table by question type, in validation
_SMOOTH = 10  # reports averaged in the loss curve


class Report:
    """Reports of one run.

    Args:
        folder: the run's.
        step: where the run starts; later reports of an earlier sitting are dropped.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.folder, self.path = folder, folder / "metrics.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        kept = [row for row in read_metrics(self.path) if row["step"] <= step] if step else []
        self.path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
        from torch.utils.tensorboard import SummaryWriter

        self._board: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def log(self, step: int, values: dict[str, Any], part: str = "train") -> None:
        """Add one line.

        Args:
            step: optimiser steps done.
            values: numbers by name, or tables (lists, dicts of lists) that only the file and the plots get.
            part: "train" or "validation".
        """
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "part": part, **_plain(values)}) + "\n")
        for name, value in values.items():
            if np.ndim(value) == 0 and not isinstance(value, (dict, str)):
                self._board.add_scalar(f"{part}/{name}", float(value), step)

    def close(self) -> None:
        """Flush tensorboard and draw the plots."""
        self._board.close()
        rows = read_metrics(self.path)
        plot_losses(rows, self.folder / "losses.png")
        plot_routing(rows, self.folder / "routing.png")


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a `metrics.jsonl`; a last line cut off by a kill is left out."""
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows


def plot_losses(rows: list[dict[str, Any]], path: Path) -> bool:
    """Training loss (raw and smoothed) and every validation number; False when there is nothing to draw."""
    train, checks = ([r for r in rows if r["part"] == part] for part in ("train", "validation"))
    if not train:
        return False
    figure, (left, right) = _canvas(1, 2)
    for name in sorted(k for k in train[-1] if k == "loss" or k.endswith("_loss")):
        steps, values = _series(train, name)
        window = min(_SMOOTH, len(values))
        smooth = np.convolve(values, np.ones(window) / window, "valid")
        line = left.plot(steps, values, alpha=0.25)[0]
        left.plot(steps[window - 1 :], smooth, color=line.get_color(), label=name)
    for name in sorted({k for r in checks for k, v in r.items() if k not in ("step", "part") and np.ndim(v) == 0}):
        if not isinstance(checks[-1].get(name), dict):
            right.plot(*_series(checks, name), marker="o", markersize=3, label=name)
    _finish(figure, (left, "training loss"), (right, "validation"), path=path)
    return True


def plot_routing(rows: list[dict[str, Any]], path: Path) -> bool:
    """Active share and β by step, use of each routed head; False when nothing is routed."""
    train = [r for r in rows if r["part"] == "train" and HEADS in r]
    if not train:
        return False
    figure, (left, right) = _canvas(1, 2)
    left.plot(*_series(train, "active_share"), label="active share")
    beta = left.twinx()
    steps, values = _series(train, "beta")
    beta.plot(steps, values, color="tab:red", label="β")
    beta.set_yscale("log")
    beta.set_ylabel("β")
    by_type = [r[HEADS_BY_TYPE] for r in rows if HEADS_BY_TYPE in r]
    if by_type:
        labels = sorted(by_type[-1])
        table = np.array([np.ravel(by_type[-1][name]) for name in labels]).T  # [modules · heads, types]
        right.set_xticks(range(len(labels)), labels, rotation=20)
    else:
        table = np.array([np.ravel(r[HEADS]) for r in train]).T  # [modules · heads, reports]
    image = right.imshow(table, aspect="auto", vmin=0, vmax=1, cmap="viridis", interpolation="nearest")
    figure.colorbar(image, ax=right, label="share of tokens with the head on")
    titles = (left, "active share of routed heads"), (right, "use of each head, by module")
    _finish(figure, *titles, path=path, x=("step", "question type" if by_type else "report"))
    return True


def _canvas(rows: int, columns: int) -> tuple[Any, Any]:
    """A figure that needs no display and leaves pyplot's state alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns)


def _finish(figure: Any, *titled: tuple[Any, str], path: Path, x: tuple[str, str] = ("step", "step")) -> None:
    for (axes, title), label in zip(titled, x, strict=True):
        axes.set_title(title)
        axes.set_xlabel(label)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize="small")
    figure.savefig(path, dpi=100)


def _series(rows: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    """Steps and values of one number."""
    pairs = [(r["step"], float(r[name])) for r in rows if isinstance(r.get(name), (int, float))]
    return [s for s, _ in pairs], [v for _, v in pairs]


def _plain(value: Any) -> Any:
    """Numbers and tables as JSON can write them."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if np.ndim(value):
        return np.asarray(value).round(4).tolist()
    return float(value)
