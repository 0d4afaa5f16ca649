"""`pvchat events add | list | remove`: what happened before cameras, and who is told of it."""

from __future__ import annotations

import argparse
import re
from typing import Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_group

_ALL = 2**62  # events
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    actions = add_group(commands, "events", "what happened before cameras, and who is told of it")
    meaning = 'tell of events: "Ana is seen", "Ben leaves", "anybody is seen", "somebody unknown is seen at night"'
    one = add_command(actions, "events add", meaning, _add, '"RULE"')
    one.add_argument("rule", metavar='"RULE"', help="what is told")
    meaning = "http(s)://… (webhook), mqtt(s)://…, or page: only the app shows it (the default)"
    one.add_argument("--to", default="page", metavar="ADDRESS", help=meaning)
    meaning = "only of this camera: its place or address; may be given again"
    one.add_argument("--source", action="append", default=[], metavar="CAMERA", help=meaning)
    one.add_argument("--hours", default="", metavar="FROM-TO", help="only then, such as 22:00-06:00")
    one.add_argument("--least", type=float, default=0.0, metavar="P", help="only from this probability, 0 to 1")
    meaning = "after one event, tell no other of that camera for so long: 30s, 5m, 1h (default 1m)"
    one.add_argument("--quiet", type=_time, default=60.0, metavar="TIME", help=meaning)
    one.add_argument("--secret", default="", metavar="WORD", help="that signs webhooks (default: one is made)")
    one = add_command(actions, "events list", "the last events, the rules, what was told to whom", _list, "[NAME]")
    one.add_argument("name", metavar="NAME", nargs="?", help="only what is about this person")
    one.add_argument("--last", type=int, metavar="N", help="so many events (default 20; of one person all)")
    one = add_command(actions, "events remove", "delete a rule", _remove, "N")
    one.add_argument("number", metavar="N", type=int, help="of the rule, as `list` shows it")


def _add(args: argparse.Namespace) -> None:
    rule = console.open_library().events.add(
        args.rule, args.to, sources=args.source, hours=args.hours, least=args.least, quiet_s=args.quiet,
        secret=args.secret,
    )  # fmt: skip
    signed = f" Its messages are signed with this secret, shown only now: {rule.secret}" if rule.secret else ""
    console.report(args, {"id": rule.id, "secret": rule.secret}, f"Rule {rule.id} is added.{signed}")


def _list(args: argparse.Namespace) -> None:
    from pvchat.chat.english import plural

    library = console.open_library()
    log, who = library.events, args.name and library.chat.people.get(args.name).name
    most = args.last if args.last is not None else _ALL if who else 20
    last, rules = ([row for row in rows if who in (None, row["name"])]
                   for rows in (log.last(_ALL if who else most), log.rules()))  # fmt: skip
    last = last[-most:]
    deliveries = [
        row
        for row in log.deliveries(50 if args.json else _ALL)
        if who is None or row["event"] in {one["id"] for one in last}
    ]
    if args.json:
        console.write_json({"events": last, "rules": rules, "deliveries": deliveries})
        return
    seen = [(row["at"][:19].replace("T", " "), row["text"], f"{row['probability']:.2f}") for row in last]
    nothing = "Nothing happened yet. Watch a camera with: pvchat live CAMERA"
    console.list_rows(args, last, [("when", "event", "probability"), *seen], nothing)
    table = [("rule", "tells of", "cameras", "hours", "to")]
    for row in rules:
        cameras = ", ".join(row["sources"]) or "all cameras"
        table.append((str(row["id"]), row["rule"], cameras, row["hours"] or "always", row["target"]))
    nobody = 'Nobody is told of anything. Add a rule: pvchat events add "Ana is seen" --to ADDRESS'
    console.list_rows(args, rules, table, nobody)
    for (rule, state), group in _undelivered(deliveries).items():
        outcome = next(filter(None, (row["outcome"] for row in group)), "not tried yet")
        console.say(f"Rule {rule}: {len(group)} {plural('message', len(group))} {state} ({outcome})")


def _undelivered(deliveries: list[dict[str, Any]]) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """What wasn't taken, the oldest first: of a rule what is waiting, and what was given up."""
    groups = dict[tuple[int, str], list[dict[str, Any]]]()
    for row in reversed(deliveries):
        if row["state"] != "delivered":
            groups.setdefault((row["rule"], row["state"]), []).append(row)
    return groups


def _remove(args: argparse.Namespace) -> None:
    console.open_library().events.remove(args.number)
    console.report(args, {"removed": args.number}, f"Rule {args.number} is deleted.")


def _time(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no time; say 30s, 5m or 1h")
    return float(found[1]) * _UNITS[found[2]]
