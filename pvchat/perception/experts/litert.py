"""Runner for LiteRT (TensorFlow Lite) networks on the CPU.

In: one float32 image batch. Out: the network's output arrays, in the order the file declares them. The C++ side prints
an INFO line to stderr when it creates its XNNPACK delegate; stderr is pointed at the null device for just that moment.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pvchat.assets.weights import member_path
from pvchat.schemas import FloatArray

_CREATING = threading.Lock()  # redirecting stderr is process-wide, so only one interpreter is created at a time
_LOADED: weakref.WeakSet[LiteNetwork] = weakref.WeakSet()  # all of this process


class LiteNetwork:
    """One network of MediaPipe's ("face_landmark.tflite"); raises WeightsError where it wasn't fetched yet.

    Calls are serialised, for an interpreter isn't thread-safe. It takes six times its file and hundredths of a second
    to make: while clips aren't looked at there is none.
    """

    def __init__(self, name: str) -> None:
        self._path = member_path("mediapipe", name)
        self._lock = threading.Lock()
        self._interpreter: Any = self._new_interpreter()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()
        _LOADED.add(self)

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the input image in pixels."""
        return int(self._input["shape"][1]), int(self._input["shape"][2])

    def __call__(self, image: FloatArray) -> list[FloatArray]:
        """Run one image [H, W, 3]; returns copies of all outputs, the leading batch dimension of 1 removed."""
        with self._lock:
            if self._interpreter is None:
                self._interpreter = self._new_interpreter()
            self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(image[None], np.float32))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(d["index"])[0] for d in self._outputs]

    def release_buffers(self) -> None:
        """Drop the interpreter until the next call."""
        with self._lock:
            self._interpreter = None

    def _new_interpreter(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        with _CREATING, _quiet_stderr():
            interpreter = Interpreter(str(self._path), num_threads=1)
            interpreter.allocate_tensors()
        return interpreter


def release_buffers() -> None:
    """Drop every network's interpreter."""
    for network in list(_LOADED):
        network.release_buffers()


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
