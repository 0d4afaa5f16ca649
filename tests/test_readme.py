"""README: its commands are those that CI runs, its tables are those of the code."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

from pvchat.assets.packages import table

REPO = Path(__file__).parents[1]
README = (REPO / "README.md").read_text(encoding="utf-8")
CI = (REPO / ".ci" / "run").read_text(encoding="utf-8")


def _setup_commands() -> list[str]:
    section = README.split("## Set-up")[1].split("\n## ")[0]
    return [block.strip() for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)]


def _steps(command: str) -> list[list[str]]:
    return [shlex.split(step) for step in command.split("&&")]


def test_two_commands_set_everything_up():
    commands = _setup_commands()
    assert len(commands) == 2
    for command in commands:
        assert "\n" not in command
        assert _steps(command)[0] == ["python3", "-m", "venv", ".venv"]
        assert _steps(command)[1][:2] == [".venv/bin/pip", "install"]
    assert _steps(commands[0])[-1] == [".venv/bin/pvchat", "demo"]
    assert _steps(commands[1])[-1] == [".venv/bin/python", "-m", "pytest"]


def test_ci_runs_the_test_command():
    lines = [shlex.split(line) for line in CI.splitlines() if line.startswith(('python3 -m venv "$venv"', '"$venv/'))]
    ci = [[word.replace("$venv", ".venv") for word in line if word != "-q"] for line in lines]
    assert ci == _steps(_setup_commands()[1])
    assert CI.rstrip().splitlines()[-1] == '"$venv/bin/python" -m pytest'  # pytest's closing line is the last


def test_the_weights_table_is_the_code_s():
    section = (REPO / "docs" / "weights.md").read_text(encoding="utf-8").split("## Our own")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", section, re.MULTILINE)[1:]
    assert rows == [
        (weight.purpose, f"{weight.package} {weight.version}", weight.licence)
        for weight in table("embedded", "spoken", "voice", "languages")
    ]


def test_licence_and_test_extra():
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0 AND LicenseRef-research-weights"
    assert (REPO / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")
    extras = project["optional-dependencies"]
    covered = re.match(r"pvchat\[(.*)\]", extras["test"][0]).group(1).split(",")
    assert set(covered) == set(extras) - {"test", "dev", "ray"}  # ray lags behind new Pythons
