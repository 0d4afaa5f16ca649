"""`pvchat doctor`: what it says is there is there, what is missing comes with the command that mends it."""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from make_people import make_person

from pvchat.assets import weights
from pvchat.assets.packages import table
from pvchat.cli import doctor
from pvchat.cli import main as cli
from pvchat.people.store import PeopleStore
from pvchat.storage import library, migrations, stores


def test_an_empty_home(pvchat_home, capsys):
    assert cli.main(["doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["home"] == str(pvchat_home)
    assert [row["role"] for row in report["weights"] if not doctor._for_whom(row)] == [
        w.role for w in table("embedded")
    ]
    assert [row["role"] for row in report["weights"] if row["for_spoken"]] == ["llm"]
    assert [row["role"] for row in report["weights"] if row["for_demo"]] == [w.role for w in table("footage")]
    assert not any(row["here"] for row in report["weights"])
    assert all(row["licence"] for row in report["weights"])
    assert report["decoder"]["backend"] in ("decord", "pyav")
    assert report["device"]["auto"] in report["device"]["available"]
    assert report["people"] == {"enrolled": 0, "damaged": {}}
    assert report["disk"]["free_bytes"] > 0
    assert "pvchat doctor --fetch" in [problem["mend"] for problem in report["problems"]]
    assert not report["ok"]


def test_people_and_disk_are_counted(pvchat_home):
    PeopleStore().add(make_person("Ana"))
    report = doctor.examine()
    assert report["people"]["enrolled"] == 1
    files = [file for file in pvchat_home.rglob("*") if file.is_file()]
    assert report["disk"]["used_bytes"] == sum(file.stat().st_size for file in files) > 0


def test_a_page_of_the_library_that_is_damaged_is_a_problem(pvchat_home: Path) -> None:
    """It was found when a question came to it."""
    with closing(library.connect(pvchat_home / "people")) as made:
        many = (
            "INSERT INTO sources(path, place) WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 5000) "
        )
        made.execute(f"{many} SELECT 'folder ' || i, '' FROM n")
        library.empty_log(made)
    path = stores.library_of(pvchat_home / "people")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 4096)
        file.write(b"\xff" * 4096)
    (problem,) = [one for one in doctor.examine()["problems"] if "library" in one["what"]]
    assert "damaged" in problem["what"] or "malformed" in problem["what"]
    assert problem["mend"].startswith("Delete that folder")


@pytest.mark.parametrize(
    ("version", "which", "mend"),
    [(migrations.OLDEST - 1, "too early a", "cameras' clips"), (migrations.NEWEST + 1, "a later", "Update PVChat")],
)
def test_a_library_that_cannot_be_used_is_a_problem(pvchat_home: Path, version: int, which: str, mend: str) -> None:
    """It was "Everything is there", and every question to the library an error."""
    with closing(library.connect(pvchat_home / "people")) as made:
        made.execute(f"PRAGMA user_version = {version}")
    (problem,) = [one for one in doctor.examine()["problems"] if "library" in one["what"]]
    assert which in problem["what"]
    assert mend in problem["mend"]


def test_a_missing_package_and_both_decords(monkeypatch):
    real = doctor._version
    odd = {"timm": None, "decord": "0.6.0", "decord2": "3.4.0", "gradio": None}
    monkeypatch.setattr(doctor, "_version", lambda name: odd[name] if name in odd else real(name))
    mends = [problem["mend"] for problem in doctor.examine()["problems"]]
    assert any(mend.endswith("pip install timm") for mend in mends)
    assert any("uninstall -y decord decord2" in mend for mend in mends)
    assert any(mend.endswith("pip install gradio") for mend in mends)


def test_what_is_asked_for_is_what_an_install_brings():
    """No package of an extra: `pip install pvchat` would leave a problem that it can't mend."""
    lines = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split("[^A-Za-z0-9_.-]", line)[0].replace("_", "-") for line in lines}
    assert {"torch", "decord", "decord2"} <= set(doctor._packages())
    assert not {"ray", "paho-mqtt", "ruff"} & set(doctor._packages())
    assert {"torch", "transformers", "gradio"} <= names & set(doctor._packages())


def test_a_broken_torch_is_a_problem_not_a_crash(monkeypatch):
    def broken():
        raise OSError("libfoo.so is missing")

    monkeypatch.setattr("pvchat.cli.doctor.available_devices", broken)
    report = doctor.examine()
    assert any("libfoo.so" in problem["what"] for problem in report["problems"])
    doctor.show(report)


def test_a_full_disk_and_a_home_that_cannot_be_written_are_problems(monkeypatch):
    monkeypatch.setattr(doctor, "_disk", lambda: {"used_bytes": 1, "free_bytes": 10**8, "writable": False})
    told = " ".join(problem["what"] for problem in doctor.examine()["problems"])
    assert "100 MB" in told
    assert "can't be written" in told


def test_all_of_it_is_printed(capsys):
    report = doctor.examine()
    doctor.show(report)
    text = capsys.readouterr().out
    for row in report["weights"]:
        assert row["role"] in text
        assert row["licence"] in text
    assert "mend it with: pvchat doctor --fetch" in text


def test_of_a_home_without_its_key_nobody_is_counted(monkeypatch, capsys):
    PeopleStore().add(make_person("Ana"))
    monkeypatch.setenv("PVCHAT_KEY", "a long passphrase")
    assert cli.main(["encrypt"]) == 0
    monkeypatch.delenv("PVCHAT_KEY")
    doctor.show(doctor.examine())
    text = capsys.readouterr().out
    assert "enrolled" not in text
    assert "export PVCHAT_KEY" in text


@pytest.mark.weights
def test_with_all_weights_nothing_is_missing():
    report = doctor.examine()
    assert all(row["here"] for row in report["weights"] if not doctor._for_whom(row))
    assert not any("Weights" in problem["what"] for problem in report["problems"])


def test_fetch_brings_weights_and_footage_and_nothing_twice(monkeypatch, capsys):
    fetched = []

    def fetch(roles=None, progress=None, *, table=None):
        fetched.append(table)
        progress("llm", 5, 10)

    monkeypatch.setattr(weights, "fetch", fetch)
    assert cli.main(["doctor", "--fetch", "--json"]) == 1  # for nothing was fetched
    assert fetched == [table("embedded"), table("footage")]
    captured = capsys.readouterr()
    json.loads(captured.out)  # progress is on stderr
    assert captured.err.splitlines()[0].startswith("Fetching ")
    assert captured.err.splitlines()[1].startswith("llm: 5.00B of 10.0B")


def test_more_is_fetched_where_it_is_asked_for(monkeypatch, capsys):
    fetched = []
    monkeypatch.setattr(weights, "fetch", lambda progress, table: fetched.append(table))
    cli.main(["doctor", "--fetch", "--voice", "--spoken", "--json"])
    assert fetched == [table(kind) for kind in ("embedded", "footage", "voice", "languages", "spoken")]
