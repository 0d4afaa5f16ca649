"""Plots as SVG texts to put into a page: no display, no files, the same bytes for the same numbers.

In: metrics of systems as in metrics.json. Out: SVG.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]
WIDE, HALF = 9.6, 5.2  # inches; the page scales them to its width or half of it
# Okabe & Ito's colours for the colour-blind, without black and yellow
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c564b", "#7f7f7f")
GREY = "#8a8f98"


def colour_of(systems: Sequence[str]) -> dict[str, str]:
    """A colour for each system, PVChat's own first so that they keep theirs from run to run."""
    ours_first = sorted(systems, key=lambda s: (not s.startswith("ours"), list(systems).index(s)))
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(ours_first)}


def dots(
    title: str,
    unit: str,
    places: Mapping[str, Mapping[str, Row]],
    colours: Mapping[str, str],
    high: float = 1.0,
    width: float = HALF,
) -> str:
    """A value with its interval for each place (down) and system (colour).

    Args:
        title: what is shown.
        unit: the x axis's words.
        places: place -> system -> a measure {"value", "low", "high", "n"}.
        colours: system -> colour; their order is the order of the marks.
        high: where the x axis ends.
        width: inches.
    """
    names = list(places)
    step = 0.8 / max(1, len(colours))
    figure, axes = _figure(width, 0.9 + len(names) * (0.13 * len(colours) + 0.2))
    for row, place in enumerate(names):
        for k, (system, colour) in enumerate(colours.items()):
            found = places[place].get(system)
            if not found or found["value"] is None:
                continue
            y = row - 0.4 + step * (k + 0.5)
            if found["low"] is not None:
                axes.plot([found["low"], found["high"]], [y, y], color=colour, lw=1.6, alpha=0.55)
            axes.plot(found["value"], y, "o", ms=4.5, color=colour, label=system if row == 0 else None)
    counts = [max((m["n"] for m in places[p].values() if m), default=0) for p in names]
    axes.set_yticks(range(len(names)), [f"{p}  (n={n})" for p, n in zip(names, counts, strict=True)])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, high * 1.01)
    axes.grid(axis="x", color="#e6e8eb")
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color="#eceef0", lw=0.8)
    axes.set_xlabel(unit)
    _legend(figure, colours)
    return _svg(figure, title)


def reliability(title: str, bins: Mapping[str, Sequence[Row]], colours: Mapping[str, str]) -> str:
    """Share truly present against the mean probability of a bin; the diagonal is a perfect match, dots grow with n."""
    figure, axes = _figure(HALF, 4.2)
    axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls="--")
    for system, rows in bins.items():
        x, y = [r["mean_probability"] for r in rows], [r["present"] for r in rows]
        axes.plot(x, y, "-", color=colours[system], lw=1.4, alpha=0.8)
        axes.scatter(x, y, s=[12 + 6 * r["n"] ** 0.5 for r in rows], color=colours[system], zorder=3)
    axes.set(xlabel="probability said", ylabel="share truly present", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.grid(color="#e6e8eb")
    _legend(figure, {s: colours[s] for s in bins})
    return _svg(figure, title)


def risk_coverage(
    title: str,
    curves: Mapping[str, Sequence[Sequence[float]]],
    points: Mapping[str, tuple[float, float]],
    colours: Mapping[str, str],
) -> str:
    """Errors among the answered against the share answered; a cross where "unsure" puts a system."""
    figure, axes = _figure(HALF, 4.2)
    for system, curve in curves.items():
        xs, ys = [c for c, _ in curve], [r for _, r in curve]
        axes.plot([0, *xs], [ys[0] if ys else 0, *ys], color=colours[system], lw=1.6, drawstyle="steps-pre")
        if system in points:
            axes.plot(*points[system], "x", ms=9, mew=2, color=colours[system])
    top = max([r for curve in curves.values() for _, r in curve] + [0.05])
    axes.set(xlabel="share of questions answered, surest first", ylabel="errors among them")
    axes.set(xlim=(0, 1.01), ylim=(0, top * 1.1))
    axes.grid(color="#e6e8eb")
    _legend(figure, {s: colours[s] for s in curves})
    return _svg(figure, title)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _legend(figure: Any, colours: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], marker="o", ls="", ms=5, color=c, label=name) for name, c in colours.items()]
    figure.legend(
        handles=marks,
        loc="outside upper left",
        ncols=3 if figure.get_figwidth() < WIDE else 6,
        frameon=False,
        fontsize=8,
        handletextpad=0.1,
    )


def _svg(figure: Any, title: str) -> str:
    """The figure as an SVG element with a title for screen readers; text stays text."""
    from html import escape

    import matplotlib

    buffer = io.StringIO()
    style: Any = {"svg.fonttype": "none", "svg.hashsalt": title, "font.family": "sans-serif", "font.size": 9}
    with matplotlib.rc_context(style):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    body = text[text.index("<svg") :]
    end = body.index(">") + 1
    return f'{body[: end - 1]} role="img" aria-label="{escape(title, quote=True)}">{body[end:]}'
