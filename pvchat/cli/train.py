"""`pvchat train base | person`: train what all people share, or one person further.

The first Ctrl-C keeps the best so far, the second one ends the program. What all people share is trained by recipes
(`recipes/bases/` on a pretrained base, `recipes/model/` our own model), which only a checkout of the source has; there
`train person` takes our own model, too.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pvchat
from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_group
from pvchat.errors import SettingsError
from pvchat.runtime import setup_logging

if TYPE_CHECKING:
    from pvchat.schemas import Progress
    from pvchat.service import PVChat


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    from pvchat.train.config import ON_BASE, USUAL, add_options

    actions = add_group(commands, "train", "train the model that all people share, or one person")
    text = "train what all people share, of a pretrained base or of our own model, on folders of pictures"
    note = "It takes a checkout of the source, which has the recipes."
    base = add_command(actions, "train base", text, _train_base, note=note)
    if _in_checkout():
        add_options(base, _settings_of_base())
    else:
        _take_any_option(base)

    text = "train an enrolled person further, on a data set of `pvchat augment`"
    one = add_command(actions, "train person", text, _train_person, "NAME --data DIR", settings=True)
    one.add_argument("name", metavar="NAME", help="an enrolled person, whom the data set is about")
    one.add_argument("--data", required=True, metavar="DIR", help="a folder that `pvchat augment` made")
    one.add_argument("--out", metavar="DIR", help="where the state of training is kept, for --resume")
    one.add_argument("--resume", action="store_true", help="go on from the state in --out")
    add_options(one, USUAL, ON_BASE, without=("seed",))  # every command has its own


def _in_checkout() -> bool:
    return (Path(pvchat.__file__).parents[1] / "recipes" / "model" / "base" / "config.py").is_file()


def _settings_of_base() -> Any:
    """The usual settings of `train base`, those of a pretrained base among them."""
    return import_module("recipes.model.base.config").BaseConfig()


def _take_any_option(parser: argparse.ArgumentParser) -> None:
    """Without recipes no option is known: whichever is typed, the answer is to be what is missing."""
    known = parser.parse_known_args
    parser.parse_known_args = lambda words, space: (known(words, space)[0], [])  # type: ignore[method-assign, assignment]


def _train_base(args: argparse.Namespace) -> None:
    from pvchat.bases.sources import read_source
    from pvchat.train.config import from_words

    if not _in_checkout():
        hint = "Get the source, and run the command in its folder."
        raise SettingsError("takes a checkout of the source, which has the recipes.", subject="train base", hint=hint)
    config = from_words(args, _settings_of_base())
    setup_logging(max(1, args.verbose))
    if (source := read_source(config.model)) is not None:
        done = import_module("recipes.bases.sharing").train_shared(config, source)
    else:
        done = import_module("recipes.model.base.run").train_base(config)
    state = "done" if done["done"] else "not done yet: go on with --resume"
    row = {**done, "checkpoint": str(done["checkpoint"])}
    console.report(args, row, f"Step {done['step']}, {state}. {done['checkpoint']}")


def _train_person(args: argparse.Namespace) -> None:
    chat, progress = console.open_chat(args)
    with progress:
        row = train_person(chat, args, progress)
    record = row["training"].get("training", {})
    ended = "stopped, or out of time (--minutes), with the best until then"
    cut = "" if record.get("done", True) else f", {record['steps']} steps: {ended}"
    more = "; go on with --resume" if cut and args.out and record["steps"] else ""
    said = f"{row['name']} is trained on {row['training']['samples']} samples{cut}{more}."
    if not record.get("kept", True):
        said = f"What was trained of {row['name']} is discarded, it didn't pass its gate{cut}{more}."
        said += " What was trained before stays." * (row["depth"] == "deep")
    console.report(args, row, said)


def train_person(chat: PVChat, args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Train a person on a data set; returns her row as in `people show`, with the record of the training."""
    from pvchat.people.store import describe
    from pvchat.train.config import ON_BASE, USUAL, from_words
    from pvchat.train.deep import RECORD, train_on
    from pvchat.train.run import require_no_run
    from pvchat.train.signals import TrainingSession, stopping
    from pvchat.train.stages import STATE

    if args.resume and not args.out:
        raise SettingsError("--resume needs --out, where the state lies.", subject="pvchat train person")
    person = chat.people.get(args.name)
    config = from_words(args, USUAL if chat.networks.narrator is None else ON_BASE)
    state = Path(args.out).expanduser() if args.out else None
    if state and not args.resume:
        require_no_run(state, STATE)
    with stopping() as stop:
        session = TrainingSession(progress=progress, stop=stop, folder=state, resume=args.resume)
        own = import_module("recipes.model.person.own").learn if _in_checkout() else None
        person = train_on(chat, person, Path(args.data).expanduser(), config, session, own)
    return {**describe(person), "training": person.extra.get(RECORD, {"samples": 0})}
