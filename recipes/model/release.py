"""A trained model as it ships: `python -m recipes.model.release --model runs/a --language runs/b --out FOLDER`.

In: a run of base training (its best checkpoint), and the run that trained through the language model when the last one
did without. Out: `config.json` and bf16 `model.safetensors`, at most MOST_MB; with a run of phase 4 also its adapters
and projectors in 8 bits, and how it matches people, as `answering.safetensors`: they are exchanged for the model's
own while it answers, so captions stay. Of several runs of phase 4 it is the mean: two ends of training that start from
one place are often better together (model soups, arXiv 2203.05482).

Where the last run left everything that words are made of frozen, adapters and projectors may be taken from the
generation run, after a check that nothing they rest on has moved.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from pvchat.bases.models import trained_folder
from pvchat.errors import WeightsError
from pvchat.model.checkpoint import LLM_PARTS, PRINTS, SCALE
from pvchat.model.config import ANSWERING, CONFIG, WEIGHTS
from recipes.model.base.eightbit import rounded

MOST_MB = 60.0  # of the 80 that all shipped weights may have (docs/weights.md)
HEARD = f"{PRINTS}heard"
WORDS = ("connectors.connectors.frame.", "connectors.connectors.body.", "connectors.place.", "qformer.", "gate.")


def main(words: Sequence[str] | None = None) -> None:
    """Release with command-line words."""
    parser = argparse.ArgumentParser(prog="python -m recipes.model.release", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the last run")
    parser.add_argument("--language", type=Path, help="the run that trained through the language model")
    parser.add_argument(
        "--answering", type=Path, nargs="+", default=(), help="runs of phase 4 that started from that model"
    )
    meaning = "what log-odds of presence are multiplied by, then lessened by, before the language model reads them"
    parser.add_argument("--presence-scale", type=float, nargs=2, metavar=("TIMES", "LESS"), help=meaning)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(words)
    release(asked.model, asked.out, asked.language, asked.answering, asked.presence_scale)


def release(
    model: Path,
    out: Path,
    language: Path | None = None,
    answering: Sequence[Path] = (),
    presence_scale: Sequence[float] | None = None,
) -> Path:
    """Write the shipped form of a trained model.

    Args:
        model: run or saved model.
        out: folder to write.
        language: run or saved model whose adapters and projectors are taken; None when `model` has its own.
        answering: runs or saved models of phase 4, the mean of whose adapters and projectors is laid beside it.
        presence_scale: [2] what log-odds of presence are multiplied by, then lessened by; None: as they were trained.

    Returns:
        The weights' path.

    Raises:
        WeightsError: the two don't fit each other, or the result is too large.
    """
    from safetensors.torch import load_file, save_file

    folder = trained_folder(model)
    state, config = load_file(folder / WEIGHTS), json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if language is not None:
        other = trained_folder(language)
        state |= _language_parts(state, load_file(other / WEIGHTS), str(language))
        config["llm"] = json.loads((other / CONFIG).read_text(encoding="utf-8"))["llm"]
    shipped = {k: v.to(torch.bfloat16) if v.dim() else v for k, v in state.items()}
    spoken = _mean([_words(state, run) for run in answering])
    if spoken and presence_scale is not None:
        spoken[HEARD] = torch.tensor(presence_scale)
    spoken_size = sum(v.numel() for v in spoken.values())  # a byte an entry
    size = (sum(v.numel() * v.element_size() for v in shipped.values()) + spoken_size) / 1e6
    if size > MOST_MB:
        raise WeightsError(f"{size:.0f} MB are too much to ship", subject=str(folder), hint=f"At most {MOST_MB:.0f}.")
    out.mkdir(parents=True, exist_ok=True)
    save_file(shipped, out / WEIGHTS)
    if spoken:
        save_words(spoken, out / ANSWERING)
    (out / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return out / WEIGHTS


def save_words(words: dict[str, Tensor], file: Path) -> None:
    """Write what `words_of` gives small: matrices in 8 bits with a scale a row, vectors in bf16."""
    from safetensors.torch import save_file

    state: dict[str, Tensor] = {}
    for key, value in words.items():
        if value.dim() == 2:
            state[key], scale = rounded(value.float())
            state[key + SCALE] = scale.to(torch.bfloat16)
        else:
            state[key] = value.to(torch.bfloat16)
    save_file({key: value.contiguous().cpu() for key, value in state.items()}, file)


def _words(state: dict[str, Tensor], folder: Path) -> dict[str, Tensor]:
    """What a run of phase 4 trained; and how it hears presence."""
    from safetensors.torch import load_file

    run = load_file(trained_folder(folder) / WEIGHTS)
    return _language_parts(state, run, str(folder)) | {HEARD: run[HEARD]}


def _mean(runs: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Each tensor's mean over runs; nothing of no run."""
    if len({frozenset(run) for run in runs}) > 1:
        raise WeightsError("these runs of phase 4 didn't train the same", hint="Give ends of one training.")
    return {key: torch.stack([run[key].float() for run in runs]).mean(0) for run in runs[:1] for key in run}


def _language_parts(state: dict[str, Tensor], other: dict[str, Tensor], subject: str) -> dict[str, Tensor]:
    """Adapters and projectors of another run, which must share everything that words are made of."""
    moved = [
        k
        for k in other
        if k.startswith(WORDS) and (k not in state or not torch.equal(other[k].float(), state[k].float()))
    ]
    if moved:
        raise WeightsError(
            f"{len(moved)} tensors differ between the two, the first is {moved[0]}",
            subject=subject,
            hint="Train the last phase with --only aligner.",
        )
    return {k: v for k, v in other.items() if k.startswith(LLM_PARTS)}


if __name__ == "__main__":
    main()
