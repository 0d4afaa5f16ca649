"""Which systems a run compares: names in, systems out.

`hub:<folder or hub id>` is any image-text model of transformers (`baselines.py`); every other name stands in SYSTEMS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pvchat.errors import SettingsError
from pvchat.eval.systems.base import Bench, System

HUB = "hub:"
BASE_VIEWS = ("ours-plain", "ours-marks", "ours-crop")  # of a pretrained base: only where they are asked for
INSTANT = ("always-yes", "prior", "face-matcher", "retrieve-prompt", "text-only-llm", "measured-facts", "ours-instant")
PREFERRED = ("ours-deep", "ours-instant", "measured-facts")  # whose answers are shown first


def names_for(depth: str, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The systems of a run: those asked for, else all that need nothing from a hub.

    Raises:
        SettingsError: no such system, or "ours-deep" without `--depth deep`.
    """
    every = (*INSTANT, "ours-deep") if depth == "deep" else INSTANT
    if wrong := [name for name in names if name not in (*every, *BASE_VIEWS) and not name.startswith(HUB)]:
        hint = f"Use some of: {', '.join((*every, *BASE_VIEWS))}, {HUB}MODEL."
        what = "needs --depth deep." if wrong[0] == "ours-deep" else f"there is no system '{wrong[0]}'."
        raise SettingsError(what, subject=f"--systems {','.join(names)}", hint=hint)
    return tuple(dict.fromkeys(names)) or every


def build(names: Sequence[str], bench: Bench) -> list[System]:
    """The systems themselves; models load when they are first asked, those of a hub at once."""
    from pvchat.eval.systems import baselines, ours

    makers: dict[str, Callable[[], System]] = {
        "always-yes": baselines.AlwaysYes,
        "prior": lambda: baselines.Prior(bench),
        "face-matcher": lambda: baselines.FaceMatcher(bench),
        "retrieve-prompt": lambda: baselines.RetrieveThenPrompt(bench),
        "text-only-llm": lambda: baselines.TextOnly(bench),
        "measured-facts": lambda: ours.MeasuredFacts(bench),
        "ours-instant": lambda: ours.Ours(bench, "instant"),
        "ours-deep": lambda: ours.Ours(bench, "deep"),
    }
    makers |= {name: partial(ours.Ours, bench, "instant", name.removeprefix("ours-")) for name in BASE_VIEWS}
    return [baselines.HubModel(n.removeprefix(HUB), bench) if n.startswith(HUB) else makers[n]() for n in names]
