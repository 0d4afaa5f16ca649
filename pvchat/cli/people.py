"""`pvchat people list | show | rename | alias | export | import | forget | merge | is | not | corrections`.

Only `merge`, `is` and `not` load a model.
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_group, time_of
from pvchat.errors import SettingsError
from pvchat.runtime import size

if TYPE_CHECKING:
    from pvchat.people.corrections import Correction
    from pvchat.people.store import PeopleStore, Person


_ELSEWHERE = (
    "Not deleted: your own videos; backups; evaluations (eval --out; the app's lie in $PVCHAT_HOME/evaluations) whose "
    "clips show this person; data sets and states of training, reels, exported files and conversations. Delete those "
    "yourself."
)
_GONE = "vectors, picture and cached clips are gone"
_OF_LIBRARY = (
    "{gone}; so are, in the library, where this person was recognised, cameras' clips that show this person, events "
    "and rules about this person. Faces that were never taken for {name} stay in it, as strangers'."
)


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    text = "list, show, rename, alias, export, import, forget, merge or correct people"
    actions = add_group(commands, "people", text)
    for action, run, arguments, text in (
        ("list", _list, (), "everyone who is enrolled"),
        ("show", _show, ("name",), "what is stored about one person"),
        ("rename", _rename, ("old", "new"), "give a person another name"),
        ("alias", _alias, ("name", "alias"), "let a person answer to one more name"),
        ("export", _export, ("name", "path"), "write a person to one .pvperson file"),
        ("import", _import, ("path",), "add the person in a .pvperson file"),
        ("forget", _forget, ("name",), "remove everything about a person, cached clips included"),
        ("merge", _merge, ("name", "other"), "make one person of two who are the same"),
        ("is", _correct, ("name", "clip"), "tell that somebody in a clip is this person"),
        ("not", _correct, ("name", "clip"), "tell that who was taken for this person in a clip is somebody else"),
        ("corrections", _corrections, (), "what was told by `is` and `not`, and taking it back"),
    ):
        words, settings = " ".join(arguments).upper(), action in ("is", "not", "merge")
        one = add_command(actions, f"people {action}", text, run, words, settings=settings)
        for argument in arguments:
            one.add_argument(argument, metavar=argument.upper())
        _add_options(one, action)


def _add_options(parser: argparse.ArgumentParser, action: str) -> None:
    if action == "alias":
        parser.add_argument("--remove", action="store_true", help="take that other name away")
    if action == "import":
        parser.add_argument("--name", help="call the person so instead of by the name in the file")
        parser.add_argument("--replace", action="store_true", help="take the place of an enrolled person of that name")
        meaning = "take the person though somebody who is enrolled looks the same"
        parser.add_argument("--alike", action="store_true", help=meaning)
    if action == "corrections":
        parser.add_argument("name", metavar="NAME", nargs="?", help="about whom (default: about everyone)")
        parser.add_argument("--undo", type=int, metavar="N", help="take the correction of this number back")
    if action in ("is", "not"):
        meaning = "a moment at which whoever is meant is seen, as seconds, m:ss or h:mm:ss"
        parser.add_argument("--at", type=time_of, metavar="TIME", help=meaning)
        parser.add_argument("--track", type=int, metavar="N", help="whom, where several could be meant")


def _list(args: argparse.Namespace) -> None:
    store = _store()
    people = [_row(person) for person in store.all()]
    names = store.ids()
    for key, why in store.damaged().items():
        name = names.get(key, f"folder {key}")
        whose = name if name.endswith(key) else f"{name} (folder {key})"
        console.say(f"{whose} can't be read: {why} Remove it with: pvchat people forget {key}")
    table = [("name", "also", "kind", "depth", "since", "size")]
    for row in people:
        also, since = ", ".join(row["aliases"]), row["created"][:10]
        table.append((row["name"], also, row["kind"], row["depth"], since, size(row["bytes"])))
    console.list_rows(args, people, table, "Nobody is enrolled yet. Start with: pvchat enroll CLIP --name NAME")


def _show(args: argparse.Namespace) -> None:
    person = _store().get(args.name)
    row, clips = _row(person), int(person.extra.get("clips", 1))
    texts = {
        "name": ", also ".join([person.name, *person.aliases]),
        "known by": "face" if person.kind == "face" else "appearance",
        "enrolled": f"{row['created'][:10]}, from {clips} clip{'s' * (clips > 1)} ({person.depth})",
        "confidence": f"{person.confidence:.2f}",
        "voice": "learned" if row["voice"] else "not learned",
        "on disk": size(row["bytes"]),
    }
    console.report(args, row, "\n".join(f"{key:<12}{text}" for key, text in texts.items()))


def _rename(args: argparse.Namespace) -> None:
    person = _store().rename(args.old, args.new)
    console.report(args, _row(person), f"{args.old} is called {person.name} now.")


def _alias(args: argparse.Namespace) -> None:
    store = _store()
    person = (store.unalias if args.remove else store.alias)(args.name, args.alias)
    also = ", ".join(person.aliases)
    sentence = f"{person.name} answers to {also} too." if also else f"{person.name} has no other name."
    console.report(args, _row(person), sentence)


def _export(args: argparse.Namespace) -> None:
    path = _store().export(args.name, args.path)
    console.report(args, {"path": str(path)}, f"Written to {path}. It holds biometric data: mind who gets it.")


def _import(args: argparse.Namespace) -> None:
    from pvchat.people.parts import require_unlike

    check = None if args.alike else require_unlike
    person = _store().import_(args.path, replace=args.replace, name=args.name, check=check)
    console.report(args, _row(person), f"{person.name} is enrolled.")


def _forget(args: argparse.Namespace) -> None:
    from pvchat.service import PVChat
    from pvchat.storage import library

    chat = PVChat()
    person = chat.people.find(args.name)  # None: damaged
    name = person.name if person else args.name
    same = chat.forget(args.name)
    note = f"What was seen stays, as {same}'s, who is enrolled by the same face. {_ELSEWHERE}" if same else _ELSEWHERE
    gone = _OF_LIBRARY.format(gone=_GONE, name=name) if library.exists(chat.people.root) and not same else f"{_GONE}."
    console.report(args, {"forgotten": name, "note": note}, f"{name} is forgotten: {gone}\n{note}")


def _merge(args: argparse.Namespace) -> None:
    """Merge two people; the second name becomes an alias."""
    chat, progress = console.open_chat(args)
    with progress:
        person = chat.merge(args.name, args.other)
    console.report(args, _row(person), f"{person.name} and {args.other} are one person now, called {person.name}.")


def _correct(args: argparse.Namespace) -> None:
    if Path(args.name).is_file() and not Path(args.clip).exists():
        hint = f"Write: pvchat people {args.action} {shlex.quote(args.clip)} {shlex.quote(args.name)}"
        raise SettingsError("the name comes first, then the clip.", subject=f"pvchat people {args.action}", hint=hint)
    chat, progress = console.open_chat(args)
    with progress:
        kept = chat.correct(args.name, args.clip, args.action == "is", args.at, args.track)
        number = len(chat.corrections(args.name))
    lines = " ".join(_correction_line(args.name, one) for one in kept)
    sentence = f"{lines} Take it back with: pvchat people corrections {shlex.quote(args.name)} --undo {number}"
    console.report(args, {"name": args.name, "kept": [one.to_dict() for one in kept]}, sentence)


def _corrections(args: argparse.Namespace) -> None:
    from pvchat.people.corrections import corrections_of, without_correction

    store = _store()
    if args.undo is not None:
        if not args.name:
            hint = "Write: pvchat people corrections NAME --undo N"
            raise SettingsError("a number is of one person.", subject="--undo", hint=hint)
        found = corrections_of(store.get(args.name))
        store.revise(args.name, lambda person: without_correction(person, args.undo))
        gone = found[args.undo - 1]
        console.report(args, {"undone": gone.to_dict()}, f"Taken back: {_correction_line(args.name, gone)}")
        return
    people = [store.get(args.name)] if args.name else store.all()
    corrections = [(who.name, number, one) for who in people for number, one in enumerate(corrections_of(who), 1)]
    rows = [{"name": name, "number": number, **one.to_dict()} for name, number, one in corrections]
    table = [(name, str(number), _correction_line(name, one)) for name, number, one in corrections]
    nothing = f"Nothing was corrected{f' about {args.name}' if args.name else ''}."
    console.list_rows(args, rows, [("name", "number", "correction"), *table], nothing)


def _correction_line(name: str, found: Correction) -> str:
    from pvchat.chat.english import clock

    where = found.source or (f"the clip {found.clip[:12]}" if found.clip else "a clip on another machine")
    return f"At {clock(found.at_s)} in {where} it is {'' if found.her else 'not '}{name}."


def _store() -> PeopleStore:
    from pvchat.people.store import PeopleStore

    return PeopleStore()


def _row(person: Person) -> dict[str, Any]:
    from pvchat.people.store import describe

    return describe(person)
