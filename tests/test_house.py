"""The house's rules: imports never run upwards, there are no rings, nobody takes another module's private names."""

from __future__ import annotations

import ast
from pathlib import Path

import house
import pytest

REPO = Path(__file__).parents[1]
GRAPH = house.imports(REPO)


def test_every_module_stands_on_a_floor():
    assert {name: house.floor(name) for name in GRAPH if name not in house.EVERYWHERE and not house.floor(name)} == {}


def test_recipes_stay_outside():
    """They make what ships; what ships doesn't need them."""
    found = [
        f"{name}: {node.module}"
        for name, path in house.modules(REPO).items()
        for node in ast.walk(house.parsed(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "recipes"
    ]
    assert found == []


def test_imports_never_run_upwards():
    assert house.upward(GRAPH) == []


def test_there_are_no_rings_of_modules():
    assert house.rings(GRAPH) == []


def test_there_are_no_rings_of_packages():
    def package(name: str) -> str:
        return ".".join(name.split(".")[:2]) if name.startswith("pvchat.") else name.split(".")[0]

    plan: dict[str, set[str]] = {}
    for name, others in GRAPH.items():
        if name not in house.EVERYWHERE:
            here = package(name)
            plan.setdefault(here, set()).update({package(o) for o in others if o not in house.EVERYWHERE} - {here})
    assert house.rings(plan) == []


def test_private_names_stay_in_their_module():
    assert house.private_imports(REPO) == []


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A small checkout whose imports are lazy, conditional, relative to nothing, and upwards."""
    for name, text in {
        "pvchat/__init__.py": "",
        "pvchat/errors.py": "def f():\n    from pvchat.chat import words\n",
        "pvchat/chat/__init__.py": "",
        "pvchat/chat/words.py": "import typing\nif typing.TYPE_CHECKING:\n    from pvchat.chat import deeds\n",
        "pvchat/chat/deeds.py": "from pvchat.chat import words\nwords._secret()\nfrom pvchat.errors import _hidden\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_lazy_imports_count(built: Path):
    assert house.upward(house.imports(built)) == ["pvchat.errors -> pvchat.chat.words"]


def test_rings_are_found_through_type_checking_imports(built: Path):
    assert house.rings(house.imports(built)) == [["pvchat.chat.deeds", "pvchat.chat.words", "pvchat.errors"]]


def test_private_names_are_found_in_imports_and_in_use(built: Path):
    assert house.private_imports(built) == [
        "pvchat.chat.deeds: pvchat.errors._hidden",
        "pvchat.chat.deeds: pvchat.chat.words._secret",
    ]


def test_a_module_without_a_floor_is_an_error():
    with pytest.raises(ValueError, match="pvchat.attic"):
        house.floor("pvchat.attic")
