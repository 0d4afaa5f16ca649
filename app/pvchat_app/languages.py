"""Translations of the page's labels, buttons and hints: one catalogue for each language, keyed by the English text.

In: `languages/*.json`. Out: what Gradio's `gr.I18n` takes; language.js picks the language. Questions, answers and
messages are English.
"""

from __future__ import annotations

import json
from importlib.resources import files

import gradio as gr
from gradio.i18n import I18nData

_TEXTS = ("label", "info", "placeholder", "value")
LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano"}


def catalogues() -> dict[str, dict[str, str]]:
    """The translations of every language but English, by its code."""
    folder = files("pvchat_app") / "languages"
    return {code: json.loads((folder / f"{code}.json").read_text("utf-8")) for code in LANGUAGES if code != "en"}


def mark_texts(page: gr.Blocks) -> None:
    """Mark those texts of a page's components that the catalogues have, so that Gradio translates them."""
    keys = set().union(*catalogues().values())
    for block in page.blocks.values():
        for name in _TEXTS:
            if (text := getattr(block, name, None)) and isinstance(text, str) and text in keys:
                setattr(block, name, translatable(text))


def translatable(text: str, more: str = "") -> str:
    """A text that Gradio translates, followed by one that it doesn't: `translatable("Add to", " Ana")`."""
    return str(I18nData(text)) + more
