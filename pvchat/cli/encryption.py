"""`pvchat encrypt | decrypt`: encrypts people, analysed clips and the library on disk, and undoes that.

If it was interrupted, either command goes on when it is repeated.
"""

from __future__ import annotations

import argparse
import os

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_common
from pvchat.errors import SettingsError
from pvchat.runtime import ProgressDisplay


def register(commands: Commands) -> None:
    """Add both commands."""
    text = "let nobody read people, analysed clips and the library on this disk without a passphrase"
    parser = add_command(commands, "encrypt", text, "[options]")
    parser.add_argument("--keyring", action="store_true", help="let the system's keyring keep a random passphrase, "
                        "instead of $PVCHAT_KEY")  # fmt: skip
    add_common(parser, _encrypt)
    parser = add_command(commands, "decrypt", "undo `pvchat encrypt`", "[options]")
    add_common(parser, _decrypt)


def _encrypt(args: argparse.Namespace) -> None:
    from pvchat.storage import conversion, keys

    if keys.exists():
        where = "the passphrase that it was encrypted with"
    elif args.keyring:
        keys.create_in_keyring()
        where = "your system's keyring"
    elif passphrase := os.environ.get(keys.VARIABLE):
        keys.create(passphrase)
        where = keys.VARIABLE
    else:
        hint = f"Set {keys.VARIABLE}, or use --keyring."
        raise SettingsError("there is no passphrase to encrypt with.", subject="encrypt", hint=hint)
    with ProgressDisplay() as progress:
        count = conversion.encrypt(progress)
    sentence = f"{count} files are encrypted now. The key is {where}: without it nobody is known here any more."
    console.report(args, {"converted": count, "encrypted": True}, sentence)


def _decrypt(args: argparse.Namespace) -> None:
    from pvchat.storage import conversion, keys

    with ProgressDisplay() as progress:
        count = conversion.decrypt(progress)
    sentence = f"{count} files are plain now."
    if os.environ.get(keys.VARIABLE):
        sentence += f" Unset {keys.VARIABLE}: as long as it is set, what is written next is encrypted anew."
    console.report(args, {"converted": count, "encrypted": False}, sentence)
