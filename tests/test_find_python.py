"""Which Python the scripts make their environment with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ("python3", "python3_11", "python3_12", "python3_13", "python3_14", "python")
SCRIPT = Path(__file__).parents[1] / "scripts" / "find_python"

STUB = """#!/bin/sh
exec '{python}' -c 'import sys, sysconfig
{code}
exec(sys.argv[1])' "$2"
"""
OPTIMISED = 'sysconfig.get_config_var = lambda name: "--enable-shared --enable-optimizations"\n'
PLAIN = """sysconfig.get_config_var = lambda name: "--enable-shared"
sys.executable = "/elsewhere/python"
"""
OF_SYSTEM = PLAIN.replace("/elsewhere", os.confstr("CS_PATH").split(":")[-1])
TOO_OLD = "sys.version_info = (3, 10, 9)\n"
NO_ENVIRONMENT = 'sys.modules["ensurepip"] = None\n'


def stubs(folder: Path, pythons: dict[str, str]) -> Path:
    """A folder of Pythons that say of themselves what the code does."""
    folder.mkdir()
    for name, code in pythons.items():
        stub = folder / name.replace("_", ".")
        stub.write_text(STUB.format(python=sys.executable, code=code), "utf-8")
        stub.chmod(0o755)
    return folder


@pytest.fixture
def call(monkeypatch):
    """Run the script where these folders stand first on the path."""

    def call(*folders: Path) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
        monkeypatch.setenv("PATH", path)
        return subprocess.run([SCRIPT], capture_output=True, text=True, check=False)

    monkeypatch.delenv("PYTHON", raising=False)
    return call


@pytest.mark.parametrize(
    "what",
    [TOO_OLD + OPTIMISED, NO_ENVIRONMENT + OPTIMISED, PLAIN],
    ids=["too old", "no environment", "not optimised"],
)
def test_an_optimised_one_goes_before_one_that_is_not_or_will_not_do(call, tmp_path, what):
    folder = stubs(tmp_path / "bin", {"python3": what, "python3_11": OPTIMISED})
    assert call(folder).stdout == "python3.11\n"


@pytest.mark.parametrize("what", [OPTIMISED, OF_SYSTEM], ids=["optimised", "of the system"])
def test_the_first_on_the_path_is_taken(call, tmp_path, what):
    folder = stubs(tmp_path / "bin", {"python3": what, "python3_11": OPTIMISED})
    assert call(folder).stdout == "python3\n"


def test_the_systems_goes_before_one_that_is_not_optimised(call, tmp_path):
    own = stubs(tmp_path / "own", dict.fromkeys(NAMES, PLAIN))
    system = stubs(tmp_path / "system", {"python3": TOO_OLD, "python3_12": PLAIN})
    (own / "getconf").write_text(f"#!/bin/sh\necho '{system}'\n", "utf-8")
    (own / "getconf").chmod(0o755)
    assert call(own).stdout == f"{system / 'python3.12'}\n"


def test_any_is_better_than_none(call, tmp_path):
    own = stubs(tmp_path / "own", dict.fromkeys(NAMES, TOO_OLD) | {"python3_13": PLAIN})
    (own / "getconf").write_text("#!/bin/sh\necho /nowhere\n", "utf-8")
    (own / "getconf").chmod(0o755)
    assert call(own).stdout == "python3.13\n"


def test_none_is_said(call, tmp_path):
    own = stubs(tmp_path / "own", dict.fromkeys(NAMES, NO_ENVIRONMENT))
    (own / "getconf").write_text("#!/bin/sh\necho /nowhere\n", "utf-8")
    (own / "getconf").chmod(0o755)
    ended = call(own)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "install one or name it with PYTHON" in ended.stderr


def test_one_that_is_named_is_taken_however_it_was_built(call, tmp_path, monkeypatch):
    named = stubs(tmp_path / "a folder", {"mine": PLAIN}) / "mine"
    monkeypatch.setenv("PYTHON", str(named))
    assert call().stdout == f"{named}\n"


@pytest.mark.parametrize("what", [TOO_OLD, NO_ENVIRONMENT], ids=["too old", "no environment"])
def test_one_that_is_named_and_will_not_do_is_refused(call, tmp_path, monkeypatch, what):
    named = stubs(tmp_path / "bin", {"mine": what}) / "mine"
    monkeypatch.setenv("PYTHON", str(named))
    ended = call()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"PYTHON={named} was given; expected a Python from 3.11" in ended.stderr
