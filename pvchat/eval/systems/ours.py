"""PVChat itself: measured facts by rules alone, and what `PVChat.ask` says after instant or deep enrollment.

In: a question about a clip. Out: its answer, and which attention heads the trained model used for it where it speaks:
for each routed module the share of tokens for which each routed head was on, meaned over the module's calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from pvchat.errors import UnknownPersonError
from pvchat.eval.manifest import Item
from pvchat.eval.systems.base import Bench, Case, Reply, presence_rows

DIGITS = 4


class MeasuredFacts:
    """Presence as decided, and the plain sentence of the measured facts: no language model, no trained model."""

    name, needs_clip = "measured-facts", True

    def __init__(self, bench: Bench) -> None:
        self.chat = bench.chat
        self._last: tuple[str, list[Any]] = ("", [])

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        from pvchat.chat.answers import known_of
        from pvchat.chat.clip_timeline import timeline_of

        assert case.analysis is not None
        asked = self.chat.read(item.question)
        if self._last[0] != case.analysis.key:  # the same people for every question about a clip
            self._last = (case.analysis.key, self.chat.score(self.chat.people.all(), case.analysis))
        presences = self._last[1]
        about = asked.about(presences)
        return Reply(known_of(asked, presences, timeline_of(presences, case.analysis)).plain, presence_rows(about))


class Ours:
    """`PVChat.ask`, as a user would call it.

    Args:
        bench: with the chat of every depth.
        depth: of the enrollments.
        show: how a pretrained base is shown people, "" as the settings say: side by side, what marks and crops bring.
    """

    needs_clip = True

    def __init__(self, bench: Bench, depth: str, show: str = "") -> None:
        self.name, self.chat = f"ours-{show or depth}", bench.chats[depth]
        if show:
            from pvchat.service import PVChat

            networks = self.chat.networks.showing(show)
            people, cache = self.chat.people, self.chat.cache
            self.chat = PVChat(networks.settings, networks=networks, people=people, cache=cache)

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        with watched(self._model) as used:
            answer = self.chat.ask(case.path, item.question)
        if unknown := [one["name"] for one in answer.finding.get("missing", ()) if one["why"] == "not enrolled"]:
            what = "couldn't be enrolled, so nothing is measured by this question."
            raise UnknownPersonError(what, subject=unknown[0], hint="run.json says why.")
        notes = {"routing": used} if used else {}
        return Reply(answer.answer, presence_rows(answer.people), dict(answer.timing), notes)

    @cached_property
    def _model(self) -> Any:
        """The trained model where it speaks; None where answers come from facts alone or no weights are there."""
        return self.chat.model if self.chat.settings.answers in ("auto", "model") else None


@contextmanager
def watched(model: Any | None) -> Iterator[dict[str, list[float]]]:
    """Watch a model's routers; the dict is filled when the block ends, and stays empty without a model."""
    out: dict[str, list[float]] = {}
    if model is None:
        yield out
        return
    from pvchat.model.heads import HeadMixer

    seen: dict[str, list[np.ndarray]] = {}

    def hook_for(name: str) -> Any:
        def hook(module: Any, given: Any, result: Any) -> None:
            seen.setdefault(name, []).append(result[1].head_share().detach().cpu().numpy())

        return hook

    routers = [(name, part) for name, part in model.named_modules() if isinstance(part, HeadMixer)]
    handles = [part.register_forward_hook(hook_for(_short(name))) for name, part in routers]
    try:
        yield out
    finally:
        for handle in handles:
            handle.remove()
        out |= {name: [round(float(v), DIGITS) for v in np.mean(rows, 0)] for name, rows in seen.items()}


def _short(name: str) -> str:
    """What tells one routed module from another: "3.cross" of "qformer.layers.3.cross.mixer"."""
    parts = [p for p in name.split(".") if p not in ("qformer", "layers", "mixer", "blocks")]
    return ".".join(parts) or name
