"""Nearest rows by Euclidean distance, by comparing with all (`faiss.knn` on the mapped vectors: no second copy).

In: queries and blocks of rows (memory-mapped). Out: distances and row ids, nearest first; docs/adr/0054-index.md says
why nothing approximate stands here.

faiss and torch each bring an OpenMP runtime. Their loops don't run at once here, threads are set around every call of
faiss (`threads`), and on macOS, where two runtimes in one process can crash, faiss gets one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from pvchat import runtime
from pvchat.index.entries import VectorRows
from pvchat.schemas import FloatArray, IntArray

Found = tuple[FloatArray, IntArray]


def exact(queries: FloatArray, blocks: Sequence[VectorRows], k: int) -> Found:
    """The k nearest of all rows.

    Args:
        queries: [Q, D].
        blocks: rows; may be memory-mapped.
        k: how many; fewer come back where there are fewer rows.

    Returns:
        Distances [Q, k] and ids [Q, k], nearest first.
    """
    import faiss

    queries = np.ascontiguousarray(queries, np.float32)
    found = [(np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64))]
    with threads():
        for block in blocks:
            if len(block.ids):
                squares, at = faiss.knn(queries, np.ascontiguousarray(block.vectors), min(k, len(block.ids)))
                found.append((squares, block.ids[at]))
    squares, ids = (np.concatenate(part, 1) for part in zip(*found, strict=True))
    order = np.argsort(squares, 1, kind="stable")[:, :k]
    squares, ids = np.take_along_axis(squares, order, 1), np.take_along_axis(ids, order, 1)
    return np.sqrt(np.maximum(squares, 0)), ids


@contextmanager
def threads(count: int | None = None) -> Iterator[None]:
    """Let faiss compute on so many threads meanwhile (default: `runtime.threads()`)."""
    import faiss

    count = 1 if sys.platform == "darwin" else count or runtime.threads()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
