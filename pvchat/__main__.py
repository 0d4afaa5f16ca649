"""The program `pvchat`, also `python -m pvchat`: starts the watchdog, runs the command line, ends the process.

In: `sys.argv`. Out: `cli/main.py`'s exit code.

Notable choices: Ctrl-C is caught from the first import on. A stopped program doesn't wait for threads that still
compute: Python's own exit would stop them inside a network's C++ code, and that aborts the process.
"""

from __future__ import annotations

import atexit
import io
import os
import sys
import threading
from contextlib import suppress

INTERRUPTED = 130


def main() -> int:
    """Run one command; returns its exit code, or ends the process with it where threads still run."""
    try:
        from pvchat import watchdog
        from pvchat.cli.main import main as run

        _fill_closed_streams()
        for name in ("stdout", "stderr"):  # closed ones (`>&-`) are None
            setattr(sys, name, getattr(sys, name) or open(os.devnull, "w"))  # noqa: SIM115
        # By a number of its own: while native code is silenced (`experts/networks.py`), who else speaks is heard
        raw = open(os.dup(2), "wb", buffering=0)  # noqa: SIM115 (what can't be written is dropped at once)
        sys.stderr = io.TextIOWrapper(raw, encoding=sys.stderr.encoding, line_buffering=True)
        watchdog.start()
        code = run()
    except SystemExit as end:  # wrong usage, SIGTERM
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except KeyboardInterrupt:  # in the first moments, or for the second time
        code = INTERRUPTED
    if code == INTERRUPTED or any(thread.daemon and thread.name != watchdog.THREAD for thread in threading.enumerate()):
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    return code


def _fill_closed_streams() -> None:
    """Open the null device in the place of closed standard streams (`>&-`).

    Else a file that is opened later would get the number of one, and what native code writes there.
    """
    while (spare := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(spare)


if __name__ == "__main__":
    sys.exit(main())
