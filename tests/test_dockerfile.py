"""The Dockerfile: an unprivileged user, one volume, the app's own command. No Docker is needed to read it."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """Instructions in order: word and rest, lines joined, comments left out."""
    text = (REPO / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines()]


def only(steps: list[tuple[str, str]], word: str) -> str:
    found = [rest for name, rest in steps if name == word]
    assert len(found) == 1, f"{word}: {found}"
    return found[0]


def environment(steps: list[tuple[str, str]]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(only(steps, "ENV")))


def test_it_runs_as_a_user_without_rights(steps) -> None:
    names = [name for name, _ in steps]
    user, group = only(steps, "USER").split(":")
    assert int(user) > 999
    assert int(group) > 999
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names[names.index("USER") :]  # nothing is installed by her, so she can't change what runs
    made = next(rest for name, rest in steps if name == "RUN")
    assert f"--uid {user}" in made
    assert "nologin" in made


def test_the_home_is_the_volume_and_hers_alone(steps) -> None:
    home = environment(steps)["PVCHAT_HOME"]
    assert only(steps, "VOLUME") == home == environment(steps)["HOME"]
    made = next(rest for name, rest in steps if name == "RUN")
    assert f"install --directory --owner {only(steps, 'USER').split(':')[0]} --group 10001 --mode 700 {home}" in made
    names = [name for name, _ in steps]
    assert names.index("RUN") < names.index("VOLUME")  # what is changed in a volume after it is declared is lost


def test_no_secret_is_in_the_image(steps) -> None:
    text = (REPO / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"^(ENV|ARG).*(PASSWORD|KEY|TOKEN)", text, re.MULTILINE)


def test_its_command_is_understood_and_asks_for_a_password(steps, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvchat_app.server import Options

    from pvchat.cli.main import build_parser
    from pvchat.errors import SettingsError

    program, words = json.loads(only(steps, "ENTRYPOINT")), json.loads(only(steps, "CMD"))
    assert Path(program[0]).name == "pvchat"
    args = build_parser().parse_args(words)
    assert str(args.port) == only(steps, "EXPOSE")
    with pytest.raises(SettingsError, match="--password"):
        Options(args.host, args.port)
    monkeypatch.setenv("PVCHAT_PASSWORD", "from the environment")
    args = build_parser().parse_args(words)
    assert Options(args.host, args.port, args.password).password == "from the environment"


def test_its_health_check_is_a_program_that_fails_without_a_server(steps) -> None:
    check = json.loads(only(steps, "HEALTHCHECK").split("CMD ", 1)[1])
    code = check[-1].replace(only(steps, "EXPOSE"), "9")  # nobody listens on the discard port
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 1


def test_what_is_copied_is_what_the_package_needs() -> None:
    lines = (REPO / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    taken = {rule[1:] for rule in rules if rule.startswith("!")}
    project = (REPO / "pyproject.toml").read_text(encoding="utf-8")
    needed = {
        "pyproject.toml",
        *re.findall(r'^readme = "(.+)"', project, re.M),
        *re.findall(r'"(\w+)"', re.findall(r"license-files = .*", project)[0]),
    }
    packages = re.search(r"^packages = \[(.+?)\]", project, re.M).group(1)
    needed |= {package.split("/")[0] for package in re.findall(r'"(.+?)"', packages)}
    assert needed == taken
    assert all((REPO / name).exists() for name in taken)
    assert any(fnmatch.fnmatch("a/__pycache__", rule) for rule in rules)
