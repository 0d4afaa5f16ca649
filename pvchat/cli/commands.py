"""What the commands of `cli.py` do: from parsed words to a result on stdout and talk on stderr.

In: an `argparse.Namespace`. Out: printed text, or JSON with `--json`. Heavy modules are imported by the command that
needs them; `people` and `doctor` never load a model.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.config import PresenceConfig, Settings, VideoConfig
from pvchat.errors import PVChatError, SettingsError, SeveralSubjectsError

if TYPE_CHECKING:
    from rich.console import Console

    from pvchat.people.store import PeopleStore, Person
    from pvchat.runtime import ProgressDisplay
    from pvchat.service import PVChat

SECTIONS: dict[str, type[Any]] = {"video": VideoConfig, "presence": PresenceConfig}


def demo(args: argparse.Namespace) -> None:
    """Two real people are enrolled and asked about."""
    from pvchat.cli import demo as demonstration
    from pvchat.runtime import ProgressDisplay

    settings = _settings(args)
    with ProgressDisplay() as steps:
        result = demonstration.run(settings, ProgressDisplay("bytes"), steps, say)
    if args.json:
        _print_json(result)
    else:
        demonstration.show(result, _console())


def enroll(args: argparse.Namespace) -> None:
    """Get to know a person."""
    chat, progress = _open(args)
    with progress:
        if args.depth == "deep":
            from pvchat.cli.deep import enroll_deep

            person = enroll_deep(chat, args)
        else:
            person = chat.enroll(args.clip, name=args.name, depth=args.depth, track=args.track, replace=args.replace)
    if args.json:
        _print_json(_told(person))
        return
    console = _console()
    source = _plain(Path(args.clip).name)
    console.print(f"[bold]{_plain(person.name)}[/bold] is enrolled ({person.depth}), from {source}.")
    if person.kind == "figure":
        console.print("No face was found: the person is recognised by appearance, which is less certain.")
    if person.confidence < 1:
        console.print(f"Confidence of this enrollment: {person.confidence:.2f}")
    console.print(f'Now ask: pvchat ask CLIP "Is {_plain(person.name)} there?"')


def ask(args: argparse.Namespace) -> None:
    """Answer one question about one clip."""
    chat, progress = _open(args)
    with progress:
        answer = chat.ask(args.clip, args.question)
    if args.json:
        _print_json(answer.to_dict())
        return
    console = _console()
    console.print(_plain(answer.answer), soft_wrap=True)
    row = answer.to_dict()
    for person in row["people"]:
        spans = ", ".join(f"{start:.1f}–{end:.1f} s" for start, end in person["spans"])
        line = f"  {_plain(person['name'])}: {person['decision']}, probability {person['probability']:.2f}"
        console.print(f"[dim]{line}{f', {spans}' if spans else ''}[/dim]")
    timing = [f"{key.removesuffix('_s').replace('_', ' ')} {value:.1f} s" for key, value in row["timing"].items()]
    console.print(f"[dim]  {', '.join(timing)}[/dim]")


def augment(args: argparse.Namespace) -> None:
    """A data set about a person: see `cli/augment.py`."""
    from pvchat.cli import augment as augmentation

    augmentation.augment(args)


def index(args: argparse.Namespace) -> None:
    """An index of a folder of videos: see `cli/index.py`."""
    from pvchat.cli import index as actions

    actions.run(args)


def people_list(args: argparse.Namespace) -> None:
    """Everyone, and who can't be read."""
    from pvchat.runtime import size

    people = [_told(person) for person in _store().all()]
    for key, why in _store().damaged().items():
        say(f"{key} can't be read: {why} Remove it with: pvchat people forget {key}")
    if args.json:
        _print_json(people)
        return
    if not people:
        say("Nobody is enrolled yet. Start with: pvchat enroll CLIP --name NAME")
        return
    from rich.table import Table

    table = Table("name", "also", "kind", "depth", "since", "size", box=None, pad_edge=False)
    for row in people:
        aliases = _plain(", ".join(row["aliases"]))
        table.add_row(_plain(row["name"]), aliases, row["kind"], row["depth"], row["created"][:10], size(row["bytes"]))
    _console().print(table)


def people_show(args: argparse.Namespace) -> None:
    """One person."""
    row = _told(_store().get(args.name))
    if args.json:
        _print_json(row)
        return
    for key, value in row.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        _console().print(f"[bold]{key:<12}[/bold]{_plain(str(shown))}")


def people_rename(args: argparse.Namespace) -> None:
    """Another name."""
    person = _store().rename(args.old, args.new)
    _report(args, _told(person), f"{args.old} is called {person.name} now.")


def people_alias(args: argparse.Namespace) -> None:
    """One more name, or one less."""
    change = _store().unalias if args.remove else _store().alias
    person = change(args.name, args.alias)
    also = ", ".join(person.aliases)
    sentence = f"{person.name} answers to {also} too." if also else f"{person.name} has no other name."
    _report(args, _told(person), sentence)


def people_export(args: argparse.Namespace) -> None:
    """A person to a file."""
    path = _store().export(args.name, args.path)
    _report(args, {"path": str(path)}, f"Written to {path}. It holds biometric data: mind who gets it.")


def people_import(args: argparse.Namespace) -> None:
    """A person from a file."""
    person = _store().import_(args.path, replace=args.replace, name=args.name)
    _report(args, _told(person), f"{person.name} is enrolled.")


def people_forget(args: argparse.Namespace) -> None:
    """Everything about a person goes."""
    _store().forget(args.name)
    _report(args, {"forgotten": args.name}, f"{args.name} is forgotten: files, vectors and cached clips are gone.")


def serve(args: argparse.Namespace) -> None:
    """The app in a browser, until Ctrl-C."""
    import importlib.util

    if importlib.util.find_spec("gradio") is None:
        raise SettingsError("the app needs Gradio, which isn't installed.", hint="pip install 'pvchat[app]'")
    from pvchat_app.engine import Engine, loader
    from pvchat_app.server import Options, serve

    settings = _settings(args)
    manifests = Path(args.manifests).expanduser().absolute() if args.manifests else None
    options = Options(args.host, args.port, args.password, args.mcp, manifests, settings)
    _fetch_missing()
    serve(options, Engine(loader(settings)), say)


def models(args: argparse.Namespace) -> None:
    """The trained models that there are."""
    from pvchat.chat import models as catalogue

    rows = catalogue.rows(args.folders)
    if args.json:
        _print_json(rows)
        return
    from rich.table import Table

    from pvchat.runtime import size

    table = Table(box=None, pad_edge=False)
    for title in ("model", "weights", "licence", "language model", "licence of that", "looks through"):
        table.add_column(title, overflow="fold")
    for row in rows:
        weights = (
            f"{row['weights']}, {row['parameters'] / 1e6:.1f} M, {size(row['bytes'])}" if row["folder"] else "none"
        )
        here = {True: "here", False: "missing", None: "by its hub id"}[row["llm_here"]]
        table.add_row(_plain(row["name"]), weights, row["licence"] or "–", _plain(f"{row['llm']} ({here})"),
                      row["llm_licence"] or "–", _plain(", ".join(row["experts"])))  # fmt: skip
    _console().print(table)
    say("`pvchat doctor` lists the frozen experts; `pvchat train base` trains a model, --model FOLDER answers with it.")


def train_base(args: argparse.Namespace) -> None:
    """Train the base, one phase or one sitting of it."""
    from pvchat.runtime import setup_logging
    from pvchat.train.base.config import BaseConfig

    config = BaseConfig(**{field.name: getattr(args, field.name) for field in dataclasses.fields(BaseConfig)})
    setup_logging(max(1, args.verbose))
    try:
        from pvchat.train.base.run import train_base as train

        done = train(config)
    except ModuleNotFoundError as error:
        hint = "Install what training needs: pip install 'pvchat[train,eval]'"
        raise SettingsError(f"the package {error.name} is missing", subject="pvchat train", hint=hint) from error
    state = "done" if done["done"] else "not done yet: go on with --resume"
    _report(
        args, {**done, "checkpoint": str(done["checkpoint"])}, f"Step {done['step']}, {state}. {done['checkpoint']}"
    )


def evaluate(args: argparse.Namespace) -> None:
    """Measure on a manifest, compare two runs, or convert a manifest."""
    from pvchat.cli.eval import execute

    found, text = execute(args, _settings(args))
    if args.json:
        _print_json(found)
    else:
        print(text)


def doctor(args: argparse.Namespace) -> None:
    """The state of this installation, after `--fetch` has mended it."""
    from pvchat.assets import weights
    from pvchat.assets.footage import FOOTAGE
    from pvchat.cli import doctor as examination
    from pvchat.runtime import ProgressDisplay

    if args.fetch:
        with ProgressDisplay("bytes") as progress:
            weights.fetch(progress=progress)
            weights.fetch(progress=progress, table=FOOTAGE)
    report = examination.examine()
    if args.json:
        _print_json(report)
    else:
        examination.show(report, _console())


def train_person(args: argparse.Namespace) -> None:
    """Train one person further; Ctrl-C keeps the best so far."""
    from pvchat.cli.deep import train

    chat, progress = _open(args)
    with progress:
        row = train(chat, args, progress)
    _report(args, row, f"{row['name']} is trained on {row['training']['samples']} samples.")


def _settings(args: argparse.Namespace) -> Settings:
    """The words as checked settings, with the device that is really there."""
    from pvchat.runtime import pick_device, set_threads

    given = vars(args)
    sections = {
        section: config(**{field.name: given[f"{section}.{field.name}"] for field in dataclasses.fields(config)})
        for section, config in SECTIONS.items()
    }
    device = pick_device(args.device)
    set_threads()
    words = {name: given[name] for name in ("seed", "model", "answers", "llm")}
    return Settings(device=device, **words, **sections)


def _open(args: argparse.Namespace) -> tuple[PVChat, ProgressDisplay]:
    """PVChat and the display that it reports to."""
    settings = _settings(args)
    from pvchat.runtime import ProgressDisplay
    from pvchat.service import PVChat

    _fetch_missing()
    progress = ProgressDisplay()
    return PVChat.from_pretrained("embedded", settings=settings, progress=progress), progress


def _fetch_missing() -> None:
    from pvchat.assets import weights
    from pvchat.runtime import ProgressDisplay

    if weights.missing():
        say("Fetching the weights, once …")
        with ProgressDisplay("bytes") as downloads:
            weights.fetch(progress=downloads)


def _store() -> PeopleStore:
    from pvchat.people.store import PeopleStore

    return PeopleStore()


def _told(person: Person) -> dict[str, Any]:
    from pvchat.people.store import describe

    return describe(person)


def _report(args: argparse.Namespace, row: dict[str, Any], sentence: str) -> None:
    if args.json:
        _print_json(row)
    else:
        _console().print(_plain(sentence), soft_wrap=True)


def show_error(error: PVChatError, as_json: bool) -> None:
    """What happened, which input it concerns, what to do; and the people to choose from, if that is the question."""
    row: dict[str, Any] = error.to_dict()
    candidates = error.candidates if isinstance(error, SeveralSubjectsError) else []
    if candidates:
        row["candidates"] = [dataclasses.asdict(candidate) for candidate in candidates]
    if as_json:
        _print_json(row)
    from pvchat.runtime import error_console

    console = error_console()
    subject = f"{_plain(error.subject)}: " if error.subject else ""
    console.print(f"[red]error:[/red] {subject}{_plain(error.what)}", soft_wrap=True)
    if candidates:
        from rich.table import Table

        table = Table("--track", "seen for", "where", "picture", box=None, pad_edge=False)
        for one in candidates:
            table.add_row(str(one.number), f"{one.seconds:.1f} s", _plain(one.where), _plain(one.thumbnail))
        console.print(table)
    if error.hint:
        console.print(_plain(error.hint), soft_wrap=True)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _plain(text: str) -> str:
    """Text that isn't ours, with square brackets that rich doesn't take for its markup."""
    from rich.markup import escape

    return escape(text)


def say(text: str) -> None:
    """Talk to people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
