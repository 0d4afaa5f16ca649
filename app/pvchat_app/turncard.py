"""HTML of the conversation's turns: the question, the answer, and folded below it the evidence for the answer.

In: a session; a `Turn`, the faces of its clip. Out: HTML, all foreign text escaped, which conversation.js puts into the
page. The line of the fold names the people asked about with their probability, so that it needn't be opened mostly.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

from pvchat.chat.english import clock
from pvchat.chat.reader.timewords import named_part
from pvchat.chat.say.explanation import MOST_ROWS, Explanation, explain, more_rows
from pvchat.chat.window import stretch_of
from pvchat.schemas import PersonPresence
from pvchat_app.cards import notice, play_button
from pvchat_app.conversation import EvidencePicture, Turn
from pvchat_app.evidence import faces_of
from pvchat_app.sessions import Session
from pvchat_app.wording import SIGNS, WORDS, answer_html, counted, escape, exact_time, percent

MAX_CHIPS = 6  # people named in the fold's own line
MAX_TIMES = 24  # of one person
WAITING = "Waiting for its turn"
Faces = Mapping[str, Mapping[int, str]]  # of each person asked about: links of faces by track number, from 1
_NOBODY = "About nobody in particular"
LATE = 2  # so many last turns are redrawn, since the one before may have been drawn unfinished
_NUMBERS = itertools.count(1)
_NEW_NAME = re.compile(r"(?i)\b(?:as|(?:rename|change|call)\b.* (?:to|into)) +(\S.*?)(?:,? please)?[\s.!?]*$")


def conversation_view(session: Session, since: Turn | None = None) -> dict[str, Any]:
    """The conversation as conversation.js takes it: a number that rises, all keys in order, and the HTML of turns.

    The page ignores a view with a smaller number, which was overtaken on its way. `since`: draw only the turns that may
    have changed while this one was answered.
    """
    turns = kept = session.turns
    if since in turns:
        turns = turns[min(turns.index(since), max(0, len(turns) - LATE)) :]
    drawn = {turn.key: turn_card(turn, faces_of(session, turn)) for turn in turns}
    return {"number": next(_NUMBERS), "keys": [turn.key for turn in kept], "turns": drawn}


def turn_card(turn: Turn, faces: Faces | None = None) -> str:
    """One turn, as far as it is answered; `faces`: who can be pointed at as "that is her", None: nobody."""
    if turn.error:
        answer = notice(turn.error, "error")
    elif turn.text:
        answer = f'<p class="pv-answer">{answer_html(turn.text)}</p>'
        if turn.status and not turn.done:  # an answer from the part of the video analysed so far
            answer += f'<p class="pv-answer pv-wait">{escape(turn.status)} <span class="pv-dots"></span></p>'
    else:
        answer = f'<p class="pv-answer pv-wait">{escape(turn.status or WAITING)} <span class="pv-dots"></span></p>'
    corrected = ""
    if turn.corrected:
        button = ' <button type="button" class="pv-button" data-undo="1">Undo</button>' if turn.undo[1] else ""
        corrected = f'<p class="pv-dim pv-corrected">{escape(turn.corrected)}{button}</p>'
    part = f' <span class="pv-tag">{escape(turn.part)}</span>' if turn.part else ""
    question, done = f"{escape(turn.question)}{part}", " data-done" if turn.done else ""
    return (
        f'<article class="pv-turn" data-turn="{turn.key}"{done}><div class="user">{question}</div>'
        f'<div class="bot">{answer}{wish_button(turn)}{evidence(turn, faces)}{corrected}</div></article>'
    )


def wish_button(turn: Turn) -> str:
    """A button that plays what a turn wishes to see, or opens the tab that does what it wishes (`Page.open_wish`)."""
    query = turn.answer.finding.get("query", {}) if turn.answer and turn.clip and turn.done else {}
    kind, named = query.get("value") if query.get("refusal") == "wish" else "", _NEW_NAME.search(turn.question)
    who, name, sent = next(iter(query.get("whom", {}).get("names", ())), ""), escape(named[1]) if named else "", ""
    if kind == "jump" and (at := _moment(turn, who)) is not None:
        sent, says = f'data-seek="{at:.2f}" data-clip="{turn.url}"', f"Play from {clock(at)}"
    elif kind == "enroll":
        sent, says = f'data-wish="1" data-name="{name}"', f"Enroll {name or 'from this clip'} …"
    elif kind in ("forget", "rename") and who in turn.ids and not re.search(r"\b(but|except)\b", turn.question):
        sent, says = f'data-wish="1" data-who="{turn.ids[who]}" data-name="{name}"', f"{kind.title()} {escape(who)} …"
    return f'<p><button type="button" class="pv-button" {sent}>{says}</button></p>' if sent else ""


def _moment(turn: Turn, who: str) -> float | None:
    """The second to be played: the one that the question names, else the first in which somebody is seen, if any."""
    part = named_part(re.sub(r"(?i)\bto\b", "at", turn.question))[1]
    start = next((one.spans[0][0] for one in turn.presences if one.name == who and one.spans), -1.0)
    if part is not None and part.unit != "shot":
        start = max(part.start_s, stretch_of(part, (), turn.duration_s)[0])
    return start if turn.clip and turn.clip.probe.kind != "photo" and 0 <= start < turn.duration_s else None


def evidence(turn: Turn, faces: Faces | None = None) -> str:
    """The evidence for an answer: presence, times and pictures of the people asked about; "" until there is any."""
    if turn.answer is None or not turn.presences:
        return ""
    line = _summary_line(turn)
    if turn.clip is None:
        gone = f'<span class="pv-dim">{escape(turn.source)} was removed.</span>'
        return f'<p class="pv-evidence pv-gone">{line} {gone}</p>'
    photo = turn.clip.probe.kind == "photo"
    shown = "".join(_picture(picture, turn, photo) for picture in turn.pictures)
    strip = f'<div class="pv-strip" role="group" aria-label="Evidence">{shown}</div>' if shown else ""
    under = f"{'' if photo else _times(turn)}{strip}{_corrections(turn, faces)}{_how_it_was_read(turn)}"
    if not under:
        return f'<p class="pv-evidence pv-gone">{line}</p>'
    return f'<details class="pv-more pv-evidence"><summary>{line}</summary>{under}</details>'


def _how_it_was_read(turn: Turn) -> str:
    """A fold with how the question was read and the measurements that answer it, also as JSON; or ""."""
    finding = {} if turn.answer is None else turn.answer.finding
    if not (drawn := _explanation_html(explain(finding), turn.url)):
        return ""
    json_ = escape(json.dumps(finding, indent=1, ensure_ascii=False))
    return (
        f'<details class="pv-reading"><summary>How this was read</summary>{drawn}'
        f"<details><summary>As JSON</summary><pre>{json_}</pre></details></details>"
    )


def _explanation_html(explanation: Explanation | None, clip: str) -> str:
    """An explanation as HTML: what was asked, what was found, and the measurements as a table whose times play."""
    if explanation is None:
        return ""
    head = rows = ""
    for pairs in filter(None, (explanation.asked, explanation.found)):
        head += f"<p>{' · '.join(f'<b>{escape(name)}:</b> {escape(text)}' for name, text in pairs)}</p>"
    for row in explanation.rows[:MOST_ROWS]:
        when = _span_button(row.start_s, row.end_s, clip, row.who) if row.end_s else ""
        sure = "sure" if row.probability == 1 else percent(row.probability)
        rows += f"<tr><td>{escape(row.who)}</td><td>{escape(row.what)}</td><td>{when}</td><td>{sure}</td></tr>"
    titles = "".join(f'<th scope="col">{title}</th>' for title in ("Who", "What", "When", "How surely"))
    table = f'<div class="pv-table"><table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table></div>'
    more = "".join(f'<p class="pv-dim">{line}</p>' for line in more_rows(explanation))
    return head + (table if rows else "") + more + _explanation_html(explanation.then, clip)


def _summary_line(turn: Turn) -> str:
    """The people asked about with decision and probability, in one line."""
    if not turn.evidence_people:
        there = any(person.decision != "absent" for person in turn.presences)  # the answer was about nobody of them
        return _NOBODY if there else f"None of {counted(len(turn.presences), 'person', 'people')} enrolled is seen here"
    chips = ""
    for person in _surest_first(turn)[:MAX_CHIPS]:
        state = person.decision
        chips += (
            f'<span class="pv-{state}"><span class="pv-chip"><span aria-hidden="true">{SIGNS[state]}</span> '
            f"{escape(person.name)} {WORDS[state]} · {escape(percent(person.probability))}</span></span>"
        )
    more = len(turn.evidence_people) - MAX_CHIPS
    return f"{chips}{f' and {more} more' if more > 0 else ''}"


def _surest_first(turn: Turn) -> list[PersonPresence]:
    """The people asked about: first who is present, then who may be, then who isn't."""
    return sorted(turn.evidence_people, key=lambda person: list(SIGNS).index(person.decision))


def _times(turn: Turn) -> str:
    """When each of the people asked about is seen."""
    told = ""
    for person in (person for person in _surest_first(turn)[:MAX_CHIPS] if person.spans):
        whom = person.name + (", unsure" if person.decision == "unsure" else "")
        spans = " ".join(_span_button(start, end, turn.url, whom) for start, end in person.spans[:MAX_TIMES])
        more = len(person.spans) - MAX_TIMES
        spans += f" and {counted(more, 'more time')}" if more > 0 else ""
        told += f'<p class="pv-times pv-{person.decision}"><b>{escape(person.name)}</b> {spans}</p>'
    return told


def _span_button(start: float, end: float, clip: str, whom: str) -> str:
    return play_button(f"{clock(start)}–{clock(end)}", start, clip, whom)


def _picture(picture: EvidencePicture, turn: Turn, photo: bool) -> str:
    name, doubt = escape(picture.name), "" if picture.sure else "maybe "
    look = "pv-picture" + ("" if picture.sure else " pv-perhaps")
    if photo:
        image = f'<img src="{picture.url}" alt="{escape(picture.words)}" loading="lazy">'
        return f'<figure class="{look}">{image}<span>{doubt}{name}</span></figure>'
    return (
        f'<button type="button" class="{look}" data-seek="{picture.time:.2f}" data-clip="{turn.url}" '
        f'aria-label="Play from {exact_time(picture.time)}: {escape(picture.words)}">'
        f'<img src="{picture.url}" alt="" loading="lazy">'
        f"<span>{name}</span><span>{doubt}{exact_time(picture.time)}</span></button>"
    )


def _corrections(turn: Turn, faces: Faces | None) -> str:
    """Buttons to correct an answer, unless it was: "That is not …" for whoever is present, else faces to pick from."""
    drawn = ""
    offered = {} if faces is None or not turn.done or turn.undo[1] else faces
    for person in turn.evidence_people[:MAX_CHIPS]:
        if not (shown := offered.get(person.name)):
            continue
        name = escape(person.name)
        if person.decision == "present":
            drawn += f'<button type="button" class="pv-button" data-wrong="{name}">That is not {name}</button>'
        elif len(shown) == 1:
            drawn += f'<button type="button" class="pv-button" data-right="{name}" data-track="{next(iter(shown))}">'
            drawn += f"That is {name}</button>"
        else:
            buttons = "".join(
                f'<button type="button" class="pv-face" data-right="{name}" data-track="{track}" '
                f'aria-label="Person {number} is {name}"><img src="{url}" alt="" loading="lazy"></button>'
                for number, (track, url) in enumerate(shown.items(), 1)
            )
            drawn += f'<details class="pv-point"><summary>{name} is here</summary><div class="pv-faces" role="group" '
            drawn += f'aria-label="Which one is {name}?">{buttons}</div></details>'
    return drawn
