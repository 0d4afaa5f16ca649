"""report.html: one self-contained page about a run, for people.

page.py arranges it: plots.py draws, gallery.py shows the worst failures.
"""

from __future__ import annotations

from pathlib import Path

from pvchat.eval.manifest import Manifest


def write(out: Path, manifest: Manifest, frames: bool) -> Path:
    """Write the report of a finished run; see `page.py`."""
    from pvchat.eval.report.page import write as write_page

    return write_page(out, manifest, frames)
