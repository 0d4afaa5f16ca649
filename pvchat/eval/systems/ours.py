"""PVChat itself: measured facts by rules alone, and what `PVChat.ask` says after instant or deep enrollment."""

from __future__ import annotations

from typing import Any

from pvchat.errors import UnknownPersonError
from pvchat.eval.manifest import Item
from pvchat.eval.systems.base import Bench, Case, Reply


class MeasuredFacts:
    """Presence as decided, and the plain sentence of the measured facts: no language model, no trained model."""

    name, needs_clip = "measured-facts", True

    def __init__(self, bench: Bench) -> None:
        self.chat = bench.chat
        self._last: tuple[str, list[Any]] = ("", [])

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        from pvchat.chat.clip_timeline import timeline_of
        from pvchat.chat.question import known_of

        assert case.analysis is not None
        question = self.chat.read(item.question)
        if self._last[0] != case.analysis.key:  # the same people for every question about a clip
            self._last = (case.analysis.key, self.chat.score(self.chat.people.all(), case.analysis))
        presences = self._last[1]
        text = known_of(question, presences, timeline_of(presences, case.analysis)).plain
        return Reply(text, [p.to_dict() for p in question.about(presences)])


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
        answer = self.chat.ask(case.path, item.question)
        if unknown := [one["name"] for one in answer.finding.get("missing", ()) if one["why"] == "not enrolled"]:
            what = "couldn't be enrolled, so nothing is measured by this question."
            raise UnknownPersonError(what, subject=unknown[0], hint="run.json says why.")
        return Reply(answer.answer, [p.to_dict() for p in answer.people], dict(answer.timing))
