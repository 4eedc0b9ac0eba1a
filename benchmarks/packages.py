"""Wheel and sdist: built as a release would be, and looked at."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LARGEST_MIB = 12
"""Of the wheel; the networks are nearly all of it."""
_STRAY = re.compile(r"(^|/)(tests?|conftest\.py|__pycache__|\.git[^/]*)(/|$)|\.py[co]$|~$")
_TO_A_FILE = re.compile(r"\]\((?!https?://|#)[^)]+\)")


class Unfit(Exception):
    """Something is not what it must be; the message says what, and what it said."""


@dataclass(frozen=True)
class Built:
    """What was built, and the source as it lies in the sdist."""

    wheel: Path
    sdist: Path
    source: Path


def build(python: Path, folder: Path) -> Built:
    """Sdist of this repository, the wheel that is made of that sdist, and the sdist unpacked.

    Both are checked by twine, and the wheel by check-wheel-contents.

    Parameters
    ----------
    python : Path
        An interpreter; it gets an environment of its own.
    folder : Path

    Returns
    -------
    Built

    Raises
    ------
    Unfit
        It cannot be built, or a check finds something.
    """
    run(python, "-m", "venv", folder / "builder")
    inside = folder / "builder/bin"
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    run(inside / "python", "-m", "pip", "install", "-q", *groups["package"])
    made = folder / "dist"
    run(inside / "python", "-m", "build", "--outdir", made, ROOT)
    (wheel,), (sdist,) = made.glob("*.whl"), made.glob("*.tar.gz")
    run(inside / "twine", "check", "--strict", wheel, sdist)
    run(inside / "check-wheel-contents", wheel)
    refuse_stray(wheel)
    # Python 3.11.0 to 3.11.3 have no filters, and warn of nothing.
    safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(sdist) as packed:
        packed.extractall(folder / "source", **safely)
    (source,) = (folder / "source").iterdir()
    return Built(wheel, sdist, source)


def refuse_stray(wheel: Path) -> None:
    """Refuse a wheel with anything beside the package, or that is larger than it should be.

    Parameters
    ----------
    wheel : Path

    Raises
    ------
    Unfit
        Names the first files, the size, or the links that lead nowhere.
    """
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        described = next(name for name in names if name.endswith(".dist-info/METADATA"))
        text = packed.read(described).decode()
    own = tuple({"affuse/", f"{described.partition('/')[0]}/"})
    stray = [name for name in names if not name.startswith(own) or _STRAY.search(name)]
    if stray:
        raise Unfit(f"the wheel holds {len(stray)} files that are none of it: {stray[:5]}")
    size_mib = wheel.stat().st_size / 2**20
    if size_mib > LARGEST_MIB:
        raise Unfit(f"the wheel has {size_mib:.1f} MiB; expected {LARGEST_MIB} at most")
    dead = _TO_A_FILE.findall(text)
    if dead:
        raise Unfit(f"its description links to files that a registry has not: {dead[:5]}")


def described(built: Built) -> str:
    """Sizes in a line."""
    with zipfile.ZipFile(built.wheel) as packed:
        n_files = len(packed.namelist())
    sizes = [f"{path.stat().st_size / 2**20:.1f} MiB" for path in (built.wheel, built.sdist)]
    return f"{built.wheel.name}: {sizes[0]}, {n_files} files; {built.sdist.name}: {sizes[1]}"


def run(
    *command: str | Path,
    expected: int = 0,
    unforeseen: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command prints; Unfit where it ends otherwise than expected.

    Parameters
    ----------
    *command : str or Path
    expected : int
        Exit code.
    unforeseen : sequence of str
        Words that may not stand in its errors.
    environment : mapping of str to str, optional
        This process's by default.

    Returns
    -------
    str

    Raises
    ------
    Unfit
        Another exit code, or one of the words.
    """
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment or {**os.environ}
    )
    if done.returncode != expected or any(word in done.stderr for word in unforeseen):
        told = (done.stdout + done.stderr)[-4000:]
        line = " ".join(str(part) for part in command)
        raise Unfit(f"exit code {done.returncode}, expected {expected}: {line}\n{told}")
    return done.stdout
