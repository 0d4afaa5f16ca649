"""HTML of the library tab: sources, an answer with its videos, unknown people, the videos of one of them.

In: objects of `pvchat.library`. Out: HTML, all foreign text escaped. Buttons with `data-play` ("clip:seconds") need the
script `PLAY` in the component that shows them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pvchat.chat.english import clock, lasting
from pvchat.chat.say.sounds import quoted, speaker
from pvchat.chat.timeline import Seen
from pvchat.library.asking import LibraryAnswer
from pvchat.library.library import Status
from pvchat.library.strangers import Sighting, Stranger
from pvchat.video import is_address
from pvchat_app import cards
from pvchat_app.page_events import click_script
from pvchat_app.wording import answer_html, counted, date_text, escape, from_home

MAX_VIDEOS, MAX_FAILED = 30, 20  # shown of one answer, or of one stranger; files that can't be used
MAX_QUOTES = 8  # of one video
PLAY = click_script("play")
_DRAWN = itertools.count()
_STAYS = "What was seen in it goes; your files stay, a camera’s clips don’t."
PICK = """element.addEventListener('change', (event) => {
  const name = event.target.name, all = [...element.querySelectorAll(`input[name="${name}"]:checked`)];
  if (name) trigger('click', {[name]: all.map((one) => one.value).join(' ') || 'none'}); });"""


def sources(status: Status, whole: bool) -> str:
    """The sources, how much of each was scanned, and files that can't be used.

    `whole`: show whole paths and a button to remove each, as on a page for this machine alone.
    """
    rows = []
    for one in status.sources:
        parts = ["camera"] if is_address(one.path) else []
        parts += [counted(one.clips, "video") + (f", {lasting(one.seconds)}" if one.seconds else "")]
        parts += [f"{one.waiting} to be looked at"] if one.waiting else []
        parts += [f"{one.outdated} to be measured anew by this version"] if one.outdated else []
        parts += [f"{len(one.failed)} can’t be used"] if one.failed else []
        parts += [f"{sum(one.passed.values())} passed over"] if one.passed else []
        place = f' <span class="pv-tag">{escape(one.place)}</span>' if one.place else ""
        failed = ""
        for path, why in list(one.failed.items())[:MAX_FAILED]:
            name = Path(path).name  # without its folder's path, since browsers elsewhere see this too
            failed += f"<li>{escape(name)}: {escape(why.replace(path, name))}</li>"
        failed += "".join(f"<li>{count} passed over: {escape(why)}</li>" for why, count in one.passed.items())
        more = f"<details><summary>Which, and why</summary><ul>{failed}</ul></details>" if failed else ""
        title = escape(from_home(one.path) if whole else Path(one.path).name)
        if whole:
            more += cards.question("Take out …", f"Take out {one.path}?", _STAYS, "remove", one.path, "Take it out")
        rows.append(f'<li><b>{title}</b>{place}<br><span class="pv-dim">{", ".join(parts)}</span>{more}</li>')
    return f'<ul class="pv-sources">{"".join(rows)}</ul>' if rows else ""


def answer(asked: str, found: LibraryAnswer) -> str:
    """A question, its answer and the videos in it, the newest first; a click on a time plays the video from there."""
    seen = found.finding.seen[: -MAX_VIDEOS - 1 : -1]
    left = len(found.finding.seen) - len(seen)
    more = f'<p class="pv-dim">and {counted(left, "other video", "other videos")}</p>' if left > 0 else ""
    videos = f'<ul class="pv-videos">{"".join(map(_video, seen))}</ul>' if seen else ""
    lines = found.answer.splitlines()
    text = "\n".join(line for line in lines if not (seen and line.startswith("- ")))  # those are the cards
    said = f'<p class="pv-dim">{escape(asked)}</p><p class="pv-answer">{answer_html(text)}</p>{videos}{more}'
    return f'<div class="pv-library-answer" role="status">{said}</div>'


def starters(names: Sequence[str]) -> str:
    """Suggested questions as buttons, some about the first person enrolled."""
    about = ("When was {} last seen?", "In which videos is {}?")
    texts = [text.format(name) for name in names[:1] for text in about]
    texts += ["Who was seen most often?", "Who was seen this week?"]
    return cards.starters(texts)


def strangers(found: Sequence[Stranger], faces: Mapping[int, bytes], more: int) -> str:
    """Unknown people as cards to tick; `faces`: a JPEG of each by its number; `more`: how many are left out."""
    rows = "".join(_stranger(one, faces.get(one.id, b"")) for one in found)
    rest = f'<p class="pv-dim">and {more} more, seen less often</p>' if more else ""
    # Gradio's page changes what is drawn in place, so that another would be ticked: what has another tag it draws anew
    tag = f"pv-drawn-{next(_DRAWN)}"
    return f'<{tag}><fieldset class="pv-subjects"><legend>Who is it?</legend>{rows}</fieldset>{rest}</{tag}>'


def sightings(one: Stranger, faces: Mapping[int, bytes]) -> str:
    """When and where an unknown person was seen, to play, and to tick; `faces`: a JPEG of a track by its number."""
    rows = "".join(_sighting(seen, faces.get(seen.track, b"")) for seen in one.sightings[:MAX_VIDEOS])
    left = len(one.sightings) - MAX_VIDEOS
    rest = f'<p class="pv-dim">and {left} more</p>' if left > 0 else ""
    note = '<p class="pv-dim">Tick what shows somebody else.</p>' if len(one.sightings) > 1 else ""
    return f'<ul class="pv-videos">{rows}</ul>{rest}{note}'


def player(url: str, media: str, name: str, at_s: float) -> str:
    """A video that plays from a moment, or a photo."""
    shown = cards.picture(f"{url}#t={max(0.0, at_s):.2f}", media, name, "autoplay")
    return f'<figure class="pv-player">{shown}<figcaption><b>{escape(name)}</b></figcaption></figure>'


def _video(seen: Seen) -> str:
    video, times = seen.video, () if seen.quotes else seen.spans[:3] or ((0.0, 0.0),)
    buttons = "".join(_play(video.number, *span) for span in times)
    said = "".join(
        f"<p>{_play(video.number, start)} <b>{escape(speaker(who, of))}</b> {escape(quoted(text))}</p>"
        for who, of, (start, _), text in seen.quotes[:MAX_QUOTES]
    )
    left = len(seen.quotes) - MAX_QUOTES
    said += f'<p class="pv-dim">and {left} more</p>' if left > 0 else ""
    when = _when(video.at.isoformat(), video.place, video.dated_by)
    sure = "" if seen.sure else ' <span class="pv-tag pv-perhaps">perhaps</span>'
    head = f'<b>{escape(Path(video.path).name)}</b>{sure}<br><span class="pv-dim">{escape(when)}</span>'
    return f"<li><div>{head}{said}</div><div>{buttons}</div></li>"


def _stranger(one: Stranger, face: bytes) -> str:
    last = one.sightings[-1]
    perhaps = f" · perhaps {escape(', '.join(one.perhaps))}" if one.perhaps else ""
    return (
        f'<label class="pv-subject"><input type="checkbox" name="picked" value="{one.id}">'
        f"{cards.thumbnail(face, f'stranger {one.id}')}"
        f'<span>In {counted(one.videos, "video")}{perhaps}<br><span class="pv-dim">{lasting(one.seconds)}, last '
        f"{escape(_when(last.recorded, last.place))}</span></span></label>"
    )


def _sighting(seen: Sighting, face: bytes) -> str:
    name = Path(seen.path).name
    return (
        f'<li><label><input type="checkbox" name="ticked" value="{seen.track}" aria-label="Somebody else in '
        f'{escape(name)}">{cards.thumbnail(face, "")}</label><div><b>{escape(name)}</b><br><span class="pv-dim">'
        f"{escape(_when(seen.recorded, seen.place))}</span></div><div>{_play(seen.clip, seen.start_s)}</div></li>"
    )


def _play(clip: int, at_s: float, end_s: float = 0.0) -> str:
    """A button that plays a video from a moment; its text has the end of the sighting if that is given."""
    until = f"–{clock(end_s)}" if round(end_s) > round(at_s) else ""
    head = f'<button type="button" class="pv-time" data-play="{clip}:{at_s:.2f}" aria-label="Play from {clock(at_s)}">'
    return f"{head}▶ {clock(at_s)}{until}</button>"


def _when(recorded: str, place: str, dated_by: str = "") -> str:
    hour = "" if dated_by == "day" or "T" not in recorded else f", {datetime.fromisoformat(recorded):%H:%M}"
    by = " by the file’s date" if dated_by == "file" else ""
    return f"{date_text(recorded)}{hour}{by}" + (f", {place}" if place else "")
