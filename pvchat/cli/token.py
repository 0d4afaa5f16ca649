"""`pvchat token create | list | revoke`: who may call the HTTP API of `pvchat serve`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_group

if TYPE_CHECKING:
    from pvchat.storage.tokens import ApiToken


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    actions = add_group(commands, "token", "let programs call the HTTP API (docs/api.md)")
    one = add_command(actions, "token create", "make a token; its secret is shown once", _create, "NAME")
    one.add_argument("name", metavar="NAME", help='what it is for, such as "Home Assistant"')
    meaning = "what it may do: read, ask, manage, with commas between (default read,ask)"
    one.add_argument("--scope", default="read,ask", metavar="WORDS", help=meaning)
    one.add_argument("--days", type=float, metavar="N", help="after which it expires (default: never)")
    add_command(actions, "token list", "all tokens, without their secrets", _list)
    one = add_command(actions, "token revoke", "take a token away, at once", _revoke, "ID")
    one.add_argument("id", metavar="ID", help="as `list` shows it")


def _create(args: argparse.Namespace) -> None:
    from pvchat.storage import tokens

    scopes = [word.strip() for word in args.scope.split(",") if word.strip()]
    made, secret = tokens.create(args.name, scopes, args.days)
    console.say(f"Token {made.id} may {', '.join(made.scopes)}. This is shown once:")
    console.report(args, {**_row(made), "token": secret}, secret)


def _list(args: argparse.Namespace) -> None:
    from pvchat.storage import tokens

    rows = [_row(one) for one in tokens.tokens()]
    table = [("id", "name", "may", "since", "until")]
    table += [(row["id"], row["name"], ", ".join(row["scopes"]), row["created"][:10],
               "expired" if row["expired"] else row["expires"][:10]) for row in rows]  # fmt: skip
    console.list_rows(args, rows, table, "There are no tokens. Make one with: pvchat token create NAME")


def _revoke(args: argparse.Namespace) -> None:
    from pvchat.storage import tokens

    gone = tokens.revoke(args.id)
    console.report(args, _row(gone), f"{gone.name} ({gone.id}) can't call the API any more.")


def _row(token: ApiToken) -> dict[str, Any]:
    row = asdict(token)
    del row["sha256"]
    return {**row, "expired": token.is_over}
