"""Who is seen when, drawn as a plot: a row a person, a bar a span; a bar is a button that plays the clip from there.

In: presences and the clip's length. Out: HTML that takes its colours from style.css (light and dark) and can be reached
by keyboard and screen reader. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.schemas import PersonPresence
from pvchat_app.wording import escape

SIGNS = {"present": "✓", "unsure": "?", "absent": "–"}
WORDS = {"present": "present", "unsure": "unsure", "absent": "not there"}
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
_TICKS = 5  # at most so many steps on the axis
_THIN = 0.8  # per cent of the width: shorter spans are drawn this wide, so that they can be seen and hit


def timeline(presences: Sequence[PersonPresence], duration_s: float, clip: str) -> str:
    """The plot.

    Args:
        presences: the people to draw; those who are absent have a row without bars.
        duration_s: of the clip.
        clip: link of the clip, for the player.
    """
    rows = "".join(_row(p, duration_s, clip) for p in presences)
    return f'<div class="pv-timeline" role="group" aria-label="Who is seen when">{rows}{_axis(duration_s)}</div>'


def ticks(duration_s: float) -> list[float]:
    """Round times for the axis, from 0 to at most the clip's end."""
    step = next((s for s in _STEPS if duration_s / s <= _TICKS), max(_STEPS))
    return [round(i * step, 3) for i in range(int(duration_s / step + 1e-6) + 1)]


def clock(seconds: float, step: float = 1.0) -> str:
    """A time on the axis: "2.5 s" in short clips, "1:05" in long ones."""
    if seconds < 60 and step < 60:
        return f"{seconds:g} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def exact(seconds: float) -> str:
    """A time to the tenth: "3.5 s", "1:05.0", "1:02:03.4"."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def percent(value: float) -> str:
    """A probability in words: never "100 %" or "0 %", which are rounded."""
    if value < 0.01:
        return "< 1 %"
    return f"{100 * value:.0f} %" if value <= 0.99 else "> 99 %"


def _row(person: PersonPresence, duration_s: float, clip: str) -> str:
    state, name = person.decision, escape(person.name)
    bars = "".join(_bar(name, state, span, duration_s, clip) for span in person.spans)
    chance = percent(person.probability)
    return (
        f'<div class="pv-row pv-{state}">'
        f'<span class="pv-name" title="{name}">{name}</span>'
        f'<span class="pv-chip"><span aria-hidden="true">{SIGNS[state]}</span> {WORDS[state]}</span>'
        f'<span class="pv-chance" title="probability that {name} is in the clip">{escape(chance)}</span>'
        f'<span class="pv-track">{bars}</span></div>'
    )


def _bar(name: str, state: str, span: tuple[float, float], duration_s: float, clip: str) -> str:
    start, end = span
    left = 100 * start / duration_s if duration_s else 0.0
    width = max(_THIN, 100 * (end - start) / duration_s if duration_s else 100.0)
    left = min(left, 100 - width)
    when = f"{exact(start)} to {exact(end)}"
    doubt = ", unsure" if state == "unsure" else ""
    return (
        f'<button type="button" class="pv-bar" style="left:{left:.2f}%;width:{width:.2f}%" data-seek="{start:.2f}" '
        f'data-clip="{clip}" title="{when}: play from here" '
        f'aria-label="Play from {exact(start)}: {name}, {when}{doubt}"></button>'
    )


def _axis(duration_s: float) -> str:
    marks = ticks(duration_s)
    step = marks[1] if len(marks) > 1 else duration_s
    labels = "".join(mark(t, step, 100 * t / duration_s if duration_s else 0.0) for t in marks)
    return f'<div class="pv-row pv-axis" aria-hidden="true"><span class="pv-track">{labels}</span></div>'


def mark(seconds: float, step: float, left: float) -> str:
    """A label of the axis at so many per cent from the left."""
    end = ' class="pv-end"' if left > 95 else ""  # a label at the very end would stand out of the frame
    return f'<span{end} style="left:{left:.2f}%">{clock(seconds, step)}</span>'
