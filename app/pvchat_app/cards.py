"""HTML that several tabs show: players, people found, enrolled people, notices. Answers are in turncard.py.

In: sessions' and the service's objects. Out: HTML; every text that isn't ours goes through `escape`. Buttons carry
`data-…` attributes, to which page.js or the component's own script (picking, cancelling) listens.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.english import shortened
from pvchat.people.person import Person
from pvchat.runtime import seconds as length
from pvchat.runtime import size
from pvchat.schemas import ClipAnalysis, PersonPresence, Track
from pvchat_app.conversation import SessionClip
from pvchat_app.jobs import Job
from pvchat_app.wording import answer_html, counted, date_text, escape, exact_time, explained_error

MAX_NAMED = 6  # people named in the line about a clip
_UNPLAYABLE = (
    '<p class="pv-unplayable" hidden>Your browser can’t play this format; PVChat reads it all the same.</p>'  # page.js
)


def notice(text: str, kind: str = "info") -> str:
    """Sentences in a box: "info", "good" or "error" (read out at once by screen readers)."""
    role = "alert" if kind == "error" else "status"
    return f'<div class="pv-notice pv-{kind}" role="{role}"><div>{answer_html(text)}</div></div>' if text else ""


def download(url: str, count: int, name: str, what: str) -> str:
    """A notice with the link to a file, its size (`count` bytes) and what it holds."""
    return (
        f'<div class="pv-notice pv-info" role="status"><a href="{url}" download>{escape(name)}</a> '
        f'<span class="pv-dim">{size(count)}; it holds {escape(what)}</span></div>'
    )


def placeholder(text: str) -> str:
    """A text where something will appear later."""
    return f'<div class="pv-empty">{escape(text)}</div>'


def first_steps(*texts: str) -> str:
    """A numbered list of what to do first, shown while a tab is empty."""
    return f'<ol class="pv-steps">{"".join(f"<li>{escape(text)}</li>" for text in texts)}</ol>'


def player(clip: SessionClip) -> str:
    """The clip itself, playable, with its name and length."""
    what = "photo" if clip.probe.kind == "photo" else length(clip.probe.duration_s)
    if clip.copied:
        what += ", shown as a small copy"
    return (
        f'<figure class="pv-player" data-address="{clip.address}">{picture(clip.url, clip.media_type, clip.name)}'
        f'<figcaption><b>{escape(clip.name)}</b> <span class="pv-dim">{what}</span></figcaption></figure>'
    )


def picture(url: str, media_type: str, name: str, options: str = 'preload="metadata"') -> str:
    """A photo, or a video player with these HTML attributes, for a link."""
    shown = escape(name)
    if media_type.startswith("image/"):
        return f'<img src="{url}" alt="{shown}">'
    return f'<video src="{url}" controls playsinline tabindex="0" aria-label="{shown}" {options}></video>{_UNPLAYABLE}'


def found_line(analysis: ClipAnalysis, everyone: Sequence[PersonPresence]) -> str:
    """One line about who is in a clip; `everyone`: presences of everyone enrolled. Counts agree with the answers."""
    people = timeline_of(everyone, analysis)
    known = [person.name for person in people.enrolled if person.decision == "present"]
    count = len(known) + people.unnamed
    faces = any(track.kind == "face" for track in analysis.tracks)
    if faces and count:
        least, everybody = "At least " * people.at_least, len(known) == count and not people.at_least
        found = f"{least}{counted(count, 'person', 'people')} found"
        if known:
            found += f"{':' if everybody else ', among them'} {shortened(known, MAX_NAMED)}"
    elif any(track.kind == "figure" for track in analysis.tracks) and analysis.scene.drawn:
        found = "A drawn clip: figures are recognised by their looks"
    else:
        found = "No face found: people are recognised by their faces"
    then = "Ask about it." if everyone else "Enroll a person first, in the Enroll tab."
    return notice(f"{found}. {then}", "info")


def subjects(
    tracks: Sequence[Track], spans: Sequence[float], chosen: int, known: Sequence[str] = (), more: int = 0
) -> str:
    """The people found in an enrollment clip as radio buttons with thumbnails, most prominent first, from 1 on.

    `spans`: for how many seconds each is seen, 0 in a photo; `chosen`: the number that is ticked; `known`: which
    enrolled person each is, "" for nobody (empty: unknown); `more`: how many people are left out.
    """
    cards = ""
    for number, (track, seconds, name) in enumerate(zip(tracks, spans, known or [""] * len(tracks), strict=True), 1):
        where = escape(track.facts.where or ("in the clip" if track.kind == "face" else "drawn figure"))
        tick = " checked" if number == chosen else ""
        lasts = f"{length(seconds)} · " * (seconds > 0)
        main = f" · looks like {escape(name)}" if name else " · main" if number == 1 else ""
        cards += (
            f'<label class="pv-subject"><input type="radio" name="pv-subject" value="{number}"{tick}>'
            f"{thumbnail(track.thumbnail, f'person {number}')}"
            f'<span>Person {number}{main}<br><span class="pv-dim">{lasts}{where}</span></span></label>'
        )
    title = "Who is it about?" if len(tracks) > 1 else "Found"
    rest = f"and {counted(more, 'other', 'others')}, smaller or seen for a shorter time: use a clip that shows "
    note = f'<p class="pv-dim">{rest}them better</p>' if more else ""
    return f'<fieldset class="pv-subjects"><legend>{title}</legend>{cards}</fieldset>{note}'


def hints(texts: Sequence[str]) -> str:
    """What would make an enrollment better; "" for no texts."""
    if not texts:
        return ""
    rows = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<div class="pv-notice pv-doubt" role="status"><ul class="pv-hints">{rows}</ul></div>'


def people_grid(people: Sequence[Person], jobs: Sequence[Job], picked: str | None = None) -> str:
    """Everyone enrolled as cards, with trainings; `picked`: whose id is marked."""
    if not people:
        return placeholder("Nobody is enrolled yet. It takes one clip of a person and a name, or a person file.")
    running = {job.name: job for job in jobs if job.active}
    cards = "".join(_person(one, running.get(one.name), one.id == picked) for one in people)
    return f'<ul class="pv-people">{cards}</ul>'


def question(what: str, title: str, words: str, sent: str, value: str | None, yes: str, *, above: str = "") -> str:
    """A fold called `what` with a question; its button `yes` sends `{sent: value}`. `above`: HTML over the question."""
    button = f'<button type="button" class="pv-button" data-{sent}="{escape(value)}">{yes}</button>'
    asked = f"{above}<p><b>{escape(title)}</b> {escape(words)}</p>{button}"
    return f'<details class="pv-question"><summary>{what}</summary>{asked}</details>'


def two_faces(one: Person, other: Person) -> str:
    """Two people side by side."""
    faces = "".join(
        f"<figure>{thumbnail(person.thumbnail, person.name)}<figcaption>{escape(person.name)}</figcaption></figure>"
        for person in (one, other)
    )
    return f'<div class="pv-pair">{faces}</div>'


def enrolled_notice(person: Person, deep: bool) -> str:
    """The message after a person was enrolled; `deep`: her training has started."""
    notes = []
    if person.kind == "figure":
        notes.append("No face was found, so recognition is by appearance, which is less certain.")
    if "voice" in person.arrays:
        notes.append("The voice is learned, too; to leave it out, untick “Listen to videos” in Settings before.")
    if deep:
        notes.append("Answers come from this instant enrollment until the deep one is done.")
    more = "".join(f" {note}" for note in notes)
    name = escape(person.name)
    ask = f'<a href="#chat">Ask about {name} in another clip</a>'
    return _with_face(person, f"<b>{name} is enrolled.</b>{escape(more)} {ask}")


def added_notice(person: Person) -> str:
    """The message after a clip was added to a person."""
    known = f"who is enrolled from {_clips(person)} clips now."
    return _with_face(person, f"<b>Added to {escape(person.name)}</b>, {known}")


def _with_face(person: Person, html: str) -> str:
    face = thumbnail(person.thumbnail, person.name)
    return f'<div class="pv-notice pv-good" role="status">{face}<div>{html}</div></div>'


def error_card(error: BaseException) -> str:
    """An error as a notice."""
    return notice(explained_error(error), "error")


def html_or_error(call: Callable[[], str]) -> str:
    """The HTML that a call returns, or its error as a notice."""
    try:
        return call()
    except Exception as error:
        return error_card(error)


def _person(person: Person, job: Job | None, picked: bool) -> str:
    also = f'<span class="pv-dim">also {escape(", ".join(person.aliases))}</span>' if person.aliases else ""
    kind = "" if person.kind == "face" else '<span class="pv-tag">by appearance</span>'
    training = '<span class="pv-tag pv-busy">training</span>' if job else ""
    tags = f"<span>{kind}{training}</span>" if kind or training else ""
    clips = counted(_clips(person), "clip", "clips")
    return (
        f'<li><button type="button" class="pv-person" data-name="{escape(person.name)}" '
        f'aria-pressed="{str(picked).lower()}">{thumbnail(person.thumbnail, "")}<span><b>{escape(person.name)}</b>'
        f"{also}{tags}"
        f'<span class="pv-dim">enrolled {escape(date_text(person.created))} from {clips}</span></span></button>'
        "</li>"
    )


def _clips(person: Person) -> int:
    """From how many clips a person is enrolled."""
    return int(person.extra.get("clips", 1) or 1)


def thumbnail(jpeg: bytes, name: str) -> str:
    """A face, or a question mark where there is no picture."""
    if not jpeg:
        return '<span class="pv-thumb pv-blank" aria-hidden="true">?</span>'
    return f'<img class="pv-thumb" src="{data_url(jpeg)}" alt="{escape(name)}">'


def data_url(jpeg: bytes) -> str:
    """A JPEG as the address of itself."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def play_button(text: str, seconds: float, clip: str, about: str = "") -> str:
    """A button that plays the clip behind a link from some second; `about`: what is there, for screen readers."""
    label = f"Play from {exact_time(seconds)}" + (f": {escape(about)}" if about else "")
    sent = f'data-seek="{seconds:.2f}" data-clip="{clip}" aria-label="{label}"'
    return f'<button type="button" class="pv-time" {sent}>{text}</button>'


def starters(texts: Sequence[str]) -> str:
    """Suggested questions as buttons, each of which sends `{ask: its text}`."""
    buttons = "".join(f'<button type="button" data-ask="{escape(text)}">{escape(text)}</button>' for text in texts)
    return f'<div class="pv-starters">{buttons}</div>'
