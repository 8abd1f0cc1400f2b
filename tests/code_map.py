"""The code as the structure tests read it: modules, what each imports, and what each defines."""

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "comp_viz").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
BESIDE = [
    ROOT / "app.py",
    *(path for name in ("pages", "recipes", "benchmarks", "docs") for path in sorted((ROOT / name).rglob("*.py"))),
]


def module_name(path: Path) -> str:
    """`comp_viz/data/batch.py` -> `comp_viz.data.batch`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in (*SOURCES, *PAGES)}


@cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text())


@cache
def imports(module: str) -> frozenset[str]:
    """Modules that a module imports anywhere in it, also inside functions and for the type checker alone."""
    names = set()
    for node in ast.walk(tree(MODULES[module])):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            names |= inside or {node.module or ""}
    return frozenset(names)


def our_imports(module: str) -> list[str]:
    """Those of them that are ours."""
    return sorted(imports(module) & MODULES.keys())


def public_names(path: Path) -> Iterator[str]:
    """Functions and classes at the top level of a file, without private ones."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def identifiers(path: Path) -> set[str]:
    """All names in a file: of functions, classes, variables, arguments and attributes."""
    names = set()
    for node in ast.walk(tree(path)):
        for field in ("id", "arg", "attr", "name"):
            if isinstance(name := getattr(node, field, None), str):
                names.add(name)
    return names


def circles(graph: Mapping[str, Collection[str]]) -> list[list[str]]:
    """What imports itself by way of others, of modules or folders with their imports: Tarjan's strongly connected components."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    components: list[list[str]] = []

    def visit(one: str) -> None:
        number[one] = lowest[one] = len(number)
        stack.append(one)
        for other in graph.get(one, ()):
            if other not in number:
                visit(other)
            if other in stack:
                lowest[one] = min(lowest[one], lowest[other])
        if lowest[one] == number[one]:
            circle = stack[stack.index(one) :]
            del stack[stack.index(one) :]
            if len(circle) > 1:
                components.append(sorted(circle))

    for one in graph:
        if one not in number:
            visit(one)
    return components
