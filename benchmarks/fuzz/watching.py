"""A process that is given files one by one, and watched: it may die, or never end."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LIMIT_S = 20.0
"""Of processor time for one file; of the clock six times as much, on a machine that is busy."""

_CLOCK_FACTOR = 6
_START_S = 20.0
"""More for the first file: the process has its libraries to load."""
_POLL_S = 0.5


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    ended : str
        Why the process had to be started again: "signal SIGSEGV", "hang"; empty: it answered.
    outcomes : mapping of str to str
        Target -> what it did, as in `targets.attempt`.
    peak_bytes : int
    seconds : float
    """

    ended: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    peak_bytes: int = 0
    seconds: float = 0.0


class Watched:
    """One process, started when it is needed and again after it has ended.

    Parameters
    ----------
    command : sequence of str
        Reads a name per line, answers with a line of JSON.
    scratch : Path
        Where its temporary files go: it may be ended before it removes them.
    limit_s : float
        Seconds of its own work after which it is ended.
    """

    def __init__(self, command: Sequence[str], scratch: Path, limit_s: float = LIMIT_S) -> None:
        self._command = command
        self._scratch = scratch
        self._limit_s = limit_s
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, path: Path) -> Outcome:
        """What becomes of a file."""
        limit_s = self._limit_s + (_START_S if self._process is None else 0.0)
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        began, worked_before_s = time.monotonic(), _worked_s(process)
        with suppress(BrokenPipeError):  # it has died, which the empty answer tells
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not selector.select(_POLL_S):
                clock_s = time.monotonic() - began
                worked_s = _worked_s(process) - worked_before_s
                if worked_s > limit_s or clock_s > limit_s * _CLOCK_FACTOR:
                    self.close()
                    return Outcome("hang", seconds=clock_s)
        line = process.stdout.readline()
        if not line:
            return Outcome(self._why_ended(), seconds=time.monotonic() - began)
        return Outcome(**json.loads(line))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._ended()

    def _ended(self) -> int:
        """Exit code of the process, which is forgotten."""
        assert self._process is not None
        with suppress(BrokenPipeError), self._process as process:
            self._process = None
        return process.wait()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(self._scratch)},
            )
        return self._process

    def _why_ended(self) -> str:
        code = self._ended()
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _worked_s(process: subprocess.Popen[str]) -> float:
    """Processor time of a process so far; 0 where the system does not tell."""
    try:
        told = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
