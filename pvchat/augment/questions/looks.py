"""The subject looks the same in all samples of the clip: clothes, hair and features are as they were measured once.

In: views, and what was measured of the subject in the whole clip. Out: the views with facts that agree. A sample has a
few frames, often relit, smaller or turned, and told of the same clothes now "a white coat", now "a light grey top": the
answers of one data set contradicted each other. What a sample doesn't show stays unsaid of it, and a colour that the
recipe changed stays as it was measured there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.augment.questions.cast import View
from pvchat.schemas import Garment, PersonFacts

_RECOLOURED = " clothes"  # ends the note of a sample whose clothes have another colour
_LEGS = ("trousers",)  # a sample may show them or not, whatever it shows above them


def agree(seen: Sequence[View], name: str, own: PersonFacts) -> list[View]:
    """Views in which the subject is described alike.

    Args:
        seen: of samples, in any order.
        name: the subject's.
        own: measured of the subject in the whole clip.
    """
    return [_told(view, view.tracks[name], own) if name in view.tracks else view for view in seen]


def settled(measured: PersonFacts, once: PersonFacts, recoloured: bool = False) -> PersonFacts:
    """What a sample shows of somebody, in the words of what was measured once.

    Args:
        measured: in the sample.
        once: of the same person in the clip that the sample was made from.
        recoloured: the sample's clothes have another colour than the clip's.
    """
    sure = {what: once.confidence[what] for what in ("gender", "hair") if what in once.confidence}
    return replace(
        measured,
        clothes=_clothes(measured.clothes, once.clothes, recoloured),
        hair=once.hair if measured.hair else None,
        features=[feature for feature in measured.features if feature in once.features],
        gender=once.gender,
        confidence={k: v for k, v in measured.confidence.items() if k not in ("gender", "hair")} | sure,
    )


def _told(view: View, index: int, own: PersonFacts) -> View:
    tracks = list(view.analysis.tracks)
    recoloured = view.sample.notes.get("appearance", "").endswith(_RECOLOURED)
    tracks[index] = replace(tracks[index], facts=settled(tracks[index].facts, own, recoloured))
    return replace(view, analysis=replace(view.analysis, tracks=tracks))


def _clothes(measured: Sequence[Garment], once: Sequence[Garment], recoloured: bool) -> list[Garment]:
    """The clip's garments, above and below, where the sample shows any."""
    found = []
    for legs in (False, True):
        here = [g for g in measured if (g.kind in _LEGS) == legs]
        there = [g for g in once if (g.kind in _LEGS) == legs]
        if here and there and recoloured:
            there = [replace(there[0], colour=here[0].colour), *(replace(g, colour=None) for g in there[1:])]
        found += there if here else []
    return found
