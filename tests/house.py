"""The house: rooms, floors, rings of imports. `python tests/house.py [REPO]` prints them; `test_house.py` holds them.

In: the source files of a checkout, read as text (nothing is imported). Out: every import between two of its modules,
lazy ones and TYPE_CHECKING ones too.

A room is a folder of modules (or a module that lies directly in a package, such as `service.py`). A ring is a set of
modules or rooms that import each other, found as a strongly connected component.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGES = {"pvchat": "pvchat", "pvchat_app": "app/pvchat_app"}  # import name: folder
# Top floor first. A module stands in the longest prefix that fits; a floor's rooms may not import each other upwards.
FLOORS = (
    ("pvchat_app", "pvchat.cli", "pvchat.__main__"),
    ("pvchat.eval",),
    ("pvchat.service",),
    ("pvchat.library",),
    ("pvchat.train",),
    ("pvchat.augment",),
    ("pvchat.chat",),
    ("pvchat.bases",),
    ("pvchat.model",),
    ("pvchat.identity",),
    ("pvchat.perception",),
    ("pvchat.assets", "pvchat.people"),
    ("pvchat.video", "pvchat.storage"),
    (
        "pvchat.config",
        "pvchat.schemas",
        "pvchat.errors",
        "pvchat.runtime",
        "pvchat.memory",
        "pvchat.watchdog",
        "pvchat.pool",
    ),
)
EVERYWHERE = ("pvchat",)  # `pvchat/__init__.py`: the version, and public names that are looked up when they are touched

Graph = Mapping[str, set[str]]


def modules(repo: Path) -> dict[str, Path]:
    """Import name and file of every module."""
    found = {}
    for package, folder in PACKAGES.items():
        root = repo / folder
        if not root.exists():  # a checkout of before that layout
            package, root = "app", repo / "app"
        for path in sorted(root.rglob("*.py")):
            parts = (package, *path.relative_to(root).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def parsed(path: Path) -> ast.Module:
    """A source file's tree. CPython 3.11 counts the depth of all threads together and may fail beside another one."""
    source = path.read_text(encoding="utf-8")
    try:
        return ast.parse(source)
    except SystemError:
        return ast.parse(source)


def imports(repo: Path) -> dict[str, set[str]]:
    """The modules that each module imports, wherever the import stands."""
    known = modules(repo)
    graph: dict[str, set[str]] = {name: set() for name in known}
    for name, path in known.items():
        for node in ast.walk(parsed(path)):
            graph[name] |= {home for target in _targets(node) if (home := _module(target, known))} - {name}
    return graph


def private_imports(repo: Path) -> list[str]:
    """Imports and uses of another module's private names: "module: name"."""
    known, found = modules(repo), []
    for name, path in known.items():
        tree = parsed(path)
        bound = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
                found += [f"{name}: {node.module}.{a.name}" for a in node.names if _private(a.name)]
                bound.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _private(node.attr)):
                continue
            if bound.get(node.value.id) in known:
                found.append(f"{name}: {bound[node.value.id]}.{node.attr}")
    return found


def floor(module: str) -> int:
    """The floor a module stands on, 1 at the bottom; 0 for what may be imported everywhere."""
    if module in EVERYWHERE:
        return 0
    fits = [(len(room), len(FLOORS) - at) for at, rooms in enumerate(FLOORS) for room in rooms if _in(module, room)]
    if not fits:
        raise ValueError(f"{module} stands on no floor: add its room to FLOORS")
    return max(fits)[1]


def upward(graph: Graph) -> list[str]:
    """Imports that run upwards, as "a -> b"."""
    return [f"{a} -> {b}" for a in graph for b in sorted(graph[a]) if 0 < floor(a) < floor(b)]


def rings(graph: Graph) -> list[list[str]]:
    """Strongly connected components of more than one node (Tarjan's algorithm), largest first."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            cut = stack.index(node)
            if len(ring := stack[cut:]) > 1:
                found.append(sorted(ring))
            del stack[cut:]

    sys.setrecursionlimit(10_000)
    for node in sorted(graph):
        if node not in order:
            visit(node)
    return sorted(found, key=len, reverse=True)


def rooms(graph: Graph, repo: Path) -> dict[str, set[str]]:
    """The graph of rooms: folders, and modules that lie directly in a package."""
    known = modules(repo)
    out: dict[str, set[str]] = defaultdict(set)
    for module, others in graph.items():
        here = _room(module, known)
        out[here] |= {room for other in others if (room := _room(other, known)) != here}
    return dict(out)


def floors_needed(graph: Graph) -> int:
    """How many floors the rooms need: the longest way down, rings counted as one."""
    ring_of = {node: ring[0] for ring in rings(graph) for node in ring}
    joined: dict[str, set[str]] = defaultdict(set)
    for node, others in graph.items():
        here = ring_of.get(node, node)
        joined[here] |= {other for o in others if (other := ring_of.get(o, o)) != here}
    depth: dict[str, int] = {}

    def deep(node: str) -> int:
        if node not in depth:
            depth[node] = 1 + max((deep(other) for other in joined.get(node, ())), default=0)
        return depth[node]

    return max((deep(node) for node in list(joined)), default=0)


def _targets(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _module(name: str, known: Mapping[str, Path]) -> str | None:
    """The module that an imported dotted name comes from."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def _room(module: str, known: Mapping[str, Path]) -> str:
    if known[module].name == "__init__.py":
        return module
    parent = module.rpartition(".")[0]
    return module if parent == "pvchat" else parent


def _in(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def main(repo: Path) -> None:
    """Print the measures of a checkout."""
    graph = imports(repo)
    plan = rooms({name: others for name, others in graph.items() if name not in EVERYWHERE}, repo)
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules(repo).values())
    out = [f"modules {len(graph)}, lines {lines}, rooms {len(plan)}, floors {floors_needed(plan)}"]
    for title, found in (("rings of modules", rings(graph)), ("rings of rooms", rings(plan))):
        out.append(f"{title}: {len(found)} {[len(ring) for ring in found]}")
        out += [f"  {' '.join(ring)}" for ring in found]
    out.append(f"private names taken: {len(private_imports(repo))}")
    try:
        out += ["imports that run upwards:", *(f"  {line}" for line in upward(graph))]
    except ValueError as error:  # another layout than this table's
        out.append(str(error))
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
