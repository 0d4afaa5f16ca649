"""How the page's events run, what its scripts send with them, and the scripts that several tabs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from pvchat.chat.english import be, join
from pvchat.errors import PeopleError
from pvchat_app.jobcards import job_list
from pvchat_app.jobs import Job, Jobs

CLIPS = ["video", "image"]  # what can be uploaded
PRIVATE: dict[str, Any] = {"api_visibility": "private", "api_name": "page"}
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1, **PRIVATE}
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
CONSENT = "the consent tick"
Updates = dict[Any, Any]  # what an event changes: components, and what each becomes; the others stay as they are
POLL_S = 1.5  # of running jobs; nothing is polled while none runs
_FOLLOW = """() => { let tries = 0; const look = () => {
  const link = document.querySelector('#WHERE a');
  if (link && link.href !== window.pvFollowed) { window.pvFollowed = link.href; link.click(); }
  else if (tries++ < 100) setTimeout(look, 100); }; look(); }"""


def clicks(what: str) -> str:
    """The script of a component whose elements with `data-<what>` are clicked: the event says `{what: value}`."""
    return f"""element.addEventListener('click', (event) => {{
  const clicked = event.target.closest('[data-{what}]');
  if (clicked && !clicked.disabled) trigger('click', {{{what}: clicked.dataset.{what}}}); }});"""


def following(where: str) -> str:
    """A script that follows the link that is about to appear in an element: what was asked for is saved at once."""
    return _FOLLOW.replace("WHERE", where)


def sent(event: gr.EventData, key: str) -> str:
    """What a component's own script sent along with its event, as text; "" where it sent nothing of the kind."""
    return str((event._data or {}).get(key, ""))  # Gradio's `event.key` fails where nothing at all was sent


def job_rows(
    jobs: Jobs, owner: str | None, kind: str, most: int = 6, under: Callable[[Job], str] = lambda job: ""
) -> tuple[str, gr.Timer]:
    """A browser's newest jobs of one kind, HTML of `under` below each, and the timer while one of them is active."""
    mine = jobs.of(owner, kind) if owner else []
    return job_list(mine[:most], jobs, under), gr.Timer(active=any(job.active for job in mine))


def same(count: int) -> list[Any]:
    """Updates that leave so many components as they are."""
    return [gr.skip()] * count


def require_filled(form: Mapping[str, Any]) -> None:
    """Raise PeopleError that says all of a form's fields that are empty, by what they are called."""
    if missing := [what for what, value in form.items() if not value]:
        hint = "Tick it if the person has agreed." if missing == [CONSENT] else ""
        raise PeopleError(f"{join(missing)} {be(missing)} missing.", hint=hint)
