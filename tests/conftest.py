"""What every test gets: a home folder of its own, no network, few threads; the fixtures that many files use.

Files of quick tests come first, then those with slow ones, with the real weights, with a browser: see `KINDS`.

Tests marked `weights` see the real embedded weights: `$PVCHAT_TEST_WEIGHTS_HOME`, else the home folder in use outside
the tests (where `pvchat doctor --fetch --spoken` puts them). Where they are missing such a test is skipped and says so.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # each of the processes that run tests has a core
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest
from hypothesis import settings
from real_weights import WEIGHTS_HOME

if TYPE_CHECKING:
    from make_film import Experts
    from make_studio import Studio

    from pvchat import PVChat
    from pvchat.assets.packages import Weight

REPO = Path(__file__).parents[1]
SHARED = Path(os.environ.get("PVCHAT_SHARED") or REPO.parent / "shared").absolute()

settings.register_profile("repo", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("repo")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-help", action="store_true", help="write docs/help.md anew (tests/test_cli.py)")


# Of tests, in the order in which they are run: a file comes with the last kind of its tests.
KINDS = ("quick", "slow", "weights", "browser")


@pytest.hookimpl(tryfirst=True)  # before `-m` looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _kind(item) == "quick":
            item.add_marker("quick")
    _sort(items)
    marked = [item for item in items if item.get_closest_marker("weights")]
    if marked and (reason := _missing_weights()):
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=reason))


def _kind(item: pytest.Item) -> str:
    return next((kind for kind in reversed(KINDS) if item.get_closest_marker(kind)), "quick")


def _sort(items: list[pytest.Item]) -> None:
    """Order files by kind, and those of a kind by whether a test of theirs is slow, so that no long one is the last.

    In a file tests with a browser come last: while that is open no `asyncio.run` is possible.
    """
    places: dict[Path, tuple[int, bool]] = {}
    for item in items:
        place, no_slow = places.get(item.path, (0, True))
        kind = KINDS.index(_kind(item))
        places[item.path] = max(place, kind), no_slow and item.get_closest_marker("slow") is None
    items.sort(key=lambda item: (places[item.path], str(item.path), _kind(item) == "browser"))


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all tests' home folders: a folder of pytest's for each is found by a look at all others."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def pvchat_home(homes: Path, monkeypatch: pytest.MonkeyPatch, request: Any) -> Path:
    """A fresh `$PVCHAT_HOME`; for tests marked `weights` its weights folder is the real one."""
    folder = Path(tempfile.mkdtemp(dir=homes))
    monkeypatch.setenv("PVCHAT_HOME", str(folder))
    if request.node.get_closest_marker("weights"):
        (folder / "weights").symlink_to(WEIGHTS_HOME / "weights", target_is_directory=True)
    return folder


@pytest.fixture(autouse=True)
def _reads_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader's encoder is the real one, wherever `$PVCHAT_HOME` is: a question is read by it in most tests."""
    folders = sorted((WEIGHTS_HOME / "weights").glob("sentences-*"))
    if folders:
        monkeypatch.setattr("pvchat.chat.reader.network.encoder_folder", lambda: folders[-1])


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine can be reached: by sockets, by the hub client, by a pip in a subprocess."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # the discard port: nobody listens
    monkeypatch.setenv("PIP_RETRIES", "0")
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def local_only(call: Any) -> Any:
        def guarded(self: socket.socket, address: Any) -> Any:
            if self.family != getattr(socket, "AF_UNIX", None) and not _is_local(address[0]):
                raise OSError(f"tests have no network: {address}")
            return call(self, address)

        return guarded

    def local_names(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None and not _is_local(host):
            raise socket.gaierror(f"tests have no network: {host}")
        return resolve(host, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", local_only(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", local_only(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", local_names)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the development and training data beside the repository; the test is skipped without it."""
    if not SHARED.is_dir():
        pytest.skip(f"no data at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def weights_home() -> Path:
    """The home folder that holds the real weights (read only: tests never write there)."""
    if reason := _missing_weights():
        pytest.skip(reason)
    return WEIGHTS_HOME


@pytest.fixture(scope="module")
def demo_clips(weights_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The demo's clips, in a home folder with the real weights that a file's tests share."""
    from pvchat.assets import footage, packages, weights

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("demo")
        (folder / "weights").symlink_to(weights_home / "weights", target_is_directory=True)
        patch.setenv("PVCHAT_HOME", str(folder))
        if weights.missing(table=packages.table("footage")):
            pytest.skip("the demo's footage isn't here: run `pvchat doctor --fetch`")
        yield footage.build(folder / "clips")


def _is_local(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return name in ("localhost", "::1", "") or name.startswith("127.")


def _missing_weights() -> str:
    """Why tests of the real weights can't run; empty when they can."""
    from pvchat.assets import packages, weights

    before = os.environ.get("PVCHAT_HOME")
    os.environ["PVCHAT_HOME"] = str(WEIGHTS_HOME)
    try:
        gone = sorted({weight.role for weight in weights.missing(table=packages.table("embedded", "spoken"))})
    finally:
        if before is None:
            del os.environ["PVCHAT_HOME"]
        else:
            os.environ["PVCHAT_HOME"] = before
    if not gone:
        return ""
    mend = "run `pvchat doctor --fetch --spoken`, or set PVCHAT_TEST_WEIGHTS_HOME"
    return f"no weights for {', '.join(gone)} in {WEIGHTS_HOME}: {mend}"


# --- made-up people


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A studio in the place of everything that PVChat would load (see make_studio.py)."""
    from make_studio import open_studio

    return open_studio(tmp_path, monkeypatch)


@pytest.fixture
def chat(studio: Studio) -> PVChat:
    """PVChat with the studio's Ana and Ben enrolled."""
    from make_studio import open_chat

    return open_chat(studio)


# --- made-up packages of weights


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """An empty folder for wheels."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def row(wheels: Path) -> Weight:
    """The row of a small wheel that lies in `wheels`."""
    from make_packages import make_wheel

    return make_wheel(wheels)


@pytest.fixture
def pip_finds(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip takes packages from the folder `wheels` alone."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))


# --- a long video


@pytest.fixture
def long_video(tmp_path: Path) -> Path:
    """Forty seconds with three people, see make_film.py."""
    from make_film import write_film

    return write_film(tmp_path / "film.mp4")


@pytest.fixture
def experts(monkeypatch: pytest.MonkeyPatch) -> Experts:
    """Perfect ones for it, that note what they saw and measured."""
    from make_film import Experts

    return Experts(monkeypatch)
