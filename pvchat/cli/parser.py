"""The command line: `pvchat demo | enroll | ask | index | people | models | train | doctor`.

In: words. Out: an answer on stdout (JSON with `--json`), everything else on stderr; the exit code is 0, 1 for an error
that a user can mend, 2 for wrong usage, 130 after Ctrl-C.

Notable choices: argparse and late imports, since `--help` has half a second (docs/help.md is printed from this parser).
`--video.*` and `--presence.*` are the fields of the dataclasses in `config.py`, which check themselves.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from pvchat import __version__
from pvchat.cli import commands
from pvchat.config import ANSWERS
from pvchat.errors import PVChatError

OK, USER_ERROR, INTERRUPTED = 0, 1, 130
DEPTHS = ("instant", "deep")
USAGE = {"enroll": "CLIP --name NAME [options]", "ask": "CLIP QUESTION [options]", "people": "ACTION …",
         "eval": "MANIFEST --out DIR [options]", "index": "ACTION …",
         "models": "[FOLDER …] [options]", "train": "ACTION …",
         "augment": "CLIP --name NAME --out DIR [options]\n       pvchat augment --check DIR"}  # fmt: skip
MEANINGS = {
    "video.backend": "what reads normalised copies: auto, decord or pyav",
    "video.max_bytes": "largest file that is taken",
    "video.max_duration_s": "longest clip that is taken, seconds",
    "video.max_pixels": "largest frame that is taken, width times height",
    "video.max_side": "pixels, longest side of the normalised copy",
    "video.max_fps": "highest frame rate of the normalised copy",
    "video.sample_fps": "frames a second of a short clip that are looked at",
    "video.max_frames": "most frames of a short clip that are looked at",
    "video.scan_from_s": "length, seconds, from which a video is looked through from end to end",
    "video.scan_fps": "frames a second of a long video that are looked at",
    "video.still_seconds": "length of the clip that a photo becomes",
    "presence.present_from": "probability from which a person counts as present",
    "presence.absent_below": "probability below which a person counts as absent",
}
EXAMPLES = """examples:
  pvchat demo                                        see it work on real footage
  pvchat enroll ana.mp4 --name Ana                   get to know Ana from one clip
  pvchat ask party.mp4 "Is Ana there?"               ask about a new clip
  pvchat ask party.mp4 "What is Ana wearing?" --json
  pvchat people forget Ana                           remove everything about Ana
  pvchat doctor                                      what is installed, what is missing

People, weights and caches live in $PVCHAT_HOME. Every command has its own --help.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (wrong usage raises SystemExit(2))."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal can't show ends nothing
    args = build_parser().parse_args(argv)
    from pvchat.runtime import setup_logging

    setup_logging(args.verbose)
    try:
        args.run(args)
        sys.stdout.flush()
    except PVChatError as error:
        if args.verbose:
            traceback.print_exc()
        commands.show_error(error, args.json)
        return USER_ERROR
    except KeyboardInterrupt:
        commands.say("Stopped. What was finished is kept; nothing half done is.")
        return INTERRUPTED
    except BrokenPipeError:  # `pvchat people | head`
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USER_ERROR
    return OK


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = _Parser(
        prog="pvchat", description="Enroll a person from one clip, then ask about new clips.", epilog=EXAMPLES
    )
    parser.add_argument("--version", action="version", version=f"pvchat {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, add, text in (
        ("demo", _add_demo, "see it work on real footage (fetches weights and footage first)"),
        ("enroll", _add_enroll, "get to know a person from one clip"),
        ("ask", _add_ask, "ask about a clip"),
        ("augment", _add_augment, "make a data set of clips and questions about the person of one clip"),
        ("index", _add_index, "index the faces and scenes of a folder of videos, and search it"),
        ("people", _add_people, "list, show, rename, alias, export, import or forget people"),
        ("eval", _add_eval, "measure PVChat and baselines on many clips, with a report"),
        ("serve", _add_serve, "open the app in a browser"),
        ("models", _add_models, "which trained models there are, their language models, what is downloaded"),
        ("train", _add_train, "train the model that all people share, or one person"),
        ("doctor", _add_doctor, "what is installed, what is missing, how to mend it"),
    ):
        usage = f"pvchat {name} {USAGE.get(name, '[options]')}"
        add(subparsers.add_parser(name, usage=usage, help=text, description=f"{text[0].upper()}{text[1:]}."))
    return parser


# -- parsers -----------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Keeps the examples' line breaks; options can't be shortened, so that a new one never breaks an old script."""

    def __init__(self, **options: Any) -> None:
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(**{"formatter_class": shape, "allow_abbrev": False, **options})


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    help_ = "tell more on stderr (-vv: everything); errors come with their traceback"
    parser.add_argument("-v", "--verbose", action="count", default=0, help=help_)


def _add_model(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1 … or mps")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything that draws numbers (default 0)")
    parser.add_argument("--model", default="embedded", metavar="NAME", help="a preset or a trained model's folder "
                        "(default embedded; `pvchat models` lists them)")  # fmt: skip
    parser.add_argument("--answers", choices=("auto", *ANSWERS), default="auto", help="what words come from: measured "
                        "facts; facts told by a language model; facts with gaps filled by the trained model; auto (the "
                        "default): model where it has weights, else told")  # fmt: skip
    parser.add_argument("--llm", default="", metavar="FOLDER|ID", help="another language model than the model's own")
    for section, config in commands.SECTIONS.items():
        group = parser.add_argument_group(f"{section} settings")
        for field in dataclasses.fields(config):
            flag, kind = f"{section}.{field.name}", type(field.default)
            shown = f"{MEANINGS[flag]} (default {field.default})"
            metavar = {int: "N", float: "X"}.get(kind, "WORD")
            group.add_argument(f"--{flag}", type=kind, default=field.default, metavar=metavar, help=shown)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.set_defaults(run=commands.demo)


def _add_enroll(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", metavar="CLIP", help="a video, an animation or a photo that shows the person")
    parser.add_argument("--name", required=True, help="how the person is called in questions")
    parser.add_argument("--depth", choices=DEPTHS, default="instant", help="instant (the default): one pass over "
                        "the clip, seconds; deep: also learns from an augmentation of it, minutes")  # fmt: skip
    parser.add_argument("--track", type=int, metavar="N", help="whom to take where the clip shows several people")
    parser.add_argument("--replace", action="store_true", help="take the place of an enrolled person of that name")
    _add_model(parser)
    parser.set_defaults(run=commands.enroll)


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", metavar="CLIP", help="a video, an animation or a photo")
    parser.add_argument("question", metavar="QUESTION", help='such as "Is Ana there?" or "What is Ana doing?"')
    _add_model(parser)
    parser.set_defaults(run=commands.ask)


def _add_augment(parser: argparse.ArgumentParser) -> None:
    from pvchat.augment.settings import HUB, AugmentConfig

    usual = AugmentConfig()
    parser.add_argument(
        "clip", metavar="CLIP", nargs="?", help="a video, an animation or a photo that shows the person"
    )
    parser.add_argument("--name", help="how the person is called in questions")
    parser.add_argument("--out", metavar="DIR", help="where the data set goes; an unfinished one is gone on with")
    parser.add_argument("--many", metavar="FILE", help="many clips: a JSON object with clip, name and out a line")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="what --many runs on")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="workers of Ray (default 1)")
    parser.add_argument("--check", metavar="DIR", help="only check a data set; names the first bad rows")
    parser.add_argument("--sheet", metavar="FILE", help="also draw a contact sheet of the samples, a JPEG")
    parser.add_argument("--track", type=int, metavar="N", help="whom to take where the clip shows several people")
    for name, text in (
        ("clips", "clips of the person to make"),
        ("stills", "pictures of the person to make"),
        ("negatives", "samples without the person to look for"),
    ):
        default = getattr(usual, name)
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{text} (default {default})")
    parser.add_argument("--index", metavar="DIR", help="index of faces (`pvchat index`) with look-alikes")
    parser.add_argument("--others", metavar="DIR", nargs="+", default=[], help="folders of clips of other people")
    parser.add_argument("--backgrounds", metavar="DIR", help="folder of pictures to put behind the person")
    parser.add_argument("--drivers", metavar="DIR", help="folder of clips whose head motion the person shall take on")
    parser.add_argument(
        "--generator", choices=("offline", *HUB), nargs="+", default=["offline"],
        help="what makes positives: offline (the default), or on a GPU consisid (clips), identity-adapter (stills)",
    )  # fmt: skip
    parser.add_argument("--generator-model", metavar="NAME", default="", help="hub name or folder of its base model")
    parser.add_argument("--teacher", metavar="NAME", default="offline", help="what answers come from: offline (the "
                        "default: measured facts, gaps filled by the trained model where it has weights), facts, or a "
                        "hub name or folder of a video language model")  # fmt: skip
    _add_model(parser)
    parser.set_defaults(run=commands.augment)


def _add_index(parser: argparse.ArgumentParser) -> None:
    warning = "An index holds biometric data: face vectors of everyone in the clips."
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, words, text in (
        ("build", "FOLDER", "index the clips and photos of a folder; again: only what is new, changed or gone"),
        ("add", "FOLDER CLIP …", "add clips that lie elsewhere"),
        ("remove", "FOLDER CLIP|ID …", "remove clips and all their vectors, or the whole index"),
        ("search", "FOLDER CLIP", "find whose face, which figure or which scene is like that of a clip"),
        ("info", "FOLDER", "what is in an index and how it is searched"),
    ):
        usage, told = f"pvchat index {action} {words} [options]", f"{text[0].upper()}{text[1:]}. {warning}"
        one = actions.add_parser(action, usage=usage, help=text, description=told)
        one.add_argument("folder", metavar="FOLDER", help="the folder of videos, or an index")
        if action == "add":
            one.add_argument("clips", metavar="CLIP", nargs="+", help="videos, animations or photos")
        elif action == "remove":
            one.add_argument("clips", metavar="CLIP|ID", nargs="*", help="files, or ids as `search` shows them")
            one.add_argument("--all", action="store_true", help="delete the whole index; the videos stay")
        elif action == "search":
            one.add_argument("clip", metavar="CLIP", help="its main subject is looked for")
            one.add_argument("--track", type=int, metavar="N", help="another of its subjects, by prominence, from 1")
            kinds = ("faces", "figures", "clips")
            one.add_argument("--kind", choices=kinds, help="what is compared (default: faces, or figures if drawn)")
            one.add_argument("--hits", type=int, default=10, metavar="N", help="how many (default 10)")
        one.add_argument("--index", metavar="DIR", help="where the index lies (default: FOLDER/.pvchat-index)")
        (_add_model if action in ("build", "add", "search") else _add_common)(one)
        one.set_defaults(run=commands.index)


def _add_people(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, run, arguments, text in (
        ("list", commands.people_list, (), "everyone who is enrolled"),
        ("show", commands.people_show, ("name",), "what is stored about one person"),
        ("rename", commands.people_rename, ("old", "new"), "give a person another name"),
        ("alias", commands.people_alias, ("name", "alias"), "let a person answer to one more name"),
        ("export", commands.people_export, ("name", "path"), "write a person to one .pvperson file"),
        ("import", commands.people_import, ("path",), "add the person in a .pvperson file"),
        ("forget", commands.people_forget, ("name",), "remove everything about a person, cached clips included"),
    ):
        usage = " ".join(["pvchat people", action, *(word.upper() for word in arguments), "[options]"])
        one = actions.add_parser(action, usage=usage, help=text, description=f"{text[0].upper()}{text[1:]}.")
        for argument in arguments:
            one.add_argument(argument, metavar=argument.upper())
        if action == "alias":
            one.add_argument("--remove", action="store_true", help="take that other name away")
        if action == "import":
            one.add_argument("--name", help="call the person so instead of by the name in the file")
            one.add_argument("--replace", action="store_true", help="take the place of an enrolled person of that name")
        _add_common(one)
        one.set_defaults(run=run)


def _add_eval(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("manifest", metavar="MANIFEST", nargs="?", help="a folder or JSON file of people, clips and questions")
    add("--out", metavar="DIR", help="where results go; started again, a run goes on where it was")
    add("--suite", default="all", metavar="NAME", help="medical, tv, anime, real (all that isn't drawn) or all")
    add("--depth", default="instant", choices=("instant", "deep"), help="deep: deep beside instant enrollment")
    add("--limit", type=int, metavar="N", help="at most N questions, spread evenly")
    add("--systems", default="", metavar="A,B", help="systems (default: all); hub:MODEL is one of transformers")
    add("--engine", default="local", choices=("local", "ray"), help="where clips are answered")
    add("--workers", type=int, default=1, metavar="N", help="processes that answer clips, one thread each (default 1)")
    add("--layout", default="auto", metavar="NAME", help="pvchat, official, yollava, myvlm, this-is-my or folders")
    add("--no-frames", action="store_true", help="no pictures of the clips in the report")
    add("--resamples", type=int, default=1000, metavar="N", help="of the bootstrap (default 1000)")
    add("--bertscore", default="minilm", metavar="MODEL", help="minilm, none, or a hub model such as roberta-large")
    add("--judge", default="", metavar="JUDGE", help="hub:MODEL or http://HOST/v1#MODEL; without it, rules only")
    add("--restart", action="store_true", help="delete the run that DIR holds and start over")
    add("--compare", nargs=2, metavar=("RUN1", "RUN2"), help="compare two finished runs (RUN or RUN:SYSTEM)")
    add("--convert", metavar="DIR", help="only write the manifest to DIR in PVChat's own layout")
    _add_model(parser)
    parser.set_defaults(run=commands.evaluate, wrong=parser.error)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this machine)")
    parser.add_argument("--port", type=int, default=7860, metavar="N", help="port (default 7860; 0: a free one)")
    help_ = (
        "asked for in the browser; needed with another --host (or set $PVCHAT_PASSWORD, which no process list shows)"
    )
    parser.add_argument("--password", default=os.environ.get("PVCHAT_PASSWORD", ""), help=help_)
    parser.add_argument("--manifests", metavar="DIR", help="what Evaluate offers (default $PVCHAT_HOME/manifests)")
    parser.add_argument("--mcp", action="store_true", help="let language models ask and list people (MCP)")
    _add_model(parser)
    parser.set_defaults(run=commands.serve)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="more trained models or training runs to look at")
    _add_common(parser)
    parser.set_defaults(run=commands.models)


def _add_train(parser: argparse.ArgumentParser) -> None:
    from pvchat.train.base.config import add_options
    from pvchat.train.person.config import add_options as add_person_options

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "train the model that all people share, on folders of pictures"
    base = actions.add_parser("base", usage="pvchat train base [options]", help=text,
                              description=f"{text[0].upper()}{text[1:]}.")  # fmt: skip
    add_options(base)
    _add_common(base)
    base.set_defaults(run=commands.train_base)
    text = "train an enrolled person further, on a data set of `pvchat augment`"
    one = actions.add_parser("person", usage="pvchat train person NAME --data DIR [options]", help=text,
                             description=f"{text[0].upper()}{text[1:]}.")  # fmt: skip
    one.add_argument("name", metavar="NAME", help="an enrolled person, whom the data set is about")
    one.add_argument("--data", required=True, metavar="DIR", help="a folder that `pvchat augment` made")
    one.add_argument("--out", metavar="DIR", help="where the state of training is kept, for --resume")
    one.add_argument("--resume", action="store_true", help="go on from the state in --out")
    add_person_options(one)
    _add_model(one)
    one.set_defaults(run=commands.train_person)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fetch", action="store_true", help="download what is missing: weights, and the demo's footage"
    )
    _add_common(parser)
    parser.set_defaults(run=commands.doctor)
