"""Ctrl-C and SIGTERM end a command in good order, whatever moment they come at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from affuse.cli import main
from affuse.cli.interrupts import Terminated, interrupted, interrupts_handled

# A command that is interrupted in the middle of what the first line says.
COMMAND = """
import os, signal, time, typer
from affuse.cli import app, errors
from affuse import cli

def hit(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)

app.app = typer.Typer(pretty_exceptions_enable=False)

@app.app.command()
@errors.one_line_errors
def command():
    {body}
    print("went on")

cli.main()
"""
FINALISER = """
    class Held:
        def __del__(self):
            hit(signal.SIGINT)
            time.sleep(0)
    held = Held()
    del held
    time.sleep(20)
    print("waited")
"""
ENDED_MEANWHILE = """
    class Held:
        def __del__(self):
            hit(signal.SIGINT)
            time.sleep(0)
    held = Held()
    del held
    raise OSError(9, "Bad file descriptor")
"""
BECAUSE = """
    try:
        hit(signal.SIGINT)
        time.sleep(20)
    finally:
        raise OSError(9, "Bad file descriptor")
"""
SWALLOWED = """
    try:
        hit(signal.SIGINT)
        time.sleep(20)
    except BaseException:
        pass
    raise OSError(9, "Bad file descriptor")
"""
TWICE = """
    try:
        hit(signal.SIGINT)
        time.sleep(20)
    finally:
        hit(signal.SIGINT)
        print("in good order")
"""
LINE = "affuse: {}; what is done is kept, the same command goes on from there"


def called(body: str, command: str = COMMAND) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", command.format(body=body.strip())],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.parametrize(
    "body", [BECAUSE, SWALLOWED, FINALISER, ENDED_MEANWHILE, TWICE, "hit(signal.SIGINT)"]
)
def test_ctrl_c_is_one_line(body: str) -> None:
    found = called(body)
    assert found.stderr.splitlines() == [LINE.format("interrupted")]
    assert found.returncode == 130
    assert "went on" not in found.stdout
    assert "waited" not in found.stdout


def test_sigterm_is_one_line() -> None:
    found = called("hit(signal.SIGTERM); time.sleep(20)")
    assert found.stderr.splitlines() == [LINE.format("terminated")]
    assert found.returncode == 143


def test_sigterm_that_a_finaliser_lost_is_not_forgotten() -> None:
    """Until it is raised once more, what else ends the command ends it as the signal does."""
    found = called(ENDED_MEANWHILE.replace("SIGINT", "SIGTERM"))
    assert found.stderr.splitlines() == [LINE.format("terminated")]
    assert found.returncode == 143


def test_sigterm_of_which_a_library_makes_an_error_of_its_own_ends_the_command() -> None:
    """As numpy does, whose loading it cuts short, wherever that is."""
    loading = "try: hit(signal.SIGTERM); time.sleep(20)"
    loading += "\n    except BaseException: raise ImportError('failed to load')"
    for guarded in (True, False):
        command = COMMAND if guarded else COMMAND.replace("@errors.one_line_errors\n", "")
        found = called(loading, command)
        assert found.returncode == 143, found.stderr
        assert found.stderr.splitlines() == ([LINE.format("terminated")] if guarded else [])


def test_second_one_changes_nothing_and_the_third_ends_all() -> None:
    assert called(TWICE).stdout == "in good order\n"
    found = called(TWICE.replace("hit(signal.SIGINT)\n        print", "hit(2, 2)\n        print"))
    assert found.stdout == ""
    assert found.returncode == 130


def test_ctrl_c_that_is_ignored_stays_ignored() -> None:
    """As in a script's background job."""
    found = subprocess.run(
        [sys.executable, "-c", COMMAND.format(body="hit(signal.SIGINT)")],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert (found.stdout, found.returncode) == ("went on\n", 0)


def test_error_of_another_kind_is_told_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["predict", "no-such-file.wav", "--window", "0"])
    assert ended.value.code == 2
    assert "window 0 s was given" in capsys.readouterr().err


def test_who_calls_from_within_gets_the_signals_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def terminated() -> None:
        with interrupts_handled(until_exit=False):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Terminated):
        terminated()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert interrupted() is None
