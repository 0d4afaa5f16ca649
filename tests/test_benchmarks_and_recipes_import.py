"""Benchmarks and recipes keep up with the code: each of them imports, and names only what is still there."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
BENCHMARKS = sorted((REPO / "benchmarks").glob("*.py"))
SCRIPTS = {path.stem for path in BENCHMARKS}  # they import each other by these names
FILES = [*BENCHMARKS, *sorted((REPO / "recipes").rglob("*.py"))]
OURS = {"pvchat", "pvchat_app", "recipes", *SCRIPTS}


@pytest.fixture(scope="module", autouse=True)
def _beside_each_other() -> Iterator[None]:
    """Let benchmarks find each other; afterwards `sys.path` and `sys.modules` know nothing of them."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(REPO / "benchmarks")
        yield
    for name in SCRIPTS - before:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(REPO).as_posix())
def test_it_imports_and_names_only_what_is_there(path: Path) -> None:
    importlib.import_module(_import_name(path))
    assert [name for name in sorted(_names_of_ours(path)) if not _exists(name)] == []


def test_each_benchmark_that_a_page_names_is_a_command() -> None:
    pages = [REPO / "README.md", *(REPO / "docs").glob("*.md"), *REPO.glob("*/README.md"), *REPO.glob("pvchat/**/*.md")]
    texts = [page.read_text(encoding="utf-8") for page in pages if page.name != "LOG.md"]
    named = {name for text in texts for name in re.findall(r"python (benchmarks/\w+\.py)", text)}
    assert named
    assert [name for name in sorted(named) if "\n    main()\n" not in (REPO / name).read_text(encoding="utf-8")] == []


def _import_name(path: Path) -> str:
    parts = path.relative_to(REPO).with_suffix("").parts
    return parts[-1] if path in BENCHMARKS else ".".join(parts).removesuffix(".__init__")


def _names_of_ours(path: Path) -> set[str]:
    """What a file takes from modules of ours, wherever it does so, as "package.module.name"."""
    nodes, bound = list(ast.walk(ast.parse(path.read_text(encoding="utf-8")))), dict[str, str]()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            bound |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            bound |= {one.asname or one.name: one.name for one in node.names if one.name.split(".")[0] in OURS}
    used = [n for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in bound]
    return {*bound.values(), *(f"{bound[node.value.id]}.{node.attr}" for node in used)}


def _exists(name: str) -> bool:
    try:
        pkgutil.resolve_name(name)
    except (AttributeError, ImportError):
        return False
    return True
