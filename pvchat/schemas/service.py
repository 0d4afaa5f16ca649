"""What lower floors need of the service, as a protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from pvchat.config import Settings, VideoConfig
from pvchat.schemas.answer import Answer, PersonPresence
from pvchat.schemas.clip import ClipAnalysis, FloatArray, Look

Progress = Callable[[str, float, float], None]  # what is being done, how much of it is done, how much there is (0: ?)


class Service(Protocol):
    """What library, augmentation and training, which stand below it, need of `pvchat.service.PVChat`: they get it."""

    settings: Settings  # device, seed, limits and thresholds
    people: Any  # everyone enrolled, a `pvchat.people.store.PeopleStore`
    networks: Any  # a `pvchat.service.networks.Networks`; its `lock` is held while the experts look

    def analyse(self, clip: str | Path) -> ClipAnalysis:
        """What the experts say about a clip; raises VideoReadError."""

    def listen(self, clip: str | Path, seen: Look | None = None) -> Look:
        """A look at who is in a clip, with what is heard in it; raises VideoReadError."""

    def evict(self, key: str) -> None:
        """Drop a clip's analysis, by its content key, from memory; it stays on disk."""

    def ask(self, clip: str | Path, question: str, *, between: tuple[float, float | None] | None = None) -> Answer:
        """Answer a question about a clip, or about some seconds of it; raises VideoReadError, UnknownPersonError."""

    def score(
        self, people: Sequence[Any], analysis: ClipAnalysis, window: tuple[float, float] | None = None,
        solo: FloatArray | None = None,
    ) -> list[PersonPresence]:  # fmt: skip
        """`PresenceModel.score` of these people (`pvchat.people.person.Person`), enrolled or not."""

    def enroll(self, clip: str | Path, name: str, *, track: int | None = None, add: bool = False) -> Any:
        """Enroll one subject of a clip, or add the clip to what is known of her: a `pvchat.people.person.Person`."""

    def correct(self, name: Any, clip: str | Path, is_her: bool, *, track: int | None = None) -> Any:
        """Keep that a track of a clip is, or isn't, somebody; raises UnknownPersonError, VideoReadError."""

    def forget(self, name: Any, *, tracks: bool = True) -> str:
        """Delete everything kept about a person; raises UnknownPersonError."""

    def beside(self, cache: Any, video: VideoConfig) -> Service:
        """The same models and people for other files: another `pvchat.storage.clips.ClipCache`, read otherwise."""
