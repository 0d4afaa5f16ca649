"""How `pvchat/chat/paraphrases.safetensors` is made: wordings of plain questions, told apart by their sentence vectors.

    python -m pvchat.train.fits.paraphrases --out pvchat/chat/paraphrases.safetensors

In: `paraphrases.txt` beside this file, ways in which people type a plain question, which stands before them behind a #,
and `paraphrases_later.txt`, the same of plain questions that came later, for a second classifier over all;
`unanswerable.txt`, questions that nothing measured can answer. All were written for this, some 80 a question, and none
of them for clips that anything is measured on. Out: the classifier with a card, and what it does on wordings kept back,
a fifth at a time.

Legend: n wordings, C plain questions, D width of a sentence vector.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.chat.paraphrases import CERTAIN, LIKELY, NAMES, UNANSWERABLE, Head, bare, slotted
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question
from pvchat.chat.sentences import SentenceEncoder
from pvchat.chat.vocabulary import MASK
from pvchat.schemas import FloatArray

ASKED, LATER, REFUSALS = (
    Path(__file__).with_name(name) for name in ("paraphrases.txt", "paraphrases_later.txt", "unanswerable.txt")
)
FOLDS, SEED = 5, 0
DECAY = 3e-6  # of the squared weights; 1e-5 is right in .01 less of wordings kept back
REFUSED = 5.0  # how much more an unanswerable wording weighs: nobody can write down all that may be asked
_POINTS = re.compile(r"[?!.,]")
_ANYBODY = ("Ana", "Ben")


@dataclass(frozen=True)
class Wordings:
    """n ways to ask.

    Attributes:
        texts: names masked, colours, sides and things as they are learned from.
        plain: what each asks, a number of `questions`.
        names: how many people each names.
        source: the wording each is a variant of: variants are kept back together.
        questions: C plain questions, `UNANSWERABLE` among them.
    """

    texts: list[str]
    plain: NDArray[np.int64]
    names: NDArray[np.int64]
    source: NDArray[np.int64]
    questions: tuple[str, ...]


def read(*asked: Path, refusals: Path = REFUSALS) -> Wordings:
    """All wordings of some files, `ASKED` where none is named, each as it is and as typed in haste."""
    rows = {plain: texts for path in asked or (ASKED,) for plain, texts in read_asked(path).items()}
    known = sorted(rows)
    pairs = [(plain, text) for plain in known for text in (plain, *rows[plain])]
    pairs += [(UNANSWERABLE, text) for text in refusals.read_text(encoding="utf-8").splitlines()]
    questions = (UNANSWERABLE, *known)
    found: list[tuple[str, int, int, int]] = []
    for number, (plain, text) in enumerate(pairs):
        names = len(set(NAMES.findall(text)))
        masked = slotted(NAMES.sub(MASK, text)).text
        hasty = _POINTS.sub("", masked).lower().replace(MASK.lower(), MASK)
        found += [(one, questions.index(plain), names, number) for one in dict.fromkeys((masked, hasty))]
    texts, plain_numbers, names_of, sources = zip(*found, strict=True)
    return Wordings(list(texts), np.array(plain_numbers), np.array(names_of), np.array(sources), questions)


def read_asked(path: Path = ASKED) -> dict[str, list[str]]:
    """Wordings of each plain question."""
    parts = path.read_text(encoding="utf-8").removeprefix("# ").split("\n# ")
    return {plain: texts for plain, *texts in (part.strip().split("\n") for part in parts)}


def by_rules(rows: Mapping[str, Sequence[str]]) -> list[str]:
    """The wordings, `bare`, of some plain questions that the rules read as the plain question."""

    def sense(text: str) -> Question:
        return read_question(text.format(*_ANYBODY), _ANYBODY).sense

    asked = [(plain, text) for plain, texts in rows.items() for text in (plain, *texts)]
    known = [text for plain, text in asked if sense(text) == sense(plain)]
    return sorted({bare(slotted(NAMES.sub(MASK, text)).text) for text in known})


def learn(vectors: FloatArray, wordings: Wordings, some: NDArray[np.bool_]) -> Head:
    """The classifier out of some of the wordings [n]: multinomial logistic regression with a little decay.

    A wording competes with those plain questions only that name as many people. Questions with few wordings weigh
    more, by the root of how many there are.

    Args:
        vectors: [n, D].
        wordings: n of them.
        some: which to learn from.
    """
    from scipy.optimize import minimize

    x, y = vectors[some].astype(np.float64), wordings.plain[some]
    head = Head(wordings.questions, np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
    closed = np.where(np.stack([head.fits(int(n)) for n in wordings.names[some]]), 0.0, -np.inf)
    weight = np.bincount(y, minlength=len(wordings.questions))[y] ** -0.5
    weight *= np.where(y == wordings.questions.index(UNANSWERABLE), REFUSED, 1.0)
    weight, count, width = weight / weight.sum(), len(wordings.questions), x.shape[1]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w, b = flat[: count * width].reshape(count, width), flat[count * width :]
        logits = x @ w.T + b + closed
        logits -= logits.max(1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(1, keepdims=True)
        value = -float(weight @ np.log(chances[np.arange(len(y)), y])) + DECAY * float((w**2).sum())
        slope = chances * weight[:, None]
        slope[np.arange(len(y)), y] -= weight
        return value, np.concatenate([(slope.T @ x + 2 * DECAY * w).ravel(), slope.sum(0)])

    start = np.zeros(count * width + count)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300, "maxfun": 400}).x
    w, b = found[: count * width].reshape(count, width), found[count * width :]
    return Head(wordings.questions, w.astype(np.float32), b.astype(np.float32))


def measure(vectors: FloatArray, wordings: Wordings) -> dict[str, Any]:
    """What it does on wordings as they were written, each kept back once."""
    rng = np.random.default_rng(SEED)
    fold = rng.integers(FOLDS, size=int(wordings.source.max()) + 1)[wordings.source]
    first = np.diff(wordings.source, prepend=-1) > 0
    chances = np.zeros((len(fold), len(wordings.questions)), np.float32)
    for number in range(FOLDS):
        head = learn(vectors, wordings, fold != number)
        for i in np.flatnonzero((fold == number) & first):
            chances[i] = head.chances(vectors[i], int(wordings.names[i]))
    sure, told = chances[first].max(1), chances[first].argmax(1)
    right = told == wordings.plain[first]
    answered = told != wordings.questions.index(UNANSWERABLE)
    return {
        "wordings": int(first.sum()),
        "right": round(float(right.mean()), 3),
        **{f"from {at}": _share(sure >= at, right, answered) for at in (LIKELY, CERTAIN)},
    }


def _share(taken: NDArray[np.bool_], right: NDArray[np.bool_], answered: NDArray[np.bool_]) -> dict[str, float]:
    """Of wordings [n] how many are taken for something, how many of those rightly, and of what is answered."""
    shares = {"taken": taken.mean(), "right": right[taken].mean(), "answered right": right[taken & answered].mean()}
    return {name: round(float(share), 3) for name, share in shares.items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Learn, save, print the card."""
    from safetensors.numpy import save_file

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    card: dict[str, Any] = {"data": "wordings written for this", "by rules": by_rules(read_asked() | read_asked(LATER))}
    arrays: dict[str, NDArray[np.float16]] = {}
    for prefix, files in (("", (ASKED,)), ("later ", (ASKED, LATER))):
        wordings = read(*files)
        vectors = SentenceEncoder().encode(wordings.texts)
        head = learn(vectors, wordings, np.ones(len(vectors), bool))
        card |= {f"{prefix}plain": head.plain, f"{prefix}kept back": measure(vectors, wordings)}
        arrays |= {f"{prefix}weight": head.weight.astype(np.float16), f"{prefix}bias": head.bias.astype(np.float16)}
    save_file(arrays, args.out, {"card": json.dumps(card)})
    sys.stdout.write(json.dumps([card["kept back"], card["later kept back"]], indent=1) + "\n")


if __name__ == "__main__":
    main()
