"""What the tabs' events share: how they run, what scripts send with them, common scripts and updates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gradio as gr

from pvchat.augment.watch import StoppedError
from pvchat.chat.english import be, join
from pvchat.config import MAX_QUESTION
from pvchat.errors import PeopleError
from pvchat.schemas import Progress
from pvchat_app import cards
from pvchat_app.jobcards import job_list
from pvchat_app.jobs import Job, Jobs
from pvchat_app.progress import progress_bars

PRIVATE: dict[str, Any] = {"api_visibility": "private", "api_name": "page"}
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1, **PRIVATE}
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
_STOPPED = "Stopped. What was done by then is kept: the same again goes on from there."
CONSENT, AGREED = "the consent tick", "This person has agreed to be enrolled, face and voice (or it is me)"
Updates = dict[Any, Any]  # the update of each component that an event changes; others stay as they are
POLL_S = 1.5  # of running jobs; nothing is polled while none runs
_FOLLOW = """() => { let tries = 0; const look = () => {
  const link = document.querySelector('#WHERE a');
  if (link && link.href !== window.pvFollowed) { window.pvFollowed = link.href; link.click(); }
  else if (tries++ < 100) setTimeout(look, 100); }; look(); }"""


def click_script(what: str) -> str:
    """A component's script: a click on an element with `data-<what>` becomes an event with `{what: value}`."""
    return f"""element.addEventListener('click', (event) => {{
  const clicked = event.target.closest('[data-{what}]');
  if (clicked && !clicked.disabled) trigger('click', {{{what}: clicked.dataset.{what}}}); }});"""


def follow_link_script(where: str) -> str:
    """A script that waits for a link in an element and follows it, so that the file is saved at once."""
    return _FOLLOW.replace("WHERE", where)


def sent_value(event: gr.EventData, key: str) -> str:
    """A value that a component's script sent with its event, as text; "" if there is none of this name."""
    return str((event._data or {}).get(key, ""))  # Gradio's `event.key` fails where nothing at all was sent


def job_rows(
    jobs: Jobs, owner: str | None, kind: str, most: int = 6, under: Callable[[Job], str] = lambda job: ""
) -> tuple[str, gr.Timer]:
    """A browser's newest jobs of one kind with the HTML of `under` below each, and a timer that runs while one does."""
    mine = jobs.of(owner, kind) if owner else []
    return job_list(mine[:most], jobs, under), gr.Timer(active=any(job.active for job in mine))


def with_progress(
    where: Any, what: str, call: Callable[[Progress], Updates],
    bars: Callable[[str, Callable[[Progress], object]], Iterator[str]] = progress_bars,
) -> Iterator[Updates]:  # fmt: skip
    """Run a call with its bar, which begins with `what`, in a component, where an error is shown, too."""
    made = list[Updates]()
    try:
        for bar in bars(what, lambda tell: made.append(call(tell))):
            yield {where: bar}
    except StoppedError:
        made = [{where: cards.notice(_STOPPED)}]
    except Exception as error:
        made = [{where: cards.error_card(error)}]
    yield made[0]


def outcome(call: Callable[[], str | None]) -> str:
    """A notice with the sentence that a call returns, if it does, or with its error."""
    return cards.html_or_error(lambda: cards.notice(call() or "", "good"))


def question_row(prefix: str, placeholder: str) -> tuple[gr.Textbox, gr.Button]:
    """A field for a question and the button that asks it, whose ids begin with `prefix`."""
    with gr.Row(equal_height=True, elem_id=f"{prefix}asking"):
        question = gr.Textbox(
            label="Question", show_label=False, container=False, max_length=MAX_QUESTION, max_lines=3, scale=6,
            min_width=180, elem_id=f"{prefix}question", placeholder=placeholder,
        )  # fmt: skip
        return question, gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id=f"{prefix}ask")


def require_filled(form: Mapping[str, Any]) -> None:
    """Raise PeopleError that names all fields of a form that are empty."""
    if missing := [what for what, value in form.items() if not value]:
        hint = "Tick it if the person has agreed." if missing == [CONSENT] else ""
        raise PeopleError(f"{join(missing)} {be(missing)} missing.", hint=hint)
