"""A judge model for entity specificity and descriptive completeness, 0–5, behind one protocol.

Judges: "hub:FOLDER" (a causal LM of transformers) and "http(s)://…/v1#MODEL" (any OpenAI-compatible
endpoint; its key is read from $PVCHAT_JUDGE_KEY). Every reply is kept in judge.jsonl, so that a resumed run asks
nothing twice. A reply without two scores is counted and named; it is never replaced by the rules' score.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from pvchat.errors import PVChatError, SettingsError
from pvchat.eval.manifest import Manifest
from pvchat.schemas import Progress
from pvchat.storage.journal import Journal

KEY = "PVCHAT_JUDGE_KEY"
TIMEOUT_S = 120.0
MAX_TOKENS = 64
RUBRIC = """You grade one answer about people in a video. Give two whole numbers from 0 to 5.
es, entity specificity: 5 = it is about the right person by name and right about whether they are there; 3 = right but
does not name them; 0 = the wrong person, or wrong about whether they are there.
dc, descriptive completeness: 5 = all details of the reference are there; 3 = about half; 1 = hardly any; 0 = it
contradicts the reference.
Reply with JSON only, such as {"es": 4, "dc": 2}."""
Row = dict[str, Any]


class Judge(Protocol):
    """Whoever grades.

    Attributes:
        name: part of the measures' names.
    """

    name: str

    def reply(self, messages: list[dict[str, str]]) -> str:
        """The judge's words to a chat; raises PVChatError when it can't be asked."""
        ...


class HubJudge:
    """A causal LM of transformers, greedy."""

    def __init__(self, model: str) -> None:
        from pvchat.model.language import LanguageModel

        self.name = model.rstrip("/").split("/")[-1]
        self._language = LanguageModel(model)

    def reply(self, messages: list[dict[str, str]]) -> str:
        """See `Judge`."""
        return self._language.generate(messages, MAX_TOKENS)


class EndpointJudge:
    """A chat-completions endpoint of the OpenAI kind, at temperature 0."""

    def __init__(self, url: str, model: str) -> None:
        self.name, self.model = model.split("/")[-1], model
        self.url = f"{url.rstrip('/')}/chat/completions"

    def reply(self, messages: list[dict[str, str]]) -> str:
        """See `Judge`."""
        body = {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": MAX_TOKENS, "seed": 0}
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # http(s) only: see open_judge
                return str(json.load(response)["choices"][0]["message"]["content"])
        except (urllib.error.URLError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise PVChatError(f"the judge didn't answer ({error}).", subject=self.url) from error


def open_judge(words: str) -> Judge:
    """A judge by its description.

    Raises:
        SettingsError: neither "hub:FOLDER" with a folder that is there nor "http(s)://…/v1#MODEL".
    """
    if words.startswith("hub:") and len(words) > 4 and Path(words.removeprefix("hub:")).is_dir():
        return HubJudge(words.removeprefix("hub:"))
    parts = urlsplit(words)
    if parts.scheme in ("http", "https") and parts.netloc and parts.fragment:
        return EndpointJudge(words.partition("#")[0], parts.fragment)
    raise SettingsError("no such judge.", subject=f"--judge {words}", hint="Use hub:FOLDER or http://HOST/v1#MODEL.")


def judge_all(judge: Judge, manifest: Manifest, rows: Sequence[Row], journal: Journal, progress: Progress) -> Row:
    """Scores of all answers: {"name", "scores": {system: {id: {"es", "dc"}}}, "unread": n}."""
    items = {i.id: i for i in manifest.items}
    known = {r["key"]: r for r in journal.read() if r["judge"] == judge.name}
    scores: dict[str, dict[str, Row]] = {}
    unread = 0
    todo = [r for r in rows if r["id"] in items and not r["error"]]
    for number, row in enumerate(todo):
        item = items[row["id"]]
        chat = messages(item.question, item.answer, row["answer"])
        key = hashlib.sha256(json.dumps(chat).encode()).hexdigest()[:32]
        if key not in known:
            reply = judge.reply(chat)
            known[key] = {"judge": judge.name, "key": key, "reply": reply, **read_reply(reply)}
            journal.append([known[key]])
        score = {"es": known[key]["es"], "dc": known[key]["dc"] if item.type != "existence" else None}
        unread += known[key]["es"] is None
        scores.setdefault(row["system"], {})[row["id"]] = score
        progress("judging", number + 1, len(todo))
    return {"name": judge.name, "scores": scores, "unread": unread}


def messages(question: str, reference: str, answer: str) -> list[dict[str, str]]:
    """The chat that asks for two scores."""
    prompt = f"Question: {question}\nReference: {reference}\nAnswer: {answer}"
    return [{"role": "system", "content": RUBRIC}, {"role": "user", "content": prompt}]


def read_reply(reply: str) -> dict[str, float | None]:
    """The two scores in a reply, both or none; numbers outside 0..5 don't count."""
    found = {
        k: re.search(rf'"?\b{k}\b"?\s*[:=]\s*"?([0-5](?:\.\d+)?)(?![\d.])', reply, re.IGNORECASE) for k in ("es", "dc")
    }
    values = {k: float(m.group(1)) if m and float(m.group(1)) <= 5 else None for k, m in found.items()}
    return values if None not in values.values() else {"es": None, "dc": None}
