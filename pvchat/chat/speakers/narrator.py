"""A pretrained video language model's answers: it is shown who is surely there, and what it says is checked.

Our identity decides who is where; the base sees frames with them outlined, a crop of the one asked about, times, and
what was measured as text. Each sentence passes the guard before it is shown, or ends the answer; where none passes, the
plain sentence of the measured facts stands. Nobody absent or unsure is ever shown to it by name, and refusals about
them are made by rule. Who is there, counts and times aren't asked of it at all: they are measured.

In: a question as it was read, presences, evidence, the clip. Out: a text, or None where it isn't asked.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pvchat.bases.marking import visuals_of
from pvchat.bases.prompts import BasePrompt
from pvchat.bases.states import adapted, personal_of
from pvchat.chat.query import Query, Whom
from pvchat.chat.question import Basis, Stream, Viewed
from pvchat.chat.reader.statements import mentioned, sentences
from pvchat.chat.run import run
from pvchat.chat.say.clauses import nobody_known
from pvchat.chat.say.voice import say
from pvchat.chat.speakers.checking import Hearing, Uncontradicted
from pvchat.config import Settings
from pvchat.model.sentences import Encode

if TYPE_CHECKING:
    from pvchat.bases.loading import Base
    from pvchat.bases.sources import BaseSource


MAX_TOKENS = 96  # of a reply: two or three sentences
log = logging.getLogger(__name__)


class Narrator:
    """Speaks through one base, loaded when it first speaks; `encode`, for a connector's gate, makes vectors [n, S]."""

    def __init__(self, source: BaseSource, settings: Settings, device: str, encode: Encode) -> None:
        self.source, self.settings, self.device, self.encode = source, settings, device, encode
        self.lock = threading.RLock()  # held while the base loads or runs: one at a time
        self.say: Callable[[str], None] = log.info  # told what the base takes before it is loaded
        self._base: Base | None = None

    @property
    def base(self) -> Base:
        """The base, with what base training added to it.

        Raises:
            SettingsError: it can't be loaded.
        """
        with self.lock:
            if self._base is None:
                from pvchat.bases.loading import load_base
                from pvchat.bases.shared import add_shared

                self._base = add_shared(load_base(self.source, self.device, self.settings.quantize, say=self.say))
            return self._base

    def answer(self, known: Basis, viewed: Viewed, stream: Stream | None) -> Hearing | None:
        """The base's answer to one question; None where it isn't asked, or nothing that it says may be shown."""
        query, present = known.question.query, known.present
        asked = query.select in ("attribute", "describe") or query.refusal == "unseen"
        asked = asked or query.select == "exists" and known.finding.verdict == "unknown"  # nothing that was measured
        if viewed.clip is None or not asked or not present and known.question.people:
            return None
        others = [name for name in viewed.conversation.names if name not in {p.name for p in present}]
        before = "" if present or known.question.people else viewed.whole(nobody_known())
        reply = Hearing(Uncontradicted(known, others, before), stream)
        self._listen(known, viewed, reply)
        away = [p.name for p in known.people if known.question.people and p.decision != "present"]
        after = [one for one in sentences(known.plain) if any(mentioned(one, name) for name in away)]
        if reply.said and after:  # of those who are asked about by name and aren't there
            reply.say(viewed.whole(" ".join(after)))
        return reply if reply.said else None

    def _listen(self, known: Basis, viewed: Viewed, heard: Hearing) -> None:
        """Have the base answer; its sentences go to `heard` as they come."""
        import torch

        from pvchat.bases.connector import connector_of, looking_at
        from pvchat.bases.prompts import inputs_of, reply
        from pvchat.bases.soft import spoken_with

        assert viewed.clip is not None
        with self.lock:
            base, text, names = self.base, known.question.text, tuple(p.name for p in known.present)
            before = tuple(turn for turn in viewed.conversation.before if not isinstance(turn, str))
            named = [person for name in names for person in viewed.people if person.name == name]
            personal = personal_of(base, named)
            soft = tuple((one.name, len(one.tokens)) for one in personal)
            shown = visuals_of(viewed.clip, viewed.analysis, known.present, base, self.settings)
            query = Query("describe", Whom(names, "all"))
            measured = say(run(query, known.timeline), known.timeline) if names else ""
            asked = inputs_of(base, shown, BasePrompt(text, measured, before, soft))
            vector = torch.from_numpy(self.encode([text])).to(base.device) if connector_of(base) else None  # [1, S]
            seen = looking_at(base, viewed.analysis, vector)
            with spoken_with(base, personal), adapted(base, named), seen:
                said = reply(base, asked, MAX_TOKENS, lambda text: heard.hear(text[:-1]))  # "3." may become "3.5"
        heard.hear(said)
        log.debug("%s said %r; refused: %s", self.source.name, said, heard.refused)
