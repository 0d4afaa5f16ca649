"""`pvchat encrypt | decrypt | backup | restore`: all that this home knows, sealed where it lies, and in one file.

An interrupted `encrypt` or `decrypt` goes on when either is repeated.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command
from pvchat.errors import SettingsError
from pvchat.runtime import ProgressDisplay, size

_PLAIN = "Not encrypted: videos, older backups, evaluations, exports. If pvchat serve runs, start it anew."


def register(commands: Commands) -> None:
    """Add the four commands."""
    text = "let nobody read people, analysed clips and the library on this disk without a passphrase"
    add_command(commands, "encrypt", text, _encrypt)
    add_command(commands, "decrypt", "undo `pvchat encrypt`", _decrypt)
    text = "write people, library, rules and corrections to one file"
    note = "Of an encrypted home it opens with that home's passphrase; of a plain one whoever has it can read it."
    parser = add_command(commands, "backup", text, _backup, "FOLDER|FILE", note=note)
    meaning = "a folder (the name gets the date) or a new file"
    parser.add_argument("path", metavar="FOLDER|FILE", type=Path, help=meaning)
    note = "Stop what uses this home first. Nobody may be enrolled here yet. Cut off, repeat it."
    parser = add_command(commands, "restore", "put a backup into an empty home", _restore, "FILE", note=note)
    parser.add_argument("path", metavar="FILE", type=Path, help="that `pvchat backup` wrote")


def _encrypt(args: argparse.Namespace) -> None:
    from pvchat.storage import conversion, keys

    if keys.exists():
        where = "the passphrase that it was encrypted with"
    elif passphrase := os.environ.get(keys.VARIABLE):
        keys.create(passphrase)
        where = keys.VARIABLE
    else:
        hint = f"Set {keys.VARIABLE}."
        raise SettingsError("there is no passphrase to encrypt with.", subject="encrypt", hint=hint)
    with ProgressDisplay() as progress:
        count = conversion.encrypt(progress)
    sentence = f"{count} files are encrypted now. The key is {where}: without it nobody is known here any more."
    console.report(args, {"converted": count, "encrypted": True}, f"{sentence} {_PLAIN}")


def _decrypt(args: argparse.Namespace) -> None:
    from pvchat.storage import conversion, keys

    with ProgressDisplay() as progress:
        count = conversion.decrypt(progress)
    sentence = f"{count} files are plain now."
    if os.environ.get(keys.VARIABLE):
        sentence += f" Unset {keys.VARIABLE}: as long as it is set, what is written next is encrypted anew."
    console.report(args, {"converted": count, "encrypted": False}, sentence)


def _backup(args: argparse.Namespace) -> None:
    from pvchat.storage import keys
    from pvchat.storage.backup import backup

    path, made = backup(args.path)
    count, sealed = path.stat().st_size, keys.exists()
    row = {"path": str(path), "people": made.people, "files": len(made.files), "bytes": count, "sealed": sealed}
    lock = "encrypted as this home is" if sealed else "readable by whoever has it"
    console.report(args, row, f"{made.people} people and what else is known: {path} ({size(count)}), {lock}.")


def _restore(args: argparse.Namespace) -> None:
    from pvchat.storage.backup import restore

    made = restore(args.path.expanduser())
    row = {"people": made.people, "files": len(made.files), "made": made.made}
    console.report(args, row, f"{made.people} people and what else was known on {made.made[:10]} are here again.")
