"""Whose the tracks of labelled clips are.

In: people as `people.json` lists them, clips with the names that their labels say are there. Out: a name for each
track. The labels say it for a clip that shows one face; where a clip shows several, those whom they name are enrolled
from their own clips, and each track is the likeliest one's of them, at log-odds above 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import labelled
import numpy as np

from pvchat import PVChat
from pvchat.errors import PVChatError
from pvchat.identity.enroll import enroll
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis


class Whose:
    """People by their own clips, each enrolled once, in nobody's store."""

    def __init__(self, chat: PVChat, folder: Path) -> None:
        self.chat, self.folder = chat, folder
        self._known: dict[str, Person | None] = {}

    def names(self, there: Sequence[labelled.Row], analysis: ClipAnalysis) -> list[str]:
        """Whose each track of a clip is; "" where nobody knows. `there`: who is in it by the labels."""
        tracks = analysis.tracks
        faces = [n for n, track in enumerate(tracks) if track.kind == "face"]
        found = [""] * len(tracks)
        if len(faces) == 1 and len(there) == 1:
            found[faces[0]] = there[0]["name"]
        elif faces and there:
            people = [person for row in there if (person := self.person(row)) is not None]
            odds = self.chat.networks.presence.odds(people, analysis) if people else np.zeros((0, 0))
            for n in faces if people else ():
                if odds[:, n].max() > 0:
                    found[n] = people[int(odds[:, n].argmax())].name
        return found

    def person(self, row: labelled.Row) -> Person | None:
        """Somebody as her own clip enrolls her; None where it shows no face."""
        name = row["name"]
        if name not in self._known:
            try:
                self._known[name] = enroll(self.chat.analyse(self.folder / row["enroll"], stage="who"), name, 1)
            except PVChatError:
                self._known[name] = None
        person = self._known[name]
        return person if person is not None and person.kind == "face" else None
