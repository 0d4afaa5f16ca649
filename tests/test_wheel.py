"""A built wheel in an environment of its own: it brings `pvchat` and `pvchat_app` with their data, and no `app`.

The source archive beside it has the rest.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
START_S = 120.0  # of a server on a busy machine
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, and the source archive beside it, built by the backend of pyproject.toml, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(folder)]
    done = subprocess.run(words, cwd=REPO, env=_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a new environment with the wheel; what it depends on is borrowed from this one."""
    root = tmp_path_factory.mktemp("venv")
    venv.create(root, with_pip=False)
    folder = Path(sysconfig.get_path("scripts", "venv", {"base": str(root), "platbase": str(root)}))
    words = ["-m", "pip", "--python", str(folder / "python"), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, *words], env=_environment(), check=True)
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(root), "platbase": str(root)}))
    borrowed = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (own / "borrowed.pth").write_text("\n".join(borrowed) + "\n")  # after its own; an editable install isn't followed
    return folder


@pytest.fixture(scope="module")
def held() -> set[str]:
    """All files that git holds and that are here."""
    listed = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True).stdout.splitlines()
    return {name for name in listed if (REPO / name).is_file()}


def test_the_source_archive_has_all_that_a_rerun_takes(wheel: Path, held: set[str]) -> None:
    """Benchmarks, recipes and tests, too."""
    (archive,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert held <= names


def test_the_wheel_owns_two_modules_and_their_data(wheel: Path, held: set[str]) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"pvchat", "pvchat_app"}
    assert not [name for name in names if re.search(r"(^|/)(recipes|research|benchmarks|tests)/", name)]
    assert {name.removeprefix("app/") for name in held if name.startswith(("pvchat/", "app/pvchat_app/"))} <= set(names)
    assert {"pvchat/cli/main.py", "pvchat_app/style.css", "pvchat/identity/presence.safetensors"} <= set(names)


def test_modules_come_from_the_wheel_and_there_is_no_app(installed: Path, tmp_path: Path) -> None:
    code = "import json, pvchat, pvchat_app; print(json.dumps([pvchat.__file__, pvchat_app.__file__]))"
    for file in json.loads(_run(installed / "python", "-c", code, cwd=tmp_path)):
        assert Path(file).is_relative_to(installed.parent)
    with pytest.raises(AssertionError, match="No module named 'app'"):
        _run(installed / "python", "-c", "import app", cwd=tmp_path)


def test_commands_run_from_it(installed: Path, tmp_path: Path) -> None:
    assert "usage: pvchat demo" in _run(installed / "pvchat", "demo", "--help", cwd=tmp_path)
    told = json.loads(_run(installed / "pvchat", "doctor", "--json", cwd=tmp_path, code=1))  # nothing is fetched
    assert told["home"]
    assert json.loads(_run(installed / "pvchat", "models", "--json", cwd=tmp_path))
    told = _run(
        installed / "python", "-c", "from pvchat.bases.models import find; print(find('embedded'))", cwd=tmp_path
    )
    assert Path(told.strip()).is_relative_to(installed.parent)


@pytest.mark.weights
def test_it_serves_the_app(installed: Path, tmp_path: Path) -> None:
    """On a free port, in a home without people; a SIGTERM ends it in order."""
    with _serving(installed, tmp_path) as (server, address):
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.status == 200
            assert "gradio" in answer.read().decode()
        with urllib.request.urlopen(f"{address}/config", timeout=60) as answer:
            told = json.load(answer)
        assert told["title"] == "PVChat"
        tabs = {f"pv-tab-{name}" for name in ("enroll", "chat", "people", "evaluate")}
        assert tabs <= {part["props"].get("elem_id") for part in told["components"]}
        with urllib.request.urlopen(f"{address}/gradio_api/heartbeat/abc", timeout=60) as page:
            assert page.readline()  # a page is open: no reason to wait, nor to complain
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0
    assert "ERROR" not in (tmp_path / "log").read_text()


@pytest.mark.weights
@pytest.mark.parametrize("after_s", [0.3, 0.6, 1.0])
def test_it_ends_in_order_while_it_loads(installed: Path, tmp_path: Path, after_s: float) -> None:
    """Python's end stops a thread that is inside a network's C++, and the program then aborts (-6)."""
    with _serving(installed, tmp_path) as (server, _):
        time.sleep(after_s)
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0


@contextmanager
def _serving(installed: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of the installed wheel and the address that it says."""
    words = [str(installed / "pvchat"), "serve", "--port", "0", "--device", "cpu"]
    log = folder / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(words, cwd=folder, env=_environment(), stdout=stream, stderr=stream, text=True)
    try:
        yield server, _address(server, log)
    finally:
        server.kill()
        server.wait()


def _address(server: subprocess.Popen[str], log: Path) -> str:
    end = START_S
    while end > 0:
        if found := re.search(r"PVChat is at (http://127\.0\.0\.1:\d+)", log.read_text()):
            return found.group(1)
        try:
            code = server.wait(0.2)
        except subprocess.TimeoutExpired:
            end -= 0.2
            continue
        pytest.fail(f"it ended with {code}: {log.read_text()}")
    return pytest.fail(f"it says no address: {log.read_text()}")


def _run(program: Path, *words: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run([str(program), *words], cwd=cwd, env=_environment(), capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout


def _environment() -> dict[str, str]:
    """Of a program that mustn't see this checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
