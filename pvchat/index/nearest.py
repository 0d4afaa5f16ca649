"""Nearest rows by Euclidean distance: exactly by comparing with all, or approximately by an inverted file.

In: queries and blocks of rows (memory-mapped). Out: distances and row ids, nearest first.

Up to `FLAT_ROWS` rows everything is compared (`faiss.knn` on the mapped vectors: no second copy). Beyond, an inverted
file (IVF: Sivic and Zisserman, 2003; Jégou et al., 2011) with 8-bit codes names candidates and their exact vectors are
read from the mapped segments. How many of its lists a query visits is measured, not guessed: `build` raises the number
until the candidates hold `RECALL` of the true ten nearest of held-out queries, and the index keeps what it measured.

faiss and torch each bring an OpenMP runtime. Their loops don't run at once here, threads are set around every call of
faiss (`threads`), and on macOS, where two runtimes in one process can crash, faiss gets one thread.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat import runtime
from pvchat.index.entries import Rows, VideoIndexError
from pvchat.schemas import FloatArray, IntArray

if TYPE_CHECKING:
    import faiss

    from pvchat.index.manifest import InvertedFile

FLAT_ROWS = 100_000  # up to here all rows are compared: about 3 ms a query on one core (benchmarks/index.py)
RECALL = 0.98  # of the true ten nearest, that an approximate search must find
_SAMPLE = 64  # training rows a list, as faiss advises (39 to 256)
_QUERIES = 200  # held-out rows that recall is measured on
_NEAREST = 10
_OVERSAMPLE = 4  # candidates for each wanted row, whose exact distances are then computed
_NOISE = 0.25  # of a query from the row it is made of: two sightings of one face are about so far apart

Found = tuple[FloatArray, IntArray]


@dataclass
class Approximate:
    """An inverted file over rows below some id.

    Attributes:
        ivf: faiss index of 8-bit codes, by row id.
        below: all rows with ids below this are in it; later ones are compared one by one.
        probes: lists that a query visits.
        recall: of the ten nearest, measured when it was built.
    """

    ivf: faiss.IndexIVF
    below: int
    probes: int
    recall: float


def exact(queries: FloatArray, blocks: Sequence[Rows], k: int) -> Found:
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
    found: list[Found] = []
    with threads():
        for block in blocks:
            if len(block.ids):
                squares, at = faiss.knn(queries, np.ascontiguousarray(block.vectors), min(k, len(block.ids)))
                found.append((squares, block.ids[at]))
    return _nearest(found, len(queries), k)


def approximate(queries: FloatArray, blocks: Sequence[Rows], k: int, index: Approximate) -> Found:
    """The k nearest rows, up to the recall of the index; arguments and result as in `exact`."""
    import faiss

    queries = np.ascontiguousarray(queries, np.float32)
    with threads():
        options: Any = faiss.SearchParametersIVF(nprobe=index.probes)  # type: ignore[call-arg]  # the stub lacks it
        _, ids = index.ivf.search(queries, k * _OVERSAMPLE, params=options)
    found = [_measured(queries, blocks, ids)]
    late = [
        Rows(b.vectors[at:], b.ids[at:]) for b in blocks if (at := int(b.ids.searchsorted(index.below))) < len(b.ids)
    ]
    if late:
        distances, late_ids = exact(queries, late, k)
        found.append((np.square(distances), late_ids))
    return _nearest(found, len(queries), k)


def build(blocks: Sequence[Rows], seed: int = 0) -> Approximate:
    """Make an inverted file over all rows and measure how many lists give `RECALL`.

    Args:
        blocks: rows in ascending order of ids; may be memory-mapped.
        seed: of the training sample and the queries.
    """
    import faiss

    count, width = sum(len(b.ids) for b in blocks), blocks[0].vectors.shape[1]
    lists = max(1, int(np.sqrt(count)))
    generator = np.random.default_rng(seed)
    ivf = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatL2(width), width, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_L2
    )
    ivf.cp.seed, ivf.cp.min_points_per_centroid = seed + 1, 1
    with threads():
        ivf.train(sample(blocks, min(count, lists * _SAMPLE), generator))
    made = Approximate(ivf, 0, 1, 0.0)
    extend(made, blocks)
    _tune(made, blocks, generator)
    return made


def extend(index: Approximate, blocks: Sequence[Rows]) -> None:
    """Take the rows that came later into the inverted file, without training it anew."""
    with threads():
        for block in blocks:
            at = int(block.ids.searchsorted(index.below))
            if at < len(block.ids):
                index.ivf.add_with_ids(np.ascontiguousarray(block.vectors[at:]), np.ascontiguousarray(block.ids[at:]))
    index.below = max([index.below, *(int(b.ids[-1]) + 1 for b in blocks if len(b.ids))])


def remove(index: Approximate, ids: IntArray) -> None:
    """Take rows out of the inverted file: their codes are gone from what `to_bytes` gives."""
    import faiss

    with threads():
        index.ivf.remove_ids(faiss.IDSelectorBatch(np.ascontiguousarray(ids, np.int64)))


def to_bytes(index: Approximate) -> bytes:
    """The inverted file in faiss's own format."""
    import faiss

    return faiss.serialize_index(index.ivf).tobytes()


def from_file(path: Path, row: InvertedFile, *, mapped: bool = True) -> Approximate:
    """Open an inverted file.

    Args:
        path: of the file.
        row: what the manifest says of it.
        mapped: leave the lists on the disk and map them; such an index can't be changed.

    Raises:
        FileNotFoundError: there is no such file.
        VideoIndexError: it is damaged.
    """
    import faiss

    if path.stat().st_size != row.bytes:  # reading a mapped file that was cut off would kill the process
        raise _damaged(path)
    # faiss has no memory-mapped lists on Windows
    flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY if mapped and os.name != "nt" else 0
    try:
        ivf = faiss.read_index(str(path), flags)
    except RuntimeError as error:
        raise _damaged(path) from error
    if not isinstance(ivf, faiss.IndexIVF):
        raise _damaged(path)
    return Approximate(ivf, row.below, row.probes, row.recall)


def sample(blocks: Sequence[Rows], count: int, generator: np.random.Generator) -> FloatArray:
    """[count, D] rows drawn without replacement."""
    sizes = np.cumsum([len(b.ids) for b in blocks])
    drawn = np.sort(generator.choice(sizes[-1], min(count, int(sizes[-1])), replace=False))
    starts = np.concatenate([[0], sizes[:-1]])
    parts = [
        b.vectors[drawn[(drawn >= start) & (drawn < end)] - start]
        for b, start, end in zip(blocks, starts, sizes, strict=True)
    ]
    return np.concatenate(parts).astype(np.float32)


def recall(found: IntArray, truth: IntArray) -> float:
    """Mean share of the true nearest [Q, k] that are among those found [Q, k]; -1 stands for none."""
    both = [len(set(f[f >= 0]) & set(t[t >= 0])) / max(1, (t >= 0).sum()) for f, t in zip(found, truth, strict=True)]
    return float(np.mean(both)) if both else 0.0


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


def _damaged(path: Path) -> VideoIndexError:
    return VideoIndexError("the inverted file is damaged.", subject=str(path), hint="Build the index again.")


def _tune(index: Approximate, blocks: Sequence[Rows], generator: np.random.Generator) -> None:
    """Visit twice as many lists until the recall is reached."""
    queries = sample(blocks, _QUERIES, generator)
    spread = generator.standard_normal(queries.shape).astype(np.float32)
    queries = queries + _NOISE * spread / np.linalg.norm(spread, axis=1, keepdims=True)
    _, truth = exact(queries, blocks, _NEAREST)
    while True:
        _, found = approximate(queries, blocks, _NEAREST, index)
        index.recall = recall(found, truth)
        if index.recall >= RECALL or index.probes >= index.ivf.nlist:
            return
        index.probes = min(2 * index.probes, index.ivf.nlist)


def _measured(queries: FloatArray, blocks: Sequence[Rows], ids: IntArray) -> Found:
    """Exact squared distances [Q, n] of candidates [Q, n]; those that are no rows any more get an infinite one."""
    squares = np.full(ids.shape, np.inf, np.float32)
    for block in blocks:
        if not len(block.ids):
            continue
        at = np.minimum(block.ids.searchsorted(ids), len(block.ids) - 1)
        mine = block.ids[at] == ids
        query, _ = np.nonzero(mine)
        squares[mine] = np.square(queries[query] - block.vectors[at[mine]]).sum(1)
    return squares, np.where(np.isinf(squares), -1, ids)


def _nearest(found: Sequence[Found], count: int, k: int) -> Found:
    """The k smallest of several results [Q, n] with squared distances; distances come out."""
    if not found:
        return np.zeros((count, 0), np.float32), np.zeros((count, 0), np.int64)
    squares, ids = (np.concatenate(part, 1) for part in zip(*found, strict=True))
    order = np.argsort(squares, 1, kind="stable")[:, :k]
    squares, ids = np.take_along_axis(squares, order, 1), np.take_along_axis(ids, order, 1)
    return np.sqrt(np.maximum(squares, 0)).astype(np.float32), ids.astype(np.int64)
