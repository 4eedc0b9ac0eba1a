"""Shells complete commands, options and affuse's own names; asked of the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from affuse.cli import completing
from affuse.registries import EXPORTS, READERS

SOURCE = Path(completing.__file__).parents[2]


@pytest.fixture
def shell(tmp_path):
    """Runs a script in a shell whose home is empty, with `affuse` on its path."""
    command = tmp_path / "bin" / "affuse"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m affuse "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SOURCE),
    }

    def run(name: str, *arguments: str) -> list[str]:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not here")
        ended = subprocess.run(
            [found, *arguments], capture_output=True, text=True, env=environment, check=False
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout.splitlines()

    return run


def asked(*words: str) -> str:
    """A script that prints what bash would offer for the last of some words."""
    quoted = " ".join(f"'{word}'" for word in words)
    return (
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        "_affuse_completion affuse\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )


def in_bash(*scripts: str) -> str:
    """In a bash that can complete `affuse`."""
    return "\n".join(('eval "$(_AFFUSE_COMPLETE=source_bash affuse)"', *scripts))


def test_bash_offers(shell):
    expected = {
        ("affuse", "corp"): "corpora",
        ("affuse", "predict", "--forma"): "--format",
        ("affuse", "run", "clips", "--recipe", "l"): "lecture",
        ("affuse", "predict", "--format", "e"): "eaf",
        ("affuse", "card", "o"): "open",
    }
    found = shell("bash", "--norc", "-c", in_bash(*(asked(*words) for words in expected)))
    assert dict(zip(expected, found, strict=True)) == expected


def test_bash_offers_files_where_affuse_has_no_name(shell, tmp_path):
    script = in_bash(asked("affuse", "run", "no-such"), "complete -p affuse")
    offered, completed = shell("bash", "--norc", "-c", script)
    assert offered == ""
    assert "-o default" in completed


def test_fish_offers(shell):
    asked = "_AFFUSE_COMPLETE=source_fish affuse | source; complete --do-complete "
    assert shell("fish", "-c", f'{asked} "affuse settings seed"') == ["seed"]


def test_zsh_offers(shell):
    script = (
        'eval "$(_AFFUSE_COMPLETE=source_zsh affuse | sed /compdef/d)"\n'
        "_arguments() { print -r -- $@ }\n"
        "words=(affuse folds hic); CURRENT=3\n"
        "_affuse_completion"
    )
    assert shell("zsh", "-f", "-c", script) == ['*: :(("hicmae"))']


def test_completion_is_installed_for_the_shell_that_asks(shell, tmp_path):
    # Two commands, or bash becomes the first of them and is no shell any more.
    said = shell("bash", "--norc", "-c", "affuse --install-completion; true")
    assert said[0] == f"bash completion installed in {tmp_path}/.bash_completions/affuse.sh"
    sourced = f"source {tmp_path}/.bashrc\n{asked('affuse', 'card', 'o')}"
    assert shell("bash", "--norc", "-c", sourced) == ["open"]


@pytest.mark.parametrize(
    ("complete", "names"),
    [
        (completing.corpora, READERS.names()),
        (completing.formats, EXPORTS.names()),
        (completing.bundles, ("shipped", "open")),
        (completing.fold_sets, ("emobox", "hicmae", "luna2021", "sequential6")),
    ],
)
def test_every_name_is_offered_and_none_that_begins_otherwise(complete, names):
    assert sorted(complete("")) == sorted(names)
    assert complete(names[0]) == [name for name in names if name.startswith(names[0])]
    assert complete("~") == []


def test_settings_are_offered_as_they_are_assigned():
    assert completing.assignments("features.mfcc.n_m") == ["features.mfcc.n_mfcc="]
    assert completing.settings("seed") == ["seed"]
    assert "strong" in completing.recipes("s")
