"""What the tests let workers do."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from affuse.errors import OutputError


def squared(number: int) -> int:
    return number * number


def meets_another(task: tuple[int, Path]) -> int:
    """The id of its process, once a second one has a task too."""
    _, folder = task
    (folder / str(os.getpid())).touch()
    end_s = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2 and time.monotonic() < end_s:
        time.sleep(0.02)
    return os.getpid()


def refuses_three(number: int) -> int:
    if number == 3:
        raise OutputError("3 cannot be written; expected another number: take one")
    return number


def three_kills(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def three_kills_once(task: tuple[int, Path]) -> int:
    number, mark = task
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def begun(task: tuple[int, Path]) -> int:
    """Leaves a line for every beginning."""
    number, log = task
    with log.open("a") as file:
        file.write(f"{number}\n")
    time.sleep(0.04)
    return number


def says_its_name(task: tuple[int, str]) -> int:
    """Leaves the id of its process."""
    with Path(task[1]).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return os.getpid()


def says_its_name_and_sleeps(task: tuple[int, str]) -> None:
    says_its_name(task)
    time.sleep(300)


def says_its_name_and_counts(task: tuple[int, str]) -> int:
    """Holds the interpreter for good, as a library may."""
    says_its_name(task)
    return sum(range(10**13))


class Unportable(Exception):
    """Pickles, and does not come back."""

    def __init__(self, weight: str, material: str) -> None:
        super().__init__(f"{weight} {material}")


def raises_what_cannot_travel(number: int) -> None:
    raise Unportable("of", "lead")


class SlowToCome:
    """An answer that takes most of a second to arrive, when it is fetched for the first time."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return _arrived, (self.mark,)


def slow_to_come(mark: Path) -> SlowToCome:
    return SlowToCome(mark)


def _arrived(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        time.sleep(0.8)
    return "here"
