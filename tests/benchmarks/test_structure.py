"""benchmarks/structure.py counts what is planted, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import affuse
import structure

BLOCK = "\n".join(f"    total = total + values[{n}] * {n}" for n in range(6))
LONG = "def long() -> None:\n" + "\n".join(f"    a{n} = {n}" for n in range(40))
PLANTED = {
    "rooma/one.py": f'''"""One."""
import affuse.roomb.two
from concurrent.futures import ThreadPoolExecutor


def known(values: list[int]) -> int:
    """Sum.

    Parameters
    ----------
    values : list of int

    Returns
    -------
    int
    """
    total = 0
{BLOCK}
    return total


def unknown(values: list[int]) -> int:
    """Sum, without a word of what goes in."""
    return sum(values)
''',
    "roomb/two.py": f'''"""Two."""
import os
from affuse.roomc.three import value


def _again(values: list[int]) -> int:
    total = 1
{BLOCK}
    return total


def put(old: str, new: str) -> None:
    """Rename."""
    os.replace(old, new)
''',
    "roomc/three.py": f'''"""Three."""
from affuse.rooma import one

value = 3


def session(path: str) -> object:
    """Open."""
    return runtime.InferenceSession(path.replace("a", "b"))


{LONG}
''',
    "roomc/lengthy.py": "\n".join(f"v{n} = {n}" for n in range(301)),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, content in PLANTED.items():
        path = tmp_path / "src" / "affuse" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "src"


def test_what_is_planted_is_counted(source: Path) -> None:
    found = {name: figure for name, (figure, _) in measures(source).items()}
    assert found == {
        "files": "4",
        "lines": "401",
        "lines of code": "372",
        "import cycles": "1",
        "places that open an ONNX session": "1",
        "whole-file writers": "1",
        "functions over 40 lines": "1",
        "files over 300 lines of code": "1",
        "rooms with executors": "1",
        "duplicated blocks": "1",
        "public functions with Parameters": "25.0 % of 4",
        "public functions with Returns": "33.3 % of 3",
    }


def test_places_are_told(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    structure.main([str(source), "--by-room"])
    printed = capsys.readouterr().out
    assert "affuse.rooma.one <-> affuse.roomb.two <-> affuse.roomc.three" in printed
    assert "  affuse.roomb.two:8 as affuse.rooma.one:18" in printed
    assert "duplicated blocks: roomb 1" in printed
    assert "  affuse.roomb.two:19 os.replace" in printed


def test_imports_within_functions_make_no_cycle(source: Path) -> None:
    three = source / "affuse" / "roomc" / "three.py"
    three.write_text(
        three.read_text().replace(
            "from affuse.rooma import one", "def f():\n    from affuse.rooma import one"
        )
    )
    assert measures(source)["import cycles"][0] == "0"


def test_what_overrides_is_documented_where_it_is_declared(source: Path) -> None:
    method = "    def put(self, old: str) -> int:\n        return 1\n"
    path = source / "affuse" / "roomc" / "kind.py"
    path.write_text(f"class Kind(Base):\n    @override\n{method}")
    assert measures(source)["public functions with Parameters"][0] == "25.0 % of 4"
    path.write_text(f"class Kind(Base):\n{method}")
    assert measures(source)["public functions with Parameters"][0] == "20.0 % of 5"


def test_package_keeps_its_bounds() -> None:
    found = measures(Path(affuse.__file__).parents[1])
    bounds = {
        "import cycles": 0,
        "places that open an ONNX session": 1,
        "whole-file writers": 1,
        "functions over 40 lines": 0,
        "files over 300 lines of code": 0,
        "rooms with executors": 1,
    }
    assert {name: found[name] for name in bounds if int(found[name][0]) > bounds[name]} == {}
    for section in ("Parameters", "Returns"):
        assert float(found[f"public functions with {section}"][0].split()[0]) >= 95


def measures(source: Path) -> dict[str, tuple[str, list[structure.Finding]]]:
    return structure.measures(structure.modules(source))
