"""Distances of vectors to what is asked for, by comparing with all; docs/adr/0054-index.md says why nothing approximate
stands here.

faiss and torch each bring an OpenMP runtime. Their loops don't run at once here, threads are set around every call of
faiss (`threads`), and on macOS, where two runtimes in one process can crash, faiss gets one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from pvchat import runtime
from pvchat.schemas import FloatArray


def distances(queries: FloatArray, vectors: FloatArray) -> FloatArray:
    """Euclidean distance of each vector [n, D] to the nearest query [Q, D]: [n]."""
    import faiss

    with threads():
        squares = faiss.pairwise_distances(np.ascontiguousarray(queries, np.float32), np.ascontiguousarray(vectors))
    return np.asarray(np.sqrt(np.maximum(squares.min(0), 0)))


@contextmanager
def threads() -> Iterator[None]:
    """Let faiss compute on so many threads meanwhile as networks do."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if sys.platform == "darwin" else runtime.threads())
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
