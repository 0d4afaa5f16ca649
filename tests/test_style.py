"""House rules that a test can hold (CONTRIBUTING.md lists them all)."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
SOURCES = sorted((REPO / "pvchat").rglob("*.py")) + sorted((REPO / "app").rglob("*.py"))
TESTS = sorted((REPO / "tests").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES + TESTS}
TEXTS = (".py", ".md", ".toml", ".json", ".yaml", ".yml", ".txt", ".cfg", ".css", "")

MAX_FUNCTION, MAX_P90, MAX_PARAMETERS = 60, 22, 6  # lines; parameters
MAY_PRINT = {"console.py"}
BAD_NAMES = re.compile(r"(^|_)(utils?|misc|helpers?|v\d+|final|new|old|2)(_|$)")
LIGHT = ("config", "errors", "schemas")
HEAVY = ("torch", "transformers", "av", "decord", "dlib", "ai_edge_litert", "gradio", "timm", "PIL", "faiss")
# spelled in pieces, so that this file keeps its own rule
HOSTS = re.compile(
    "|".join(("pypi" + r"\.org", "python" + r"hosted", "hugging" + r"face\.co", "hf" + r"\.co/", "model" + "scope"))
)
PLACES = re.compile(r"(?<![\w.])/(work|home|root|Users|mnt|tmp)/")
PLACES_ALLOWED = {"tests", ".ci"}  # they speak of places on purpose: home folders to make, paths to refuse
DISTRIBUTIONS = {
    "PIL": "pillow", "ai_edge_litert": "ai-edge-litert", "dlib": "dlib-bin", "_dlib_pybind11": "dlib-bin",
    "faiss": "faiss-cpu", "sklearn": "scikit-learn", "paho": "paho-mqtt", "rouge_score": "rouge-score",
    "open_clip": "open_clip_torch", "dateutil": "python-dateutil",
}  # fmt: skip
OPTIONAL_IMPORTS = {"pillow_heif"}  # used where it is installed
OF_AN_EXTRA = {  # the only modules that import what an extra brings
    "pvchat/augment/positives/consisid.py": "hub", "pvchat/bases/eyes.py": "hub",
    "pvchat/pool.py": "ray",
    "pvchat/library/live/mqtt.py": "live",
}  # fmt: skip


def _relative(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


def _functions(tree: ast.AST):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _length(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


def _imports(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    return names


def _tracked() -> list[Path]:
    """What git holds or would hold; without git (an unpacked sdist) all that is there."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(words, cwd=REPO, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return [path for path in SOURCES + TESTS if path.is_file()]
    return [path for name in done.stdout.splitlines() if (path := REPO / name).is_file()]


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=_relative)
def test_files_are_well_named(path):
    assert not BAD_NAMES.search(path.stem)


@pytest.mark.parametrize("path", SOURCES, ids=_relative)
def test_modules_say_what_they_are(path):
    assert ast.get_docstring(TREES[path]) or not TREES[path].body
    text = path.read_text(encoding="utf-8")
    assert "from __future__ import annotations" in text or path.name == "__init__.py"


def test_functions_are_short():
    lengths = {f"{_relative(p)}:{f.name}": _length(f) for p in SOURCES for f in _functions(TREES[p])}
    assert {name: n for name, n in lengths.items() if n > MAX_FUNCTION} == {}
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= MAX_P90


def test_functions_take_few_parameters():
    """Keyword-only ones with a default are choices, not parts of the call."""
    long = {}
    for path in SOURCES:
        for function in _functions(TREES[path]):
            chosen = sum(default is not None for default in function.args.kw_defaults)
            if (count := len(_arguments(function)) - chosen) > MAX_PARAMETERS:
                long[f"{_relative(path)}:{function.name}"] = count
    assert long == {}


def test_public_functions_and_methods_are_typed_and_documented():
    bare = [
        f"{_relative(path)}:{name}"
        for path in SOURCES
        for name, node in _public(TREES[path])
        if node.returns is None or not ast.get_docstring(node) or any(a.annotation is None for a in _arguments(node))
    ]
    assert bare == []


def _public(tree: ast.Module):
    """Functions of a module and methods of its classes that have no leading underscore."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        for one in inner:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not one.name.startswith("_"):
                yield (one.name if one is node else f"{node.name}.{one.name}"), one


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [a for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")]


def test_only_the_command_line_prints():
    printing = {
        _relative(path)
        for path in SOURCES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert {name for name in printing if Path(name).name not in MAY_PRINT} == set()


@pytest.mark.parametrize("module", LIGHT)
def test_contracts_import_nothing_heavy(module):
    code = f"import sys, pvchat.{module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPO)
    assert done.stdout.strip() == "[]"


def test_importing_the_package_imports_nothing():
    code = "import sys, pvchat; print([m for m in sys.modules if m.startswith('pvchat.') or m in ('numpy', 'torch')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPO)
    assert done.stdout.strip() == "[]"


def test_no_pickle():
    for path in SOURCES:
        name, tree = _relative(path), TREES[path]
        assert not _imports(tree) & {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}, name
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "np.load", "numpy.load"):
                options = {option.arg: ast.unparse(option.value) for option in node.keywords}
                safe = {"torch.load": ("weights_only", "True")}.get(ast.unparse(node.func), ("allow_pickle", "False"))
                assert options.get(safe[0]) == safe[1], f"{name}:{node.lineno}"


def test_nothing_is_seeded_globally():
    """Code that draws from torch's global generator (generate, module initialisation) forks it before seeding."""
    words = {"torch.manual_seed", "np.random.seed", "numpy.random.seed", "random.seed"}
    calls = [
        f"{_relative(path)}:{node.lineno}"
        for path in SOURCES
        for node in _outside_forks(TREES[path])
        if isinstance(node, ast.Call) and ast.unparse(node.func) in words
    ]
    assert calls == []


def _outside_forks(node: ast.AST):
    """All nodes but those in a `with …fork_rng(…)` block."""
    if isinstance(node, ast.With) and any("fork_rng" in ast.unparse(item.context_expr) for item in node.items):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _outside_forks(child)


def test_no_hosts_and_no_places_of_one_machine():
    found = []
    for path in _tracked():
        if path.suffix not in TEXTS:
            continue
        text, name = path.read_text(encoding="utf-8", errors="ignore"), _relative(path)
        found += [f"{name}: {hit.group()}" for hit in HOSTS.finditer(text)]
        if name.split("/")[0] not in PLACES_ALLOWED:
            found += [f"{name}: {hit.group()}" for hit in PLACES.finditer(text)]
    assert found == []


def test_tracked_files_are_small():
    big = {
        _relative(p): p.stat().st_size for p in _tracked() if p.stat().st_size > 300_000 and p.suffix != ".safetensors"
    }
    assert big == {}


def test_shipped_weights_have_a_row_each_and_at_most_80_mb_together():
    table = (REPO / "docs" / "weights.md").read_text(encoding="utf-8")
    shipped = [p for p in _tracked() if p.relative_to(REPO).parts[0] != "tests"]
    weights = [p for p in shipped if p.suffix == ".safetensors"]
    named = set(re.findall(r"^\| `([^`]+\.safetensors)`", table, re.MULTILINE))
    assert named == {p.relative_to(REPO / "pvchat").as_posix() for p in weights}
    assert sum(p.stat().st_size for p in weights) <= 80_000_000


def test_what_is_imported_is_declared():
    """One install brings every import; the few modules that work for hub models or on Ray name their extra here."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = {_distribution(line) for line in project["dependencies"]}
    extras = {name: {_distribution(r) for r in rows} for name, rows in project["optional-dependencies"].items()}
    assert set(extras) == {"hub", "mcp", "ray", "live", "test", "dev"}
    for path in SOURCES:
        tops = {module.split(".")[0] for module in _imports(TREES[path])} - set(sys.stdlib_module_names)
        third = {DISTRIBUTIONS.get(top, top) for top in tops - {"pvchat", "pvchat_app"} - OPTIONAL_IMPORTS}
        allowed = base | extras.get(OF_AN_EXTRA.get(_relative(path), ""), set())
        assert third <= allowed, f"{_relative(path)}: {sorted(third - allowed)}"


def _distribution(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9_.\-]+", requirement).group()


def test_every_test_file_has_a_name_of_its_own() -> None:
    """Pytest imports test files by their bare names: two of one name stop the whole run, one folder alone passes."""
    names = [path.name for path in (REPO / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
