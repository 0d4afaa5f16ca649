"""The languages of the page's own words: a catalogue each, English text to what stands in its place.

In: `languages/*.json`. Out: what Gradio's `gr.I18n` takes; language.js says which language it is. Questions and answers
are English, and so is every message that says what was found or done.
"""

from __future__ import annotations

import json
from importlib.resources import files

import gradio as gr
from gradio.i18n import I18nData

_TEXTS = ("label", "info", "placeholder", "value")
LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano"}


def catalogues() -> dict[str, dict[str, str]]:
    """The words of every language but English, by its code."""
    folder = files("pvchat_app") / "languages"
    return {code: json.loads((folder / f"{code}.json").read_text("utf-8")) for code in LANGUAGES if code != "en"}


def mark_texts(page: gr.Blocks) -> None:
    """Have the texts of a page's components that stand in the catalogues translated: labels, hints, buttons."""
    keys = set().union(*catalogues().values())
    for block in page.blocks.values():
        for name in _TEXTS:
            if (text := getattr(block, name, None)) and isinstance(text, str) and text in keys:
                setattr(block, name, worded(text))


def worded(text: str, more: str = "") -> str:
    """A text of the catalogues as Gradio's page translates it, and behind it what stays: `worded("Add to", " Ana")`."""
    return str(I18nData(text)) + more
