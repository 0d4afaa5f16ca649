"""The trained model's words about a clip: questions and people in, texts with their likelihood out.

A `Describer` holds one trained model (a folder of `PVChatModel.save_pretrained`), the visual tokens of the last clips
(a second question costs no visual pass) and turns stored people into what the model takes. It decides nothing: who is
there stays with `presence.py`, and what of its words is shown with `claims.py` and `guard.py`.

A person's tokens and z are made once, when she is enrolled, and lie in her folder with the stamp of the weights that
made them. Files without them, or made with other weights, get them made anew from prototypes and body vectors.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.chat.sentences import Encode
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray

if TYPE_CHECKING:
    from pvchat.model.connectors import VisualTokens
    from pvchat.model.features import PersonFeatures
    from pvchat.model.people import PersonState
    from pvchat.model.pvchat import PVChatModel

STAMP = "model"  # key in `Person.extra`: which weights made tokens and z
MAX_NEW_TOKENS = 32  # of one text; captions have about 12 words
_TEXTS_IN_MEMORY = 512
_IN_MEMORY = 8  # clips whose visual tokens are kept
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """One question to the model.

    Attributes:
        question: as the model is asked.
        people: names of the people whose personal tokens stand in the prompt.
        facts: measured facts as text; empty for none.
        history: earlier (question, answer) turns, oldest first.
        track: whom to look at: an index into `ClipAnalysis.tracks`; what is seen of other people is hidden. None looks
            at everyone.
        scene: look at the whole frame too; False leaves only the track.
        experts: whose tokens to look at; empty for all.
    """

    question: str
    people: tuple[str, ...] = ()
    facts: str = ""
    history: tuple[tuple[str, str], ...] = ()
    track: int | None = None
    scene: bool = True
    experts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What the model said.

    Attributes:
        text: its words.
        log_prob: mean log-probability of a token; 0 would be certainty.
        gain: how much of that the clip is worth: `log_prob` less the same text's when the model sees an empty clip. A
            fluent guess has none, whatever its probability.
    """

    text: str
    log_prob: float
    gain: float


class Describer:
    """One trained model, ready to speak.

    Args:
        folder: holds its config.json and model.safetensors.
        device: torch device.
        encode: texts to sentence vectors [n, S]; the model's gate reads questions by them.
    """

    def __init__(self, folder: Path, device: str, encode: Encode) -> None:
        self.folder, self.device, self.encode = folder, device, encode
        self._seen: OrderedDict[str, VisualTokens] = OrderedDict()
        self._unseen: OrderedDict[tuple[Line, str], float] = OrderedDict()  # log-probabilities with an empty clip
        self._lock = threading.RLock()

    @cached_property
    def model(self) -> PVChatModel:
        """The whole model with its language model."""
        from pvchat.model.pvchat import PVChatModel

        return PVChatModel.from_pretrained(self.folder, device=self.device)

    @cached_property
    def stamp(self) -> str:
        """Which weights these are: the start of their file's SHA-256."""
        with (self.folder / "model.safetensors").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    # -- people

    def remember(self, person: Person) -> Person:
        """An instant enrollment with fresh tokens [I, D] and z [M, R] among its arrays, to be stored."""
        state = self.state(replace(person, extra={}))
        arrays = {"tokens": state.tokens.cpu().numpy().astype(np.float16), "z": state.z.cpu().numpy()}
        return replace(person, arrays={**person.arrays, **arrays}, extra={**person.extra, STAMP: self.stamp})

    def state(self, person: Person) -> PersonState:
        """What the model takes for a person: stored, where these weights made it, else made by the aligner."""
        import torch

        from pvchat.model.people import PersonState

        features = person_features(person)
        if person.extra.get(STAMP) == self.stamp and {"tokens", "z"} <= person.arrays.keys():
            tokens, z = (torch.from_numpy(person.arrays[key].astype(np.float32)) for key in ("tokens", "z"))
            prototypes = features.identity[0][features.identity_mask[0]]
            return PersonState(person.name, tokens.to(self.device), z.to(self.device), prototypes.to(self.device))
        if person.depth == "deep":
            _log.warning("'%s' was trained with another model: only her instant enrollment counts here", person.name)
        with self._lock, torch.inference_mode():
            made = self._reader.aligner.people(features.to(self.device), [person.name])[0]
        made.tokens = made.tokens.half().float()  # as they are stored
        return made

    # -- clips

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual tokens of a clip, made once."""
        import torch

        from pvchat.model.features import from_analysis

        with self._lock:
            if analysis.key not in self._seen:
                with torch.inference_mode():
                    model = self._reader
                    self._seen[analysis.key] = model.encode_clips(from_analysis(analysis, model.config))
            self._seen.move_to_end(analysis.key)
            while len(self._seen) > _IN_MEMORY:
                self._seen.popitem(last=False)
            return self._seen[analysis.key]

    def apart(self) -> Describer:
        """The same model for other people: what it said about a name here may be somebody else's there."""
        _ = self.model  # shared, so loaded before the copy
        other = copy.copy(self)
        other._seen, other._unseen = OrderedDict(), OrderedDict()
        return other

    def forget(self) -> None:
        """Drop all clips, and what was said of them, from memory."""
        with self._lock:
            self._seen.clear()
            self._unseen.clear()

    # -- words

    def say(
        self,
        analysis: ClipAnalysis,
        lines: Sequence[Line],
        people: Sequence[Person] = (),
        *,
        max_new_tokens: int = MAX_NEW_TOKENS,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[Said]:
        """Answer several questions about one clip in one batch.

        Args:
            analysis: of the clip.
            lines: B questions.
            people: everyone that the lines name.
            max_new_tokens: at most, of each text.
            temperature: 0 is greedy.
            seed: of sampling.
        """
        if not lines:
            return []
        from pvchat.model.personlora import spoken_of
        from pvchat.model.prompts import Prompt

        named = [p for p in people if any(p.name in line.people for line in lines)]
        with self._lock, spoken_of(self.model.llm, named):
            model, question = self.model, self._vectors(lines)
            prompts = [Prompt(x.question, facts=x.facts, history=list(x.history), clip=i) for i, x in enumerate(lines)]
            scores: list[float] = []
            texts, _ = model.generate(
                self._views(analysis, lines), prompts, question=question, people=self._people(lines, people),
                max_new_tokens=max_new_tokens, temperature=temperature, seed=seed, scores=scores,
            )  # fmt: skip
            blind = [self._blind(line, text, people) for line, text in zip(lines, texts, strict=True)]
        return [Said(t, score, score - unseen) for t, score, unseen in zip(texts, scores, blind, strict=True)]

    def presence(self, analysis: ClipAnalysis, people: Sequence[Person], question: str) -> list[float]:
        """The model's presence logit for each person, from one pass over the clip."""
        import torch

        from pvchat.model.people import People

        with self._lock, torch.inference_mode():
            visual, model = self.look(analysis), self._reader
            rows = torch.zeros(len(people), dtype=torch.long, device=visual.tokens.device)
            named = People.batch([[self.state(p)] for p in people], model.config)
            asked = self._vectors([Line(question)]).expand(len(people), -1)
            return model.read(visual.select(rows), asked, named).presence[:, 0].tolist()

    def likeness(self, analysis: ClipAnalysis, lines: Sequence[Line], texts: Sequence[str]) -> FloatArray:
        """How near each of n texts is to what each of B lines looks at: cosines [B, n] of the best query."""
        import torch

        from pvchat.model.pvchat import similarity

        with self._lock, torch.inference_mode():
            reading = self._reader.read(self._views(analysis, lines), self._vectors(lines))
            vectors = torch.from_numpy(self.encode(list(texts))).to(self.device)
            alike: FloatArray = similarity(reading.sentences.float(), vectors).cpu().numpy()
        return alike

    @property
    def _reader(self) -> PVChatModel:
        """The model for everything but text: the whole one where it is loaded, else one without a language model."""
        return self.__dict__.get("model") or self._light

    @cached_property
    def _light(self) -> PVChatModel:
        from pvchat.model.pvchat import PVChatModel

        return PVChatModel.from_pretrained(self.folder, llm="none", device=self.device)

    def _blind(self, line: Line, text: str, people: Sequence[Person]) -> float:
        """Mean log-probability a token of a text when the model sees nothing; kept, for texts come again and again."""
        import torch

        from pvchat.model.prompts import Prompt

        key = (replace(line, track=None, scene=True, experts=()), text)
        if key not in self._unseen:
            prompt = Prompt(line.question, text, facts=line.facts, history=list(line.history))
            with torch.inference_mode():
                out = self.model(
                    self._nothing, [prompt], question=self._vectors([line]), people=self._people([line], people)
                )
            self._unseen[key] = -float(out.lm_loss)
        self._unseen.move_to_end(key)
        while len(self._unseen) > _TEXTS_IN_MEMORY:
            self._unseen.popitem(last=False)
        return self._unseen[key]

    @cached_property
    def _nothing(self) -> VisualTokens:
        """The visual tokens of an empty clip: one frame whose features are all 0."""
        import torch

        from pvchat.model.features import ClipFeatures, scene_tokens

        name, expert = next(iter(self.model.config.experts.items()))
        grid = np.zeros((1, 49, expert.width), np.float32)
        with torch.inference_mode():
            return self.model.encode_clips(ClipFeatures({name: scene_tokens(grid, np.full(1, 0.5, np.float32), 1)}))

    def _views(self, analysis: ClipAnalysis, lines: Sequence[Line]) -> VisualTokens:
        """The clip's visual tokens once for each line, with what it is not to look at masked."""
        import torch

        from pvchat.model.features import SCENE, kept_tracks

        visual = self.look(analysis)
        kept = kept_tracks(analysis, self.model.config.max_tracks)
        views = visual.select(torch.zeros(len(lines), dtype=torch.long, device=visual.tokens.device))
        mask = views.mask.clone()
        for row, line in enumerate(lines):
            if line.track in kept:
                own = views.track[row] == kept.index(line.track)
                mask[row] &= own | (views.track[row] == SCENE) if line.scene else own
            if line.experts:
                numbers = [n for n, name in enumerate(self.model.config.experts) if name in line.experts]
                mask[row] &= torch.isin(views.expert, torch.tensor(numbers, device=mask.device))
        mask[~mask.any(1)] = views.mask[~mask.any(1)]  # nothing left: look at everything
        return replace(views, mask=mask)

    def _vectors(self, lines: Sequence[Line]) -> Any:
        """[B, S] sentence vectors of the questions."""
        import torch

        return torch.from_numpy(self.encode([x.question for x in lines])).to(self.device)

    def _people(self, lines: Sequence[Line], people: Sequence[Person]) -> Any:
        """The people that each line names, as a padded batch; None when nobody is named."""
        from pvchat.model.people import People

        wanted = {name for line in lines for name in line.people}
        states = {p.name: self.state(p) for p in people if p.name in wanted}
        return People.batch([[states[name] for name in line.people] for line in lines], self.model.config)


def person_features(person: Person) -> PersonFeatures:
    """A stored person as the aligner takes her, a batch of one: prototypes (unit length, faces only), body vectors."""
    import torch

    from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH
    from pvchat.model.features import PersonFeatures

    faces = person.arrays.get("prototypes", np.zeros((0, IDENTITY_WIDTH)))
    if person.kind != "face" or faces.ndim != 2 or faces.shape[1] != IDENTITY_WIDTH:
        faces = np.zeros((0, IDENTITY_WIDTH))
    faces = faces / np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-6)
    bodies = person.arrays.get("body", np.zeros((0, BODY_WIDTH)))
    most = max(1, len(faces), len(bodies))
    parts = [torch.from_numpy(part) for rows in (faces, bodies) for part in _padded(rows, most)]
    return PersonFeatures(*parts)


def _padded(rows: FloatArray, most: int) -> tuple[FloatArray, Any]:
    """Rows [n, W] as [1, most, W] with their mask [1, most]."""
    out = np.zeros((1, most, rows.shape[1]), np.float32)
    out[0, : len(rows)] = rows
    return out, np.arange(most)[None] < len(rows)
