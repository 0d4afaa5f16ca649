"""HTML of the timeline of a whole video: a lane for each person, the shots, the part not analysed yet.

In: the analysis of a clip or of its beginning, presences of everyone enrolled. Out: HTML, which timeline.js makes
play; the whole video is in view. Shots are marks if there is room for them, else shades: the more cuts,
the darker. Times are seconds; timeline.js writes them under the lanes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.chat.english import clock, lasting
from pvchat.schemas import ClipAnalysis, PersonPresence
from pvchat_app.wording import SIGNS, WORDS, counted, escape, exact_time, percent

MAX_LANES = 12  # people; who is there longest comes first
_BINS = 240  # shades of the shots' lane
_MARKED = 80  # so many shots have a mark each at first; more are shaded unless there is room
_ENROLL = (  # page.js presses the button of this id
    '<div class="pv-film-name pv-stranger"><button type="button" class="pv-time" data-press="pv-chat-enroll" '
    'title="Faces of nobody enrolled: pick one, and give it a name">others: enroll</button></div>'
)


def timeline(seen: ClipAnalysis, everyone: Sequence[PersonPresence], length_s: float, clip: str) -> str:
    """The timeline of a clip of this length, of which `seen` is analysed; `clip`: its link, for the player."""
    length_s = max(length_s, seen.duration_s, 0.01)
    seen_s = {id(one): sum(end - start for start, end in one.spans) for one in everyone}
    there = sorted((p for p in everyone if p.spans), key=lambda p: (p.decision != "present", -seen_s[id(p)]))
    lanes = [_lane(p.name, p.decision, percent(p.probability), p.spans, length_s) for p in there[:MAX_LANES]]
    known = {track for p in there for track in p.tracks}
    frames = [t.shown_in for i, t in enumerate(seen.tracks) if i not in known and t.kind == "face"]
    spans = seen.spans(np.unique(np.concatenate(frames))) if frames else []
    if spans:
        lanes.append((_ENROLL, _lane("others", "", "not enrolled", spans, length_s)[1]))
    names = "".join(name for name, _ in lanes)
    tracks = "".join(track for _, track in lanes)
    starts, unseen = " ".join(f"{start:.2f}" for start in seen.shots[:, 0].tolist()), ""
    if seen.duration_s < 0.99 * length_s:
        left = 100 * seen.duration_s / length_s
        unseen = f'<div class="pv-unseen" style="left:{left:.2f}%" title="not looked at yet"></div>'
    return (
        f'<section class="pv-film" data-length="{length_s:.2f}" data-clip="{clip}" data-shots="{starts}" '
        f'aria-label="Timeline of the whole video">{_head(seen, everyone, length_s)}<div class="pv-film-body">'
        f'<div class="pv-film-names">{names}<div class="pv-film-name pv-dim">{counted(len(seen.shots), "shot")}</div>'
        f'</div><div class="pv-film-wide">{tracks}{_shots(seen, length_s)}'
        f'<div class="pv-film-axis" aria-hidden="true"></div>{unseen}<div class="pv-film-now" hidden></div></div>'
        "</div></section>"
    )


def _head(seen: ClipAnalysis, everyone: Sequence[PersonPresence], length_s: float) -> str:
    absent = sum(not p.spans for p in everyone)
    parts = [clock(length_s) if length_s >= 10 else f"{length_s:.1f} s"]
    if seen.duration_s < 0.99 * length_s:
        parts = [f"seen so far: up to {clock(seen.duration_s)} of {clock(length_s)}"]
    if absent:
        parts.append(f"{absent} of {len(everyone)} enrolled not seen")
    return f'<div class="pv-film-head"><b>Timeline</b> <span class="pv-dim">{escape(" · ".join(parts))}</span></div>'


def _lane(name: str, state: str, note: str, spans: Sequence[tuple[float, float]], length_s: float) -> tuple[str, str]:
    """A person's name and lane; `state` is "" for those who aren't enrolled.

    A span is a button; Tab reaches the first one of a lane, arrow keys the others.
    """
    shown, sign = escape(name), f'<span aria-hidden="true">{SIGNS[state]}</span> ' if state else ""
    word, doubt = f"{WORDS[state]}, " if state else "", ", unsure" if state == "unsure" else ""
    label = f"{shown}: {word}{counted(len(spans), 'time')}, {lasting(sum(end - start for start, end in spans))} in all"
    bars = ""
    for number, (start, end) in enumerate(spans):
        when = f"{exact_time(start)} to {exact_time(end)}"
        bars += (
            f'<button type="button" class="pv-span" tabindex="{0 if number == 0 else -1}" data-from="{start:.2f}" '
            f'style="left:{100 * start / length_s:.3f}%;width:{100 * (end - start) / length_s:.3f}%" '
            f'title="{when}: play from here" aria-label="{shown}, {when}{doubt}: play from there"></button>'
        )
    look = f"pv-{state}" if state else "pv-stranger"
    return (
        f'<div class="pv-film-name {look}" title="{label} ({escape(note)})">{sign}{shown}</div>',
        f'<div class="pv-lane {look}" role="group" aria-label="{label}" data-name="{shown}">{bars}</div>',
    )


def _shots(seen: ClipAnalysis, length_s: float) -> str:
    """The lane of shots: a mark for each cut, and shades for where marks have no room; one stop for the keyboard."""
    cuts = seen.shots[1:, 0].astype(float)
    marks = "".join(f'<i style="left:{100 * cut / length_s:.3f}%"></i>' for cut in cuts.tolist())
    counts, edges = np.histogram(cuts, bins=_BINS, range=(0.0, length_s))
    shades = "".join(
        f'<i style="left:{100 * edge / length_s:.3f}%;width:{100 / _BINS:.3f}%;opacity:{count / counts.max():.2f}"></i>'
        for edge, count in zip(edges[:-1].tolist(), counts.tolist(), strict=True)
        if count
    )
    dense = " pv-dense" if len(cuts) > _MARKED else ""
    return (
        f'<div class="pv-lane pv-shots{dense}" role="slider" tabindex="0" aria-label="Shots: arrows choose one, Enter '
        f'plays it" aria-valuemin="1" aria-valuemax="{len(seen.shots)}" aria-valuenow="1" '
        f'aria-valuetext="shot 1 of {len(seen.shots)}, from {clock(0.0)}"><span class="pv-marks">{marks}</span>'
        f'<span class="pv-shades">{shades}</span></div>'
    )
