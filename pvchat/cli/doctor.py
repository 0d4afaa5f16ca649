"""`pvchat doctor`: what is installed, what is missing or damaged, and the command that repairs it.

It loads no model and uses no network. `--fetch` first repairs what can be repaired.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pvchat
from pvchat.cli import console
from pvchat.cli.options import Commands, add_command
from pvchat.config import Settings, home
from pvchat.errors import LockedError, PVChatError
from pvchat.runtime import ProgressDisplay, available_devices, size, usable_cores

LICENCES = "The code is Apache-2.0. Weights fitted by us are for research, non-commercial use, as their data demand."
EITHER = ("decord", "decord2")  # one of them is right, both are not
LOW_DISK_BYTES = 2 * 10**9
FETCH = "pvchat doctor --fetch"


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "doctor", "what is installed, what is missing, how to mend it", _run)
    meaning = "download what is missing or damaged: weights, and the demo's footage"
    parser.add_argument("--fetch", action="store_true", help=meaning)
    parser.add_argument("--voice", action="store_true", help="with --fetch: what hearing needs, too (250 MB)")
    meaning = "with --fetch: the language model of --answers spoken, too (93 MB)"
    parser.add_argument("--spoken", action="store_true", help=meaning)


def _run(args: argparse.Namespace) -> int:
    if args.fetch:
        from pvchat.assets.packages import OPTIONS

        _fetch([kind for kind, option in OPTIONS.items() if getattr(args, option.removeprefix("--"))])
    report = examine()
    if args.json:
        console.write_json(report)
    else:
        show(report)
    return 0 if report["ok"] else 1


def _fetch(kinds: Sequence[str]) -> None:
    """Mend the embedded weights and the footage, and bring more kinds (`packages.table`)."""
    from pvchat.assets import packages, weights
    from pvchat.service.networks import Networks

    damaged = _damage()  # they are missing from here on
    console.fetch(*(packages.table(kind) for kind in ("embedded", "footage", *kinds)))
    if not weights.missing():
        with ProgressDisplay() as progress:
            Networks(Settings(device="cpu")).fetch(progress)  # converts them, too
    gone = {weight.role for weight in weights.missing(table=packages.table())}
    for row in damaged:
        if row["role"] in gone:
            mend = packages.fetch_command(row["role"])
            console.say(f"{_damage_line(row)} It counts as missing now; bring it anew with: {mend}")
        else:
            console.say(f"Mended: {_damage_line(row)}")


def examine() -> dict[str, Any]:
    """Examine everything, all weights by their hashes; returns the report for `--json`."""
    from pvchat.people.store import PeopleStore
    from pvchat.video import backend_in_use

    encryption, unknown = _encryption(), {"enrolled": 0, "damaged": {}}
    store = None if encryption["locked"] else PeopleStore()
    report: dict[str, Any] = {
        "versions": {"pvchat": pvchat.__version__, "python": platform.python_version()}
        | {name: version for name in _packages() if (version := _version(name))},
        "machine": {"system": platform.platform(terse=True), "arch": platform.machine(), "cores": usable_cores()},
        "decoder": dict(zip(("backend", "why"), backend_in_use(), strict=True)),
        "device": _device(),
        "home": str(home()),
        "disk": _disk(),
        "damage": _damage(),
        "weights": _weights(),
        "people": {"enrolled": len(store.names()), "damaged": store.damaged()} if store is not None else unknown,
        "library": {} if encryption["locked"] else _library(),
        "encryption": encryption,
    }
    report["problems"] = [{"what": what, "mend": mend} for what, mend in _problems(report)]
    report["ok"] = not report["problems"]
    return report


def _library() -> dict[str, str]:
    """Why the library can't be read to its end, as an error; empty where it can, or where there is none."""
    from pvchat.storage import library

    try:
        library.read_through(home() / "people")
    except PVChatError as error:
        return error.to_dict()
    return {}


def _packages() -> list[str]:
    """The packages that every installation needs, and the two decord packages, of which one is enough."""
    try:
        lines = importlib.metadata.requires("pvchat") or []
    except importlib.metadata.PackageNotFoundError:  # a checkout that isn't installed
        lines = []
    return [re.split(r"[^\w.-]", line)[0] for line in lines if ";" not in line] + [*EITHER]


def _version(package: str) -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None


def _damage() -> list[dict[str, str]]:
    """Files of weights that are damaged, their role, and why; these weights count as missing from now on."""
    from pvchat.assets import packages, weights

    found = weights.verify(table=packages.table())
    return [{"role": role, "file": file, "why": why} for role, files in found.items() for file, why in files.items()]


def _damage_line(damage: dict[str, str]) -> str:
    return "Damaged: {role}: {file}: {why}.".format_map(damage)


def _device() -> dict[str, Any]:
    try:
        found = available_devices()
    except (ImportError, OSError) as error:  # a torch that doesn't load is what people call the doctor for
        return {"auto": "none", "available": [], "why": str(error)}
    return {"auto": found[0], "available": list(found)}


def _disk() -> dict[str, Any]:
    folder, used = home(), 0
    for top, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # another process has just removed it
                used += Path(top, name).lstat().st_size
    parent = next(p for p in (folder, *folder.parents) if p.exists())
    return {"used_bytes": used, "free_bytes": shutil.disk_usage(parent).free, "writable": os.access(parent, os.W_OK)}


def _weights() -> list[dict[str, Any]]:
    from pvchat.assets import packages, weights

    every = packages.table()
    gone = weights.missing(table=every)
    return [
        {"role": row.role, "purpose": row.purpose, "package": row.requirement, "licence": row.licence,
         "size_bytes": row.size_bytes, "here": row not in gone, "for_demo": row.kind == "footage",
         "for_voice": packages.OPTIONS.get(row.kind) == "--voice", "for_spoken": row.kind == "spoken"}
        for row in every
    ]  # fmt: skip


def _for_whom(row: dict[str, Any]) -> str:
    """What weights are for that not everybody needs, as the table says it; "" of those that all need."""
    names = {"for_demo": "demo only", "for_voice": "--voice", "for_spoken": "--spoken"}
    return next((text for name, text in names.items() if row[name]), "")


def _encryption() -> dict[str, Any]:
    from pvchat.storage import keys, stores, temporary

    locked = ""
    try:
        keys.current()
    except LockedError as error:
        locked = str(error)
    folders = stores.stores() if keys.exists() else []
    plain = sum(len(stores.files_of_kind(folder, sealed=False)) for folder in folders)
    place = temporary.root()
    on_disk = keys.exists() and place.is_relative_to(home())
    return {"encrypted": keys.exists(), "locked": locked, "plain_files": plain, "temporary": str(place),
            "temporary_on_disk": on_disk}  # fmt: skip


def _problems(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each problem, and the command that repairs it."""
    from pvchat.assets import packages

    versions, pip = report["versions"], f"{Path(sys.executable).name} -m pip"
    lost = [row for row in report["weights"] if not (row["here"] or _for_whom(row))]
    if lost:
        amount = size(sum(row["size_bytes"] for row in lost))
        yield f"Weights are missing: {', '.join(row['role'] for row in lost)} ({amount}).", FETCH
    for row in report["damage"]:
        yield _damage_line(row), packages.fetch_command(row["role"])
    for name in _packages():
        if name not in versions and name not in EITHER:
            yield f"The package {name} is missing.", f"{pip} install {name}"
    if all(name in versions for name in EITHER):
        mend = f"{pip} uninstall -y decord decord2 && {pip} install pvchat"
        yield "decord and decord2 are both installed and overwrite one another.", mend
    if not report["device"]["available"]:
        yield f"torch does not load: {report['device']['why']}.", f"{pip} install --force-reinstall torch"
    if report["disk"]["free_bytes"] < LOW_DISK_BYTES:
        free = size(report["disk"]["free_bytes"])
        yield f"Only {free} of disk are free at {report['home']}.", "Free some, or set PVCHAT_HOME"
    if not report["disk"]["writable"]:
        yield f"{report['home']} can't be written.", "Allow it, or set PVCHAT_HOME"
    state = report["encryption"]
    if state["locked"]:
        yield state["locked"], "export PVCHAT_KEY=…"
    if state["plain_files"]:
        yield f"{state['plain_files']} files are not encrypted: if they are yours, encrypt them, too.", "pvchat encrypt"
    if state["temporary_on_disk"]:
        what = "Temporary files of an encrypted home lie on the disk: no file system in memory is large enough."
        yield what, "export PVCHAT_TMP=FOLDER"
    if report["library"]:
        yield "{subject}: {what}".format_map(report["library"]), report["library"]["hint"]
    for folder, why in report["people"]["damaged"].items():
        mend = f"{pip} install --upgrade pvchat" if "update PVChat" in why else f"pvchat people forget {folder}"
        yield f"A person can't be read and is left out: {why}", mend


def show(report: dict[str, Any]) -> None:
    """Print a report."""
    versions, machine, disk = dict(report["versions"]), report["machine"], report["disk"]
    rows = [
        ("pvchat", f"{versions.pop('pvchat')} on Python {versions.pop('python')}"),
        ("machine", f"{machine['system']} {machine['arch']}, {machine['cores']} cores"),
        ("decoder", f"{report['decoder']['backend']} ({report['decoder']['why']})"),
        ("device", f"{report['device']['auto']} (there are: {', '.join(report['device']['available'])})"),
        ("home", report["home"]),
        ("disk", f"{size(disk['used_bytes'])} used by pvchat, {size(disk['free_bytes'])} free"),
    ]
    if not report["encryption"]["locked"]:
        rows.append(("people", f"{report['people']['enrolled']} enrolled, {len(report['people']['damaged'])} damaged"))
    if report["encryption"]["encrypted"]:
        rows.append(("encrypted", f"yes; temporary files are in {report['encryption']['temporary']}"))
    console.write(console.columns(rows))
    console.write(f"packages: {', '.join(f'{name} {version}' for name, version in versions.items())}\n")
    table = [("weights", "for", "package", "size", "state")]
    licences: dict[str, list[str]] = {}
    for row in report["weights"]:
        state = "here" if row["here"] else _for_whom(row) or "missing"
        package = row["package"].partition("==")[0]
        table.append((row["role"], row["purpose"], package, size(row["size_bytes"]), state))
        licences.setdefault(row["licence"], []).append(row["role"])
    console.write(console.columns(table))
    console.write("\nTheir licences:")
    for licence, roles in licences.items():
        console.write(f"  {licence}: {', '.join(roles)}")
    console.write(f"{LICENCES}\n")
    for problem in report["problems"]:
        console.write(f"• {problem['what']}\n  mend it with: {problem['mend']}")
    if report["ok"]:
        console.write("Everything is there.")
