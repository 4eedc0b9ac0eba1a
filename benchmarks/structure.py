"""What the code is made of: how long, how tangled, who holds what, and what is written twice.

usage: python benchmarks/structure.py SRC [SRC ...] [--by-room]

SRC holds the package affuse. Prints one row a measure and one column a source; ``--by-room`` adds
where each of the last one's findings lies. Lines of code are those that are neither blank nor
comment nor docstring. A block is duplicated where the same six lines of code, names and numbers as
they are, stand in two places; imports and signatures are none. An executor is whatever imports
concurrent.futures, multiprocessing or makes threads. A whole-file writer is a module that gives a
temporary file its name.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LONGEST_FUNCTION, LONGEST_FILE, BLOCK = 40, 300, 6
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_RENAMES = ("replace", "rename", "renames")
_DOCUMENTED_ELSEWHERE = {
    "property", "cached_property", "setter", "overload", "command", "callback", "one_line_errors",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A place in the code, and what is to be seen there."""

    room: str
    place: str
    said: str


@dataclass(frozen=True)
class Module:
    """One file."""

    path: Path
    name: str

    @property
    def room(self) -> str:
        """The package right below affuse, or the file itself."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else parts[0]

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """As Python reads it."""
        return ast.parse(self.text)

    @cached_property
    def code(self) -> list[int]:
        """Numbers of the lines of code."""
        with self.path.open("rb") as file:
            skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT}
            skipped |= {tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
            lines: set[int] = set()
            for token in tokenize.tokenize(file.readline):
                if token.type not in skipped:
                    lines.update(range(token.start[0], token.end[0] + 1))
        return sorted(lines - _docstring_lines(self.tree))

    @property
    def functions(self) -> Iterator[_Function]:
        """All of them, methods and inner ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, _Function):
                yield node

    def finding(self, line: int, said: str = "") -> Finding:
        """Something at a line."""
        return Finding(self.room, f"{self.name}:{line}", said)


def main(arguments: list[str]) -> None:
    """Measure every source and print the table."""
    sources = [Path(each) for each in arguments if not each.startswith("--")]
    measured = {source: measures(modules(source)) for source in sources}
    names = list(measured[sources[0]])
    width = max(map(len, names))
    print(" " * width, *(f"{_short(source):>16}" for source in sources))
    for name in names:
        print(f"{name:<{width}}", *(f"{measured[s][name][0]:>16}" for s in sources))
    if "--by-room" in arguments:
        _print_rooms(measured[sources[-1]])


def modules(source: Path) -> list[Module]:
    """Files of the package below a source folder."""
    return [
        Module(path, ".".join(path.relative_to(source).with_suffix("").parts))
        for path in sorted((source / "affuse").rglob("*.py"))
    ]


def measures(files: list[Module]) -> dict[str, tuple[str, list[Finding]]]:
    """Name of each measure -> its figure, and where what is counted lies."""
    found: dict[str, tuple[str, list[Finding]]] = {
        "files": (str(len(files)), []),
        "lines": (f"{sum(len(each.text.splitlines()) for each in files):,}", []),
        "lines of code": (f"{sum(len(each.code) for each in files):,}", []),
        "import cycles": _counted(cycles(files)),
    }
    kinds: dict[str, Callable[[Module], Iterable[Finding]]] = {
        "places that open an ONNX session": sessions,
        "whole-file writers": writers,
        f"functions over {LONGEST_FUNCTION} lines": long_functions,
        f"files over {LONGEST_FILE} lines of code": long_file,
    }
    for name, kind in kinds.items():
        found[name] = _counted([one for each in files for one in kind(each)])
    holders = [one for each in files for one in executors(each)]
    found["rooms with executors"] = (str(len({one.room for one in holders})), holders)
    found["duplicated blocks"] = _counted(duplicates(files))
    public = [pair for each in files for pair in public_functions(each)]
    for section, wanted in (("Parameters", has_arguments), ("Returns", gives_something)):
        asked = [(each, node) for each, node in public if wanted(node)]
        lacking = [(each, node) for each, node in asked if not _documents(node, section)]
        share = 100 * (1 - len(lacking) / max(len(asked), 1))
        found[f"public functions with {section}"] = (
            f"{share:.1f} % of {len(asked)}",
            [each.finding(node.lineno, f"{node.name}: {section}") for each, node in lacking],
        )
    return found


def cycles(files: list[Module]) -> list[Finding]:
    """Modules that import each other, however far around; one finding a ring."""
    graph = {each.name: _imported(each, {one.name for one in files}) for each in files}
    rings = [ring for ring in _strongly_connected(graph) if len(ring) > 1]
    return [Finding(ring[0].split(".")[1], ring[0], " <-> ".join(ring)) for ring in rings]


def sessions(file: Module) -> Iterator[Finding]:
    """Calls of InferenceSession."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and _called(node) == "InferenceSession":
            yield file.finding(node.lineno)


def executors(file: Module) -> Iterator[Finding]:
    """Imports of pools and processes, and threads that are made."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names if isinstance(node, ast.Import)}
            names |= {node.module or ""} if isinstance(node, ast.ImportFrom) else set()
            if any(name.split(".")[0] in ("concurrent", "multiprocessing") for name in names):
                yield file.finding(node.lineno, ", ".join(sorted(names)))
        elif isinstance(node, ast.Call) and _called(node) == "Thread":
            yield file.finding(node.lineno, "Thread")


def writers(file: Module) -> Iterator[Finding]:
    """The first place of a module where a temporary file or folder gets its name."""
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        on = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        given_one = len(node.args) == 1 and not node.keywords
        if (on == "os" and node.func.attr in _RENAMES) or (
            given_one and node.func.attr in _RENAMES
        ):
            yield file.finding(node.lineno, f"{on}.{node.func.attr}")
            return


def long_functions(file: Module) -> Iterator[Finding]:
    """Functions of too many lines of code."""
    code = set(file.code)
    for node in file.functions:
        n_lines = len(code & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)))
        if n_lines > LONGEST_FUNCTION:
            yield file.finding(node.lineno, f"{node.name}: {n_lines}")


def long_file(file: Module) -> Iterator[Finding]:
    """A file of too many lines of code."""
    if len(file.code) > LONGEST_FILE:
        yield file.finding(1, str(len(file.code)))


def duplicates(files: list[Module]) -> list[Finding]:
    """Blocks of lines that stand in two places, each as long as it goes, the second time."""
    places: dict[tuple[str, ...], list[tuple[Module, int]]] = defaultdict(list)
    stripped = {each.name: _statements(each) for each in files}
    for each in files:
        lines = stripped[each.name]
        for start in range(len(lines) - BLOCK + 1):
            places[tuple(text for _, text in lines[start : start + BLOCK])].append((each, start))
    found: list[Finding] = []
    seen: set[tuple[str, int]] = set()
    for (first, at), *others in (pairs for pairs in places.values() if len(pairs) > 1):
        for other, start in others:
            if (other.name, start - 1) not in seen:
                said = f"as {first.name}:{stripped[first.name][at][0]}"
                found.append(other.finding(stripped[other.name][start][0], said))
            seen.add((other.name, start))
    return found


def public_functions(file: Module) -> Iterator[tuple[Module, _Function]]:
    """Functions and methods without an underscore, in modules and classes without one."""
    if any(part.startswith("_") for part in file.name.split(".")[1:]):
        return
    bodies = [file.tree.body]
    bodies += [
        node.body
        for node in file.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    for node in (node for body in bodies for node in body):
        hidden = not isinstance(node, _Function) or node.name.startswith("_")
        if not hidden and not _is_documented_elsewhere(node):
            yield file, node


def has_arguments(node: _Function) -> bool:
    """Whether a caller gives it anything."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any(argument.arg not in ("self", "cls") for argument in given)


def gives_something(node: _Function) -> bool:
    """Whether a caller gets anything."""
    return node.returns is not None and ast.unparse(node.returns) not in ("None", "Iterator[None]")


def _is_documented_elsewhere(node: _Function) -> bool:
    """Whether it is a property, an override, one of several signatures, or a command."""
    texts = [ast.unparse(each).partition("(")[0] for each in node.decorator_list]
    words = {word for text in texts for word in text.split(".")}
    return bool(
        words
        & {"property", "cached_property", "setter", "override", "overload", "command", "callback"}
    )


def _documents(node: _Function, section: str) -> bool:
    told = ast.get_docstring(node) or ""
    names = ("Returns", "Yields") if section == "Returns" else (section,)
    return any(f"{name}\n{'-' * len(name)}" in told for name in names)


def _statements(file: Module) -> list[tuple[int, str]]:
    """Lines of code but imports, signatures and lone brackets: number and text, blanks apart."""
    lines = file.text.splitlines()
    other: set[int] = set()
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            other.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, _Function):
            # Whatever keeps an interface has its signature.
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            other.update(range(first, node.body[0].lineno))
    numbered = ((n, " ".join(lines[n - 1].split())) for n in file.code if n not in other)
    return [(n, text) for n, text in numbered if any(map(str.isalnum, text))]


def _imported(file: Module, known: set[str]) -> set[str]:
    """Modules that are imported when a module is: not those within functions or for types."""
    found: set[str] = set()
    for node in _top_level(file.tree.body):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    packages = {name.removesuffix(".__init__"): name for name in known}
    return {packages[name] for name in found if name in packages} - {file.name}


def _top_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from _top_level([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _top_level(node.body)


def _strongly_connected(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups in which each reaches each (Tarjan 1972, as two searches: Kosaraju)."""
    order: list[str] = []
    _search(graph, graph, order)
    backwards: dict[str, set[str]] = {name: set() for name in graph}
    for name, others in graph.items():
        for other in others:
            backwards[other].add(name)
    return _search(backwards, reversed(order), [])


def _search(graph: dict[str, set[str]], starts: Iterable[str], order: list[str]) -> list[list[str]]:
    """Groups that are reached from each start; `order` takes names as they are left."""
    seen: set[str] = set()
    groups: list[list[str]] = []
    for start in starts:
        group: list[str] = []
        open_: list[tuple[str, bool]] = [(start, False)]
        while open_:
            name, left = open_.pop()
            if left:
                order.append(name)
            elif name not in seen:
                seen.add(name)
                group.append(name)
                open_ += [(name, True), *((other, False) for other in sorted(graph[name]))]
        if group:
            groups.append(sorted(group))
    return groups


def _docstring_lines(tree: ast.Module) -> set[int]:
    """Lines of strings that stand alone."""
    found: set[int] = set()
    for node in ast.walk(tree):
        alone = node.value if isinstance(node, ast.Expr) else None
        if isinstance(alone, ast.Constant) and isinstance(alone.value, str):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _counted(found: list[Finding]) -> tuple[str, list[Finding]]:
    return str(len(found)), found


def _short(source: Path) -> str:
    return source.resolve().parent.name[-16:]


def _print_rooms(measured: dict[str, tuple[str, list[Finding]]]) -> None:
    for name, (_, found) in measured.items():
        if found:
            rooms = Counter(one.room for one in found)
            counts = ", ".join(f"{room} {n}" for room, n in sorted(rooms.items()))
            print(f"\n{name}: {counts}")
            print(*(f"  {one.place} {one.said}" for one in found), sep="\n")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
