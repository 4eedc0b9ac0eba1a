"""Which Python the scripts make their environment with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "find_python"

STUB = """#!/bin/sh
exec {python} -c 'import sys, sysconfig
{code}
exec(sys.argv[1])' "$2"
"""
OPTIMISED = 'sysconfig.get_config_var = lambda name: "--enable-shared --enable-optimizations"\n'
PLAIN = 'sysconfig.get_config_var = lambda name: "--enable-shared"\n'
TOO_OLD = "sys.version_info = (3, 10, 9)\n"
MAKES_NO_ENVIRONMENT = 'sys.modules["ensurepip"] = None\n'


@pytest.fixture
def found(tmp_path, monkeypatch):
    """What is printed where these Pythons stand first on the path."""

    def found(**pythons: str) -> str:
        for name, code in pythons.items():
            stub = tmp_path / name.replace("_", ".")
            stub.write_text(STUB.format(python=sys.executable, code=code), "utf-8")
            stub.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        call = subprocess.run([SCRIPT], capture_output=True, text=True, check=True)
        return call.stdout.strip()

    monkeypatch.delenv("PYTHON", raising=False)
    return found


@pytest.mark.parametrize("what", [TOO_OLD, MAKES_NO_ENVIRONMENT, PLAIN])
def test_an_optimised_one_goes_before_one_that_is_not_or_will_not_do(found, what):
    assert found(python3=what + OPTIMISED * (what != PLAIN), python3_11=OPTIMISED) == "python3.11"


def test_the_first_on_the_path_is_taken(found):
    assert found(python3=OPTIMISED, python3_11=OPTIMISED) == "python3"


def test_one_that_is_named_is_taken_however_it_was_built(found, monkeypatch):
    monkeypatch.setenv("PYTHON", "python3.12")
    assert found(python3=OPTIMISED, python3_12=PLAIN) == "python3.12"
