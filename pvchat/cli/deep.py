"""Personal training as the command line calls it: the first Ctrl-C keeps the best so far, the second one ends all."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.errors import SettingsError
from pvchat.identity.verify import RECORD
from pvchat.people.person import Person
from pvchat.people.store import describe

if TYPE_CHECKING:
    from pvchat.service import PVChat
    from pvchat.train.person.deep import Progress


def enroll_deep(chat: PVChat, args: argparse.Namespace) -> Person:
    """`pvchat enroll CLIP --depth deep`."""
    from pvchat.train.base.run import stopping

    with stopping() as stop:
        return chat.enroll(args.clip, args.name, "deep", args.track, args.replace, stop)


def train(chat: PVChat, args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """`pvchat train person NAME --data DIR`: the person as told, with the record of her training."""
    from pvchat.train.base.run import stopping
    from pvchat.train.person.config import from_words
    from pvchat.train.person.deep import train_on

    if args.resume and not args.out:
        raise SettingsError("--resume needs --out, where the state lies.", subject="pvchat train person")
    person, config = chat.people.get(args.name), from_words(args)
    run = Path(args.out).expanduser() if args.out else None
    with stopping() as stop:
        person = train_on(chat, person, Path(args.data).expanduser(), config, run=run, resume=args.resume,
                          stop=stop, progress=progress)  # fmt: skip
    return {**describe(person), "training": person.extra[RECORD]}
