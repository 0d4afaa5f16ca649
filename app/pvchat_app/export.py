"""Files to download: a person, or a conversation as one zip with a page that opens anywhere, JSON, and the pictures.

    conversation.html   self-contained but for evidence/
    conversation.json   every question, answer, presence, span and timing
    evidence/*.jpg

In: turns. Out: bytes. Pictures of people leave the machine only when the user saves the file; the page says so.
"""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from pvchat import __version__
from pvchat.chat.reader.statements import mentioned
from pvchat.people.store import PeopleStore
from pvchat.schemas import PersonPresence
from pvchat_app.conversation import Turn
from pvchat_app.sessions import Session
from pvchat_app.wording import SIGNS, WORDS, escape, exact_time, percent

_NOTE = "Answers by a model: look at the probabilities. This is about people: mind who gets the file."


def person(session: Session, people: PeopleStore, who: str) -> tuple[str, int]:
    """Write a person, given by name or id, to a file in a session's folder; returns its link and size in bytes."""
    found = people.get(who)
    path = session.ensure_folder() / f"{secrets.token_hex(8)}-{found.id}.pvperson"
    people.export(found.id, path)
    title = "".join(c if c.isalnum() or c in " -_." else "_" for c in found.name).strip(" .") or "person"
    return session.link(path, "application/octet-stream", f"{title}.pvperson"), path.stat().st_size


def pack(turns: Sequence[Turn]) -> bytes:
    """The zip of a conversation; turns without an answer are left out."""
    answered = list(enumerate((turn for turn in turns if turn.answer is not None), 1))
    out, rows = io.BytesIO(), [_row(turn, number) for number, turn in answered]
    style = (files("pvchat_app") / "style.css").read_text(encoding="utf-8")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>PVChat conversation</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{style}</style></head><body class="pv-export"><h1>PVChat conversation</h1><p>{_NOTE}</p>'
        f"{''.join(_section(turn, number) for number, turn in answered)}</body></html>"
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = {"pvchat": __version__, "exported": datetime.now(UTC).isoformat(timespec="seconds"), "turns": rows}
        archive.writestr("conversation.json", json.dumps(text, ensure_ascii=False, indent=2))
        archive.writestr("conversation.html", page)
        for name, picture in (one for number, turn in answered for one in _names(turn, number)):
            if picture.path.is_file():
                archive.write(picture.path, name)
    return out.getvalue()


def _names(turn: Turn, number: int) -> list[tuple[str, Any]]:
    return [(f"evidence/{number:03d}-{i}.jpg", picture) for i, picture in enumerate(turn.pictures, 1)]


def _row(turn: Turn, number: int) -> dict[str, Any]:
    assert turn.answer is not None
    answer = turn.answer.to_dict()
    return {
        "clip": turn.source,
        "question": turn.question,
        **({"part": turn.part} if turn.part else {}),
        **answer,
        "people": [
            one
            for one in answer["people"]
            if one["decision"] != "absent" or mentioned(turn.text, one["name"], any_case=False)
        ],
        "presence": [p.to_dict() for p in _there(turn)],
        "evidence": [{"file": name, "who": p.name, "time_s": round(p.time, 2)} for name, p in _names(turn, number)],
    }


def _there(turn: Turn) -> list[PersonPresence]:
    """Who is or may be in the clip; about absent people only the answer's own words are exported."""
    return [person for person in turn.presences if person.decision != "absent"]


def _section(turn: Turn, number: int) -> str:
    assert turn.answer is not None
    seen = "".join(
        f"<li>{SIGNS[p.decision]} <b>{escape(p.name)}</b> {WORDS[p.decision]}, {escape(percent(p.probability))}: "
        f"{', '.join(f'{exact_time(start)}–{exact_time(end)}' for start, end in p.spans)}</li>"
        for p in _there(turn)
    )
    shown = "".join(
        f'<figure class="pv-sample"><img src="{name}" alt="{escape(p.words)}">'
        f"<figcaption>{'' if p.sure else 'perhaps '}{escape(p.name)} · {exact_time(p.time)}</figcaption></figure>"
        for name, p in _names(turn, number)
    )
    part = f" ({escape(turn.part)})" if turn.part else ""
    return (
        f'<section><p class="pv-dim">{escape(turn.source)}</p><h2>{escape(turn.question)}{part}</h2>'
        f'<p>{escape(turn.text)}</p><ul>{seen}</ul><div class="pv-strip">{shown}</div></section>'
    )
