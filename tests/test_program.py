"""The program `pvchat` as a process: streams that are closed or full, threads at its end, a careless umask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from make_people import make_person, posix

from pvchat.people.store import PeopleStore
from pvchat.storage import temporary
from pvchat.video.copies import workspace

REPO = Path(__file__).parents[1]
PATH = {"PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'app'}"}
pytestmark = posix


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line in which `pvchat` is the program, run by the shell."""
    line = line.replace("pvchat", f"{sys.executable} -m pvchat", 1)
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, timeout=120, cwd=REPO, env={**os.environ, **PATH}
    )


@pytest.mark.parametrize("words", ["people list", "people list --json", "people show Ana", "people show Ana --json"])
def test_an_answer_that_cannot_be_written_is_an_error(words: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    PeopleStore().add(make_person("Ana"))
    done = shell(f"pvchat {words} > /dev/full")
    assert done.stderr.startswith("error: ")
    assert "No space left on device" in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("where", [">&-", "<&- >&-", ">&- 2>&-"])
def test_closed_streams_break_nothing(where: str) -> None:
    PeopleStore().add(make_person("Ana"))
    done = shell(f"pvchat people list {where}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("where", ["", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_gets_the_number_of_a_closed_stream(where: str, tmp_path: Path) -> None:
    code = f"""
import os
from pvchat import watchdog
from pvchat.__main__ import main
watchdog.start = lambda: os._exit(os.open({str(tmp_path / "file")!r}, os.O_CREAT | os.O_WRONLY))
main()
"""
    (tmp_path / "code.py").write_text(code)
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} {tmp_path / 'code.py'} {where}"], timeout=60, env={**os.environ, **PATH}
    )
    assert done.returncode >= 3  # the numbers of the standard streams are 0 to 2


@pytest.mark.parametrize("where", ["2>&-", "2> /dev/null", "2> /dev/full"])
def test_nobody_need_listen(where: str) -> None:
    PeopleStore().add(make_person("Ana"))
    done = shell(f"pvchat people list {where}")
    assert (done.returncode, done.stdout.count("Ana")) == (0, 1)
    assert shell(f"pvchat people show Eve {where}").returncode == 1


def test_what_is_said_while_native_code_is_silenced_is_heard() -> None:
    code = """
import os, sys
from pvchat.cli import console, main as cli
def silenced(_):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    console.say("the camera is gone")
    sys.exit()
cli.build_parser = silenced
from pvchat.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=REPO, env={**os.environ, **PATH}
    )
    assert done.stderr == "the camera is gone\n"


def test_threads_that_compute_are_not_waited_for() -> None:
    """Python's own end would stop them in the middle of C++, which aborts the process (−6), or would join them."""
    code = """
import sys, threading, time
from pvchat.cli import main as cli
def interrupted():
    threading.Thread(target=time.sleep, args=(100,)).start()
    raise KeyboardInterrupt
cli.build_parser = lambda _: interrupted()
from pvchat.__main__ import main
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=REPO, env={**os.environ, **PATH}
    )
    assert (done.returncode, done.stderr[:8]) == (130, "Stopped.")


def test_the_folder_of_temporary_files_is_private_whatever_the_umask(pvchat_home: Path) -> None:
    before = os.umask(0)
    try:
        with workspace() as folder:
            assert temporary.root().stat().st_mode & 0o777 == 0o700
            assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
