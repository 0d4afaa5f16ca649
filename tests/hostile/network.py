"""Network calls of `pvchat serve` and `eval`, as the system sees them: none leaves this machine. Real weights."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from make_clips import encode, grey_frames

from pvchat.assets import weights
from pvchat.eval.manifest import Item, Manifest, Subject, write

from . import WEIGHTS_HOME, Outcome

NONE = "none leaves this machine"
WAIT_S = 400
# By seccomp a process stops at these calls only, not at each one.
STRACE = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg")
# The addresses in what strace prints: sin_addr=inet_addr("1.2.3.4"), inet_pton(AF_INET6, "2001:db8::1", …
ADDRESS = re.compile(r'inet_(?:addr\("|pton\(AF_INET6, ")([^"]+)"')
LOCAL = re.compile(r"127\.|::1$|::ffff:127\.")


def run(home: Path) -> Iterator[Outcome]:
    """Both commands under strace."""
    _require(home)
    yield _outcome("serve: a page and an upload", *_serve(home))
    yield _outcome("eval", *_eval(home))


def _require(home: Path) -> None:
    """Skip where the system or this checkout lacks what it takes."""
    if not shutil.which("strace"):
        pytest.skip("strace isn't installed")
    if subprocess.run([*STRACE, "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace processes here")
    (home / "weights").symlink_to(WEIGHTS_HOME / "weights")
    if weights.missing():
        pytest.skip(f"the weights aren't in {WEIGHTS_HOME}: pvchat doctor --fetch")


def _traced(home: Path, *words: str) -> tuple[subprocess.Popen[str], Path]:
    trace = home / f"{words[0]}.trace"
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}  # as a user has it
    command = [*STRACE, "-o", str(trace), sys.executable, "-m", "pvchat", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=env, text=True, start_new_session=True, **pipes), trace


def _outcome(case: str, trace: Path, done: bool) -> Outcome:
    """Whether the command did its work, and where it called."""
    calls = trace.read_text(errors="replace").splitlines()
    abroad = [line for line in calls if any(not LOCAL.match(address) for address in ADDRESS.findall(line))]
    got = abroad[0].strip() if abroad else f"{NONE}, {len(calls)} calls" if done else "it didn't do its work"
    return Outcome(case, NONE, got, done and not abroad)


def _serve(home: Path) -> tuple[Path, bool]:
    child, trace = _traced(home, "serve", "--port", "0")
    try:
        assert child.stdout is not None
        url = next((found[0] for line in child.stdout if (found := re.search(r"http://127[^\s]+", line))), "")
        with httpx.Client(base_url=url.rstrip("/"), timeout=WAIT_S) as page:
            clip = encode(home / "grey.mp4", grey_frames())
            page.get("/").raise_for_status()
            page.post("/gradio_api/upload", files={"files": ("grey.mp4", clip.read_bytes())}).raise_for_status()
            people = page.post("/gradio_api/call/list_people", json={"data": []}).json()["event_id"]
            done = "complete" in page.get(f"/gradio_api/call/list_people/{people}").text
            time.sleep(5)  # whatever a start does later
    finally:
        os.killpg(child.pid, signal.SIGINT)  # strace itself doesn't hear it, and ends with what it traces
        child.wait(WAIT_S)
    return trace, done


def _eval(home: Path) -> tuple[Path, bool]:
    folder = home / "set"
    folder.mkdir()
    photo = pytest.importorskip("skimage.data", reason="no photo of a face: scikit-image").astronaut()
    clip = encode(folder / "her.mp4", (photo for _ in range(24)), fps=12).name
    item = Item("q-1", "made", clip, ("Ana",), "single", "existence", "Is Ana there?", "no", {"Ana": False})
    write(Manifest("made", folder, (Subject("Ana", clip, "made"),), (item,)), folder)
    out = home / "out"
    child, trace = _traced(home, "eval", str(folder), "--out", str(out))
    child.communicate(timeout=WAIT_S)
    return trace, (out / "metrics.json").is_file()
