"""Runner for LiteRT (TensorFlow Lite) networks on the CPU.

In: one float32 image batch. Out: the network's output arrays, in the order the file declares them. The C++ side prints
an INFO line to stderr when it creates its XNNPACK delegate; stderr is pointed at the null device for just that moment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pvchat.schemas import FloatArray

_CREATING = threading.Lock()  # redirecting stderr is process-wide, so only one interpreter is created at a time


def model_path(name: str, folder: Path | None = None) -> Path:
    """Where a MediaPipe `.tflite` lies.

    Args:
        name: file name, e.g. "pose_detection.tflite".
        folder: searched recursively when given; else the member that `pvchat.assets.weights` extracted.

    Raises:
        WeightsError: the weights were not fetched yet.
        FileNotFoundError: `folder` holds no such file.
    """
    if folder is None:
        from pvchat.assets.weights import member_path

        return member_path("mediapipe", name)
    for path in sorted(Path(folder).rglob(name)):
        return path
    raise FileNotFoundError(f"{name} is not under {folder}")


class Network:
    """One network; calls are serialised because an interpreter is not thread-safe."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with _CREATING, _quiet_stderr():
            self._interpreter = Interpreter(str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        self._lock = threading.Lock()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the input image in pixels."""
        return int(self._input["shape"][1]), int(self._input["shape"][2])

    def __call__(self, image: FloatArray) -> list[FloatArray]:
        """Run one image [H, W, 3]; returns copies of all outputs, the leading batch dimension of 1 removed."""
        with self._lock:
            self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(image[None], np.float32))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(d["index"])[0] for d in self._outputs]


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
