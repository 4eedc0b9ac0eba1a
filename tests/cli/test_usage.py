"""Options and commands that there are not, or whose values do not fit: one line each."""

from __future__ import annotations

import pytest
from typer.main import get_command

from affuse.cli import main
from affuse.cli.app import app
from affuse.cli.usage import with_one_command

CASES = {
    "run": "Missing argument 'DATA...' (see `affuse run --help`)",
    "nonsense": "No such command 'nonsense'",
    "predikt x": "No such command 'predikt'. Did you mean 'predict'? (see `affuse --help`)",
    "predict --bundel x": "--bundel",
    "run x --coverage 1.5": "--coverage 1.5 was given: ",
    "run x --coverage=1.5": "--coverage 1.5 was given: ",
    "run x --jobs two": "--jobs two was given: ",
    "run x --jobs 1 --jobs 0": "--jobs 0 was given: ",
    "split x --folds y": "(see `affuse split --help`)",
    "export elan": "No such command 'elan' (see `affuse export --help`)",
    "train face x": "Missing option '--out' (see `affuse train face --help`)",
}


@pytest.mark.parametrize("typed", CASES)
def test_is_one_line_that_says_what_was_typed_and_where_help_is(typed, capsys):
    with pytest.raises(SystemExit) as ended:
        main(typed.split())
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 1, printed.err
    assert lines[0].startswith("affuse: ")
    assert CASES[typed] in lines[0]


@pytest.mark.parametrize("typed", ["", "export"])
def test_nothing_typed_is_answered_with_the_help(typed, capsys):
    with pytest.raises(SystemExit):
        main(typed.split())
    printed = capsys.readouterr()
    assert "Commands:" in printed.out + printed.err
    assert "affuse: " not in printed.err


def test_help_and_completion_are_as_before(capsys, monkeypatch):
    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])
    assert ended.value.code == 0
    assert "--coverage" in capsys.readouterr().out
    monkeypatch.setenv("_AFFUSE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "affuse run --cov")
    monkeypatch.setenv("COMP_CWORD", "2")
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    assert "--coverage" in capsys.readouterr().out


def test_the_command_that_is_typed_is_built_alone():
    every = get_command(app).commands
    for name in every:
        assert list(get_command(with_one_command(app, [name, "--help"])).commands) == [name]
    for typed in ([], ["--version"], ["predikt", "x"]):
        assert list(get_command(with_one_command(app, typed)).commands) == list(every)
