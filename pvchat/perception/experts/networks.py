"""How frozen networks are loaded and run: by OpenVINO on the CPU, small ones of MediaPipe's by LiteRT; on other devices
PyTorch runs those it defines.

In: a name, weight files, a function that builds the torch module. Out: a callable, an array in, float32 arrays out.

Notable choices (docs/adr/0014-fast-runtime.md):
- A network is converted once, after its weights are fetched or at first use, and kept beside them, in
  `$PVCHAT_HOME/weights/networks/<name>-<hash of weights and FORMAT>`: later processes neither import torch nor trace.
- Arithmetic is float32, also where the runtimes would take less: else identity vectors would depend on the machine.
- A large network computes on all threads; with small ones, called a hundred times a frame, frames are looked at
  `in_parallel`, each on one thread.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pvchat.assets.weights import member_path
from pvchat.config import home
from pvchat.memory import trim, unread
from pvchat.runtime import own_threads
from pvchat.schemas import FloatArray, Progress

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)

_FILE = "network.xml"  # of a converted network, in a folder that is whole or not there
NAMES = (
    "pnet", "rnet", "onet", "identity", "efficientnet-lite0", "efficientnet-lite0-middle",
    "efficientnet-lite0-clothes", "things", "pose", "hands", "faceprints",  # the experts'
    "sentences", "connecting", "looking",  # what answers are chosen with
)  # fmt: skip
FORMAT = 1  # of what the builders return: one more when a module, its input or its outputs change
_EXAMPLE = 64  # of a free side while a module is traced: pixels, tokens
_COMPILING = threading.Lock()
# Held while OpenVINO starts. Its first `Type.to_dtype` fills a table that C++ guards by a lock of its own; a second
# thread that comes meanwhile waits for that lock and keeps Python's, which the first one needs: both wait for ever.
_STARTING = threading.Lock()
_CREATING = threading.Lock()  # redirecting stderr is process-wide, so only one LiteRT interpreter is created at a time
_LOADED: weakref.WeakSet[_OpenVinoNetwork | LiteNetwork] = weakref.WeakSet()  # all of this process

_THREAD = threading.local()  # `.inside` in the threads that work for `in_parallel`

Thing = TypeVar("Thing")
Made = TypeVar("Made")
Network = Callable[..., list[FloatArray]]  # of as many arrays as it has inputs


@dataclass(frozen=True)
class Input:
    """One input of a network."""

    shape: tuple[int, ...]  # -1 where any size may come
    dtype: str = "float32"  # a name that numpy and torch share
    sizes: tuple[int, ...] = ()  # the shape that this one will get, where it is narrower: fixed sides are faster


def load(
    name: str,
    weights: Path,
    build: Callable[[Path], nn.Module],
    *inputs: Input,
    variant: str = "",
    device: str = "cpu",
    small: bool = False,
) -> Network:
    """A frozen network: `build` makes its torch module, preprocessing included, of the file `weights`.

    `name`: of the folder of its conversion; `variant`: whatever else that depends on; `device`: on another than "cpu"
    torch runs the module; `small`: it computes on one thread, and as many calls at once as there are threads; else each
    on all of them.
    """
    if device != "cpu":
        return TorchNetwork(build(weights), device)
    kind = " ".join([variant, *(f"{one.shape} {one.dtype}" for one in inputs)]).lstrip()
    model = _converted(name, weights, kind, lambda: _convert(build(weights), inputs))
    if any(one.sizes for one in inputs):
        model.reshape({number: list(one.sizes or one.shape) for number, one in enumerate(inputs)})
    return _OpenVinoNetwork(model, small)


def load_graph(
    name: str,
    graph: Path,
    start: str,
    shape: tuple[int, ...],
    ends: tuple[str, ...],
    narrow: Callable[[Any], None] | None = None,
) -> Network:
    """A part of a frozen TensorFlow graph (`.pb`) as a network on the CPU.

    It is called with what the operation `start` puts out, float32 of this shape, and returns what those of `ends` do;
    `narrow` takes out of the runtime's model what this network is to do without.
    """

    def subgraph() -> Any:
        openvino = _openvino()
        operations = {op.get_friendly_name(): op for op in _core().read_model(str(graph)).get_ops()}
        parameter = openvino.opset13.parameter(list(shape), np.float32)
        for target in list(operations[start].output(0).get_target_inputs()):
            target.replace_source_output(parameter.output(0))
        return openvino.Model([operations[name].output(0) for name in ends], [parameter])

    model = _converted(name, graph, f"{start} {shape} {ends}", subgraph)
    if narrow is not None:
        narrow(model)
    return _OpenVinoNetwork(model)


def load_file(name: str, file: Path, shape: tuple[int, ...] = ()) -> Network:
    """A small network out of an `.onnx` or a `.tflite` file, called with one float32 array of `shape`, or of its own.

    A `.tflite` file that OpenVINO doesn't run clearly faster is a `LiteNetwork`: LiteRT converts nothing, loads faster.
    """
    model = _converted(name, file, "", lambda: _core().read_model(str(file)))
    if shape:
        model.reshape(list(shape))
    return _OpenVinoNetwork(model, small=True)


def built(build: Callable[..., Any]) -> Callable[..., Network]:
    """Decorates `build(openvino, *values)`, which makes a model of the runtime's own operations: called with the values
    alone, it gives a small network, made once for the same values.
    """
    return cache(lambda *asked: _OpenVinoNetwork(build(_openvino(), *asked), small=True))


def in_batches(network: Network, rows: NDArray[Any], most: int) -> list[FloatArray]:
    """All outputs for `rows` [n, …], n >= 1, in batches of at most `most`, a power of two.

    Every batch is as large as one: OpenVINO prepares itself anew for every size that it hasn't met.
    """
    found, start = [], 0
    while start < len(rows):
        size = min(most, 1 << ((len(rows) - start).bit_length() - 1))
        found.append(network(rows[start : start + size]))
        start += size
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


class TorchNetwork:
    """A module as a network, run by torch on a device."""

    def __init__(self, module: nn.Module, device: str) -> None:
        if device.startswith("cuda"):
            import torch

            torch.backends.cudnn.allow_tf32 = False  # of convolutions; torch takes none for products of matrices
        self._module, self._device = module.eval().to(device), device

    def __call__(self, *inputs: NDArray[Any]) -> list[FloatArray]:
        import torch

        with torch.inference_mode():
            out = self._module(*(torch.tensor(one, device=self._device) for one in inputs))
        return [o.float().cpu().numpy() for o in (out if isinstance(out, tuple) else (out,))]


class _OpenVinoNetwork:
    """A compiled network with as many requests as were needed at once, each with buffers between the layers."""

    def __init__(self, model: Any, small: bool = False) -> None:
        count = own_threads()
        streams = count if small else 1
        options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": count, "NUM_STREAMS": streams}
        with _COMPILING:
            self._compiled = _core().compile_model(model, "CPU", options)
        unread(home() / "weights")  # compiling read all of it
        self._fresh = True
        self._free: list[Any] = []
        self._busy = 0
        self._lock = threading.Lock()
        _LOADED.add(self)

    def __call__(self, *inputs: NDArray[Any]) -> list[FloatArray]:
        with self._lock:
            request = self._free.pop() if self._free else self._compiled.create_infer_request()
            self._busy += 1
        try:
            out = request.infer([np.ascontiguousarray(one) for one in inputs], share_inputs=True)
            return list(out.to_tuple())
        finally:
            with self._lock:
                self._free.append(request)
                self._busy -= 1
                fresh, self._fresh = self._fresh, False
            if fresh:  # what is brought into the runtime's own layout at the first call won't be read again
                unread(home() / "weights")

    def release_buffers(self) -> None:
        """Free the buffers between the layers until the next call, unless one runs."""
        with self._lock:
            if not self._busy:
                self._compiled.release_memory()


class LiteNetwork:
    """One network of MediaPipe's ("face_landmark.tflite"); raises WeightsError where it wasn't fetched yet.

    An interpreter isn't thread-safe. It takes several times its file in memory, and hardly any time to make.
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

        # The C++ side prints a line to stderr when it creates its delegate: for just that moment it is the null device.
        with _CREATING:
            saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(null, 2)
                interpreter = Interpreter(str(self._path), num_threads=1)
                interpreter.allocate_tensors()
                return interpreter
            finally:
                os.dup2(saved, 2)
                os.close(saved)
                os.close(null)


def release_buffers() -> None:
    """Free what every network needs only while it computes, its file's pages too, which are read once."""
    for network in list(_LOADED):
        network.release_buffers()
    unread(home() / "weights")
    trim()


def _openvino() -> Any:
    """The package, and what it sets up at first use set up by one thread while the others wait (see `_STARTING`)."""
    with _STARTING:
        if "openvino" not in sys.modules:  # its first import would send a report to its maker's statistics
            sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # its documented stub
        import openvino

        openvino.Type.f32.to_dtype()  # what two threads must not do first at the same time
        return openvino


@cache
def _core() -> Any:
    return _openvino().Core()


def _converted(name: str, weights: Path, variant: str, convert: Callable[[], Any]) -> Any:
    """The converted network: from the home folder, else converted now and put there; each `variant` has its own."""
    digest = hashlib.sha256(f"{FORMAT} {name} {variant} ".encode())
    with weights.open("rb") as file:
        hashlib.file_digest(file, lambda: digest)
    folder = home() / "weights" / "networks" / f"{name}-{digest.hexdigest()[:16]}"
    if (folder / _FILE).is_file():
        try:
            return _core().read_model(str(folder / _FILE))
        except RuntimeError:  # a file is cut short or gone
            log.warning("the converted network %s is damaged and will be made anew", folder.name)
            shutil.rmtree(folder, ignore_errors=True)
    model = convert()
    try:
        _save_whole(folder, lambda path: _openvino().save_model(model, str(path), compress_to_fp16=False))
    except OSError as error:  # a full or read-only disk: the next process converts again
        log.warning("the converted network %s can't be kept: %s", name, error)
    return model


def _save_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` write a network beside its folder, then rename: a folder that is there is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        write(work / _FILE)
        os.replace(work, folder)
    except OSError:
        if not (folder / _FILE).is_file():  # else another process was first
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def need_conversion() -> bool:
    """Whether networks are still to be converted; not where nothing can be kept, or there are no weights."""
    root = home() / "weights" / "networks"
    if not os.access(root if root.is_dir() else root.parent, os.W_OK):
        return False
    kept = {folder.name.rpartition("-")[0] for folder in root.iterdir()} if root.is_dir() else set()
    return not kept.issuperset(NAMES)


def _convert(module: nn.Module, inputs: Sequence[Input]) -> Any:
    import torch

    examples = []
    for one in inputs:
        sizes = [(2 if i == 0 else _EXAMPLE) if n < 0 else n for i, n in enumerate(one.shape)]
        examples.append(torch.zeros(sizes, dtype=getattr(torch, one.dtype)))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of tracing, about sides that are fixed here
        model = _openvino().convert_model(module.eval(), example_input=tuple(examples))
    shapes = [_openvino().PartialShape(list(one.shape)) for one in inputs]
    model.reshape(dict(zip(model.inputs, shapes, strict=True)))
    return model


def in_parallel(make: Callable[[Thing], Made], things: Iterable[Thing]) -> list[Made]:
    """`make` of each thing, in order, in `own_threads()` threads; after an error none is begun any more.

    What one of them calls in turn stays in its thread. So many calls at once take so many times a network's buffers.
    """
    todo, count = list(things), own_threads()
    if len(todo) < 2 or count < 2 or getattr(_THREAD, "inside", False):
        return [make(thing) for thing in todo]
    jobs = [_thread_pool(count).submit(make, thing) for thing in todo]
    try:
        wait(jobs, return_when=FIRST_EXCEPTION)
    finally:
        for job in jobs:
            job.cancel()
        wait(jobs)
    return [job.result() for job in jobs if not job.cancelled()]  # the first error, if there was one


def thread_safe(progress: Progress | None) -> Progress:
    """A progress that several threads may report: one call at a time, and one that comes late is left out."""
    lock, last = threading.Lock(), dict[str, float]()

    def report(what: str, done: float, total: float) -> None:
        with lock:
            if progress is not None and done >= last.get(what, 0.0):
                last[what] = done
                progress(what, done, total)

    return report


@cache
def _thread_pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "networks", initializer=lambda: setattr(_THREAD, "inside", True))
