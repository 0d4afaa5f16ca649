"""The sentence vector of the question that clips are read with, which ships beside the code.

    python -m recipes.model.asked --out pvchat/model/question.safetensors

In: MiniLM, downloaded. Out: the vector that `pvchat/model/deeds.py` reads, so that telling a deed loads no sentence
network. It is the shipped one to a rounding, which came out of a batch of texts. Run it anew when the network changes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from safetensors.numpy import save_file

from pvchat.model.deeds import CAPTION_QUESTION
from pvchat.model.sentences import SentenceEncoder


def main(words: Sequence[str] | None = None) -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    save_file({"vector": SentenceEncoder().encode([CAPTION_QUESTION])[0]}, parser.parse_args(words).out)


if __name__ == "__main__":
    main()
