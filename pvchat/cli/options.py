"""Options that several commands share, and the settings made of them.

`--video.*` and `--presence.*` are the fields of the dataclasses in `config.py`, which check themselves. Rarely needed
ones are shown only by `--help-all`.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from pvchat.config import ANSWERS, COSTS, FRAME_STYLES, QUANTIZED, PresenceConfig, Settings, VideoConfig
from pvchat.runtime import pick_device, set_threads

SECTIONS: dict[str, type[Any]] = {"video": VideoConfig, "presence": PresenceConfig}

# what `add_subparsers` returns, where commands register themselves
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run = Callable[[argparse.Namespace], int | None]  # does a command; returns its exit code, None for 0
COSTS_HELP = {
    "strict": "say that somebody is there only when very sure",
    "lenient": "say so sooner: fewer are missed, more strangers are taken for somebody",
}


def add_command(
    commands: Commands, title: str, text: str, run: Run, words: str = "", *, note: str = "", settings: bool = False
) -> argparse.ArgumentParser:
    """Add a command with the options of every command; `title` is what is typed after `pvchat`, such as "people list".

    `text`: its line in the list of commands; `words`: its arguments in the usage line; `note`: a further sentence in
    its own help; `settings`: it analyses clips, so each setting is an option, too (`settings_of`).
    """
    parser = _add_parser(commands, title, text, f"{words} [options]".strip(), note)
    parser.set_defaults(run=run)
    group = parser.add_argument_group("further options")
    group.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    meaning = "tell more on stderr (-vv: everything); errors come with their traceback"
    group.add_argument("-v", "--verbose", action="count", default=0, help=meaning)
    if settings:
        _add_settings(parser, group)
    return parser


def add_group(commands: Commands, name: str, text: str) -> Commands:
    """Add a command that has actions; returns where they register themselves."""
    parser = _add_parser(commands, name, text, "ACTION …")
    actions: Commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    return actions


def _add_parser(commands: Commands, title: str, text: str, words: str, note: str = "") -> argparse.ArgumentParser:
    name, prog = title.split()[-1], f"pvchat {title}"
    description = f"{text[0].upper()}{text[1:]}. {note}".rstrip()
    return commands.add_parser(name, prog=prog, usage=f"{prog} {words}", help=text, description=description)


def _add_settings(parser: argparse.ArgumentParser, shown: Any) -> None:
    """Add an option for each setting; only few are `shown` without `--help-all`."""
    for name, meaning in COSTS_HELP.items():
        shown.add_argument(f"--{name}", nargs=0, action=_Costs, help=meaning)
    meanings: list[tuple[argparse.Action, str]] = []
    text = "show settings of the model, of video and of presence, too"
    shown.add_argument("--help-all", nargs=0, action=_HelpAll, const=meanings, help=text)
    _add_model_settings(partial(_add_hidden, meanings, parser.add_argument_group("model settings")))
    for section, config in SECTIONS.items():
        group = parser.add_argument_group(f"{section} settings")
        for field in dataclasses.fields(config):
            meaning = f"{field.metadata['help']} (default {field.default})"
            kind = type(field.default)
            metavar = {int: "N", float: "X"}.get(kind, "WORD")
            flag = f"--{section}.{field.name}"
            _add_hidden(meanings, group, flag, type=kind, default=field.default, metavar=metavar, help=meaning)


def _add_hidden(meanings: list[tuple[argparse.Action, str]], group: Any, flag: str, help: str, **options: Any) -> None:
    """Add an option that only `--help-all` shows; its help text goes into `meanings`."""
    meanings.append((group.add_argument(flag, help=argparse.SUPPRESS, **options), help))


def _add_model_settings(add: Callable[..., None]) -> None:
    add("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1 … or mps")
    add("--seed", type=int, default=0, metavar="N", help="of everything that draws numbers (default 0)")
    add("--model", default="embedded", metavar="NAME", help="a preset, a trained model's folder, or a "
             "pretrained video language model: its folder or hub:ORG/NAME (default embedded; `pvchat models` lists "
             "these)")  # fmt: skip
    add("--answers", choices=("auto", *ANSWERS), default="auto", help="what words come from: facts (what was "
             "measured); model (the trained model adds to them); spoken (by its own words, each sentence checked; "
             "needs weights for that); auto (the default): model where it has weights, else facts")  # fmt: skip
    add("--eyes", default="", metavar="open_clip:NAME", help="an encoder of CLIP's kind, a hub's ORG/NAME or a "
             "folder, that says what somebody probably does, and where, if that wasn't measured (needs "
             "pvchat[hub])")  # fmt: skip
    add("--show", choices=FRAME_STYLES, default="auto", help="how a pretrained base is shown people: plain "
             "frames, people outlined, one of them enlarged too, or what suits it (auto)")  # fmt: skip
    add("--quantize", choices=QUANTIZED[1:], default="", help="load a pretrained base with fewer bits (needs "
             "bitsandbytes)")  # fmt: skip
    add("--no-traits", dest="traits", action="store_false", help="tell neither men from women nor smiles, even "
             "when asked")  # fmt: skip
    add("--no-voice", dest="voice", action="store_false", help="never listen to a clip's sound, even when asked")


class _HelpAll(argparse.Action):
    """Prints the help with all options."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Called by argparse where the option stands."""
        for action, meaning in self.const:
            action.help = meaning
        parser.print_help()
        parser.exit()


class _Costs(argparse.Action):
    """Sets all costs of presence by one word; a single cost given after it overrides that."""

    def __call__(self, parser: object, namespace: argparse.Namespace, values: object, option: object = None) -> None:
        """Called by argparse where the option stands."""
        for name, value in dataclasses.asdict(COSTS[self.dest]).items():
            setattr(namespace, f"presence.{name}", value)


def time_of(text: str) -> float:
    """Seconds from "75", "1:15" or "0:01:15": a type for argparse."""
    from pvchat.chat.window import seconds_of

    try:
        return seconds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings from the options that are one each; raises SettingsError for a bad value or a missing device."""
    given = vars(args)
    sections = {
        section: config(**{field.name: given[f"{section}.{field.name}"] for field in dataclasses.fields(config)})
        for section, config in SECTIONS.items()
    }
    if args.device != "auto":  # that finds out when torch is loaded
        pick_device(args.device)
    set_threads()
    plain = {field.name: given[field.name] for field in dataclasses.fields(Settings) if field.name not in SECTIONS}
    return Settings(**plain, **sections)
