"""What `pip install` of the wheel gives on every Python that is there, newest and lowest.

usage: python benchmarks/installation.py [check] [--only newest|lowest] [--extras web,...] [--tests]
       python benchmarks/installation.py lowest [--extras ...]      prints the lowest versions

``check`` builds the sdist, of it the wheel, and looks at both (packages.py). For each Python from
3.11 to 3.14 that is there it installs the wheel into an empty environment without constraints, and
into another one in the lowest versions that pyproject.toml allows. In each it makes a clip of a
drawn face that speaks, predicts it, asks for a file that is not there, and runs the doctor; torch
must not have come along. With ``--tests`` the tests of what needs no extra run there too, as they
lie in the sdist, warnings not being errors. It needs nothing but Python itself and its pip, as the
person has configured it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from packages import Unfit, build, described, run

ROOT = Path(__file__).resolve().parents[1]
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
BUILTINS = ("pip", "setuptools", "affuse")
TESTED = ("tests/media", "tests/corpora", "tests/synthetic")
BAD_INPUT = 2


@dataclass(frozen=True)
class Installed:
    """An environment with affuse in it, and how long its installation took."""

    python: Path
    seconds: float
    versions: Mapping[str, str]


def lowest(project: Mapping[str, object], extras: Sequence[str], python: str) -> list[str]:
    """``name==version`` of the lowest version of every requirement that holds for a Python.

    Parameters
    ----------
    project : mapping
        The table ``project`` of pyproject.toml.
    extras : sequence of str
        Whose requirements count too, those of extras that they name included.
    python : str
        Such as "3.13".

    Raises
    ------
    ValueError
        A requirement has no lower bound.
    """
    found: dict[str, str] = {}
    for line in requirements(project, extras):
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        if marker and not _holds(marker, python):
            continue
        named = re.match(r"([\w.-]+)(\[[\w,-]+\])?", requirement)
        bound = re.search(r">=\s*([\w.]+)", requirement)
        if named is None or bound is None:
            raise ValueError(f"{line!r} was given; expected a name and a lower bound: name>=1.0")
        found[named[1]] = bound[1]
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def requirements(project: Mapping[str, object], extras: Sequence[str]) -> Iterator[str]:
    """The lines of requirements of the core and of some extras, which may name each other."""
    yield from project["dependencies"]  # type: ignore[misc]
    waiting, seen = list(extras), set()
    while waiting:
        extra = waiting.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for line in project["optional-dependencies"][extra]:  # type: ignore[index]
            own = re.fullmatch(r"affuse\[([\w,-]+)\]", line)
            if own:
                waiting += own[1].split(",")
            else:
                yield line


def _holds(marker: str, python: str) -> bool:
    return all(_compares(part.strip(), python) for part in marker.split(" and "))


def _compares(marker: str, python: str) -> bool:
    compared = re.fullmatch(r"python_version\s*(<|>=)\s*['\"]3\.(\d+)['\"]", marker)
    if compared is None:
        raise ValueError(f"{marker!r} was given; expected python_version < or >= '3.N'")
    minor, bound = int(python.split(".")[1]), int(compared[2])
    return minor < bound if compared[1] == "<" else minor >= bound


def pythons() -> dict[str, Path]:
    """Version such as "3.12" -> an interpreter of it, of those on the PATH and pyenv's."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for version in SUPPORTED:
        named = [shutil.which(f"python{version}"), *sorted(kept.glob(f"{version}.*/bin/python"))]
        for path in [*named, sys.executable]:
            if path is not None and _version_of(Path(path)) == version:
                found[version] = Path(path)
                break
    return found


def _version_of(python: Path) -> str | None:
    """Such as "3.12"; None where it does not start, or cannot make an environment."""
    asked = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    told = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return told.stdout.strip() if told.returncode == 0 else None


def install(python: Path, wheel: str, environment: Path, pins: Sequence[str] = ()) -> Installed:
    """An empty environment, and the wheel in it, in versions that `pins` hold."""
    started = time.perf_counter()
    run(python, "-m", "venv", environment)
    inside = environment / "bin/python"
    held = environment / "lowest.txt"
    held.write_text("\n".join(pins))
    constrained = ("--constraint", held) if pins else ()
    run(inside, "-m", "pip", "install", "-q", "--no-compile", *constrained, wheel)
    seconds = time.perf_counter() - started
    listed = json.loads(run(inside, "-m", "pip", "list", "--format", "json"))
    versions = {item["name"]: item["version"] for item in listed if item["name"] not in BUILTINS}
    return Installed(inside, seconds, versions)


def use(installed: Installed, folder: Path) -> str:
    """Predict a clip in that environment, and see that what must fail does; what it said.

    Raises
    ------
    Unfit
        Something ended otherwise than it must.
    """
    affuse = (installed.python, "-m", "affuse")
    environment = {**os.environ, "AFFUSE_CACHE": str(folder / "cache"), "PYTHONPATH": ""}
    clips = folder / "clips"
    made = ("synthesise", clips, "--speakers", "1", "--emotions", "happy", "--takes", "1")
    run(*affuse, *made, environment=environment)
    told = run(*affuse, "predict", clips, "--format", "json", environment=environment)
    (prediction,) = json.loads(told)["predictions"]
    if not (prediction["face_seen"] > 0.5 and prediction["speech"] > 0.1):
        raise Unfit(f"a face that speaks was predicted, and neither found: {told}")
    absent = (*affuse, "predict", "absent.mp4")
    run(*absent, expected=BAD_INPUT, unforeseen=("Traceback",), environment=environment)
    run(*affuse, "doctor", environment=environment)
    run(installed.python, "-c", "import torch", expected=1, environment=environment)
    if "fastapi" in installed.versions:
        _open_page(affuse, environment)
    probable = max(prediction["probabilities"]["fused"].items(), key=lambda item: item[1])
    return f"predicts {probable[0]} {probable[1]:.0%}"


def _open_page(affuse: Sequence[str | Path], environment: Mapping[str, str]) -> None:
    """Start `affuse serve`, fetch its page, end it."""
    command = (*affuse, "serve", "--no-open", "--port", "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as served:
        try:
            assert served.stdout is not None
            said = served.stdout.readline()
            address = re.search(r"http://\S+/", said)
            if address is None:
                raise Unfit(f"affuse serve said {said!r}; expected its address")
            if not _fetched(address[0]):
                raise Unfit(f"affuse serve does not answer at {address[0]}")
        finally:
            served.terminate()


def _fetched(address: str) -> bool:
    """Whether the page comes within half a minute."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(60):
        with suppress(OSError), direct.open(address, timeout=30) as answer:
            return b"affuse" in answer.read()
        time.sleep(0.5)
    return False


def test(installed: Installed, folder: Path, source: Path) -> str:
    """Run the sdist's tests of what needs no extra against the installed wheel; their last line."""
    run(installed.python, "-m", "pip", "install", "-q", "pytest", "hypothesis")
    quiet = ("-q", "-p", "no:cacheprovider", "-o", "filterwarnings=", "--rootdir", source)
    paths = [source / path for path in TESTED]
    environment = {**os.environ, "AFFUSE_CACHE": str(folder / "cache"), "PYTHONPATH": ""}
    told = run(installed.python, "-m", "pytest", *quiet, *paths, environment=environment)
    return told.strip().splitlines()[-1]


def check(only: str | None, extras: Sequence[str], *, tests: bool) -> int:
    """Install, use and say so for each Python and both ends of the versions; 1: something broke."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    there = pythons()
    if not there:
        print(f"no Python {', '.join(SUPPORTED)} that can make an environment", file=sys.stderr)
        return 1
    n_broken = 0
    with tempfile.TemporaryDirectory(prefix="affuse-installation-") as scratch:
        built = build(next(iter(there.values())), Path(scratch))
        print(described(built), flush=True)
        wanted = f"{built.wheel}[{','.join(extras)}]" if extras else str(built.wheel)
        for version, python in there.items():
            for end in ("newest", "lowest") if only is None else (only,):
                pins = lowest(project, extras, version) if end == "lowest" else ()
                folder = Path(tempfile.mkdtemp(dir=scratch))
                name = f"Python {version}, {end}"
                source = built.source if tests else None
                n_broken += _checked(name, python, wanted, folder, pins, source)
                shutil.rmtree(folder)
    return int(n_broken > 0)


def _checked(
    name: str, python: Path, wheel: str, folder: Path, pins: Sequence[str], source: Path | None
) -> bool:
    """Whether it is broken, once that has been printed; tests run where their source is given."""
    try:
        installed = install(python, wheel, folder / "environment", pins)
        started = time.perf_counter()
        said = use(installed, folder)
        said += f"; tests: {test(installed, folder, source)}" if source else ""
    except Unfit as error:
        print(f"{name}: BROKEN\n{error}", flush=True)
        return True
    used = time.perf_counter() - started
    print(f"{name}: {said}; installed in {installed.seconds:.0f} s, used in {used:.0f} s")
    print("   ", ", ".join(f"{n} {v}" for n, v in installed.versions.items()), flush=True)
    return False


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=("check", "lowest"), default="check")
    parser.add_argument("--only", choices=("newest", "lowest"))
    parser.add_argument("--extras", default="", help="such as web,report")
    parser.add_argument("--tests", action="store_true", help="run tests there too")
    asked = parser.parse_args()
    extras = [name for name in asked.extras.split(",") if name]
    if asked.what == "check":
        raise SystemExit(check(asked.only, extras, tests=asked.tests))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    print("\n".join(lowest(project, extras, f"3.{sys.version_info.minor}")))


if __name__ == "__main__":
    main()
