"""`pvchat backup | restore`: everything that this home knows in one file, and back."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_common
from pvchat.runtime import size

_SEALED = "With $PVCHAT_BACKUP_KEY (else $PVCHAT_KEY) set, nobody reads it without that passphrase."


def register(commands: Commands) -> None:
    """Add both commands."""
    text = "write people, library, rules and corrections to one file"
    parser = add_command(commands, "backup", text, "FOLDER|FILE [options]", _SEALED)
    parser.add_argument(
        "path", metavar="FOLDER|FILE", type=Path, help="a folder (the name gets the date) or a new file"
    )
    add_common(parser, _backup)
    note = "Stop what uses this home first. Cut off, it ends at the next command, or nothing was changed."
    parser = add_command(commands, "restore", "put a backup back", "FILE [options]", note)
    parser.add_argument("path", metavar="FILE", type=Path, help="that `pvchat backup` wrote")
    parser.add_argument("--force", action="store_true", help="in the place of the people and the library that are here")
    add_common(parser, _restore)


def _backup(args: argparse.Namespace) -> None:
    from pvchat.storage.backup import backup

    path, made = backup(args.path, _passphrase())
    count, sealed = path.stat().st_size, bool(_passphrase())
    row = {"path": str(path), "people": made.people, "files": len(made.files), "bytes": count, "sealed": sealed}
    lock = "sealed by your passphrase" if sealed else "readable by whoever has it"
    console.report(args, row, f"{made.people} people and what else is known: {path} ({size(count)}), {lock}.")


def _restore(args: argparse.Namespace) -> None:
    from pvchat.storage.backup import restore

    made = restore(args.path.expanduser(), _passphrase(), args.force)
    row = {"people": made.people, "files": len(made.files), "made": made.made}
    console.report(args, row, f"{made.people} people and what else was known on {made.made[:10]} are here again.")


def _passphrase() -> str:
    from pvchat.storage import backup, keys

    return os.environ.get(backup.VARIABLE) or os.environ.get(keys.VARIABLE, "")
