"""What the command line says of itself: help, version, recipes, settings."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

from affuse.cli import main
from affuse.cli.app import app
from affuse.config import Config, load_config, recipe_names
from affuse.config.described import settings, settings_named
from affuse.errors import ConfigError

GROUPS = ([], ["download"], ["export"], ["cache"], ["train"])
HEAVY = "{'pandas', 'sklearn', 'torch', 'av', 'cv2', 'onnxruntime', 'scipy', 'matplotlib'}"


def said(*arguments: str) -> str:
    """What a command prints, in a terminal of 80 columns."""
    runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    result = runner.invoke(app, list(arguments), prog_name="affuse")
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: " ".join(group) or "affuse")
def test_no_line_of_the_help_is_cut(group):
    text = said(*group, "--help")
    assert "Commands:" in text
    assert "..." not in text.partition("Commands:")[2]
    assert max(map(len, text.splitlines())) <= 80


def test_every_command_has_a_sentence():
    lines = said("--help").partition("Commands:\n")[2].splitlines()
    assert all(line.rstrip().endswith(".") for line in lines), lines
    names = {line.split()[0] for line in lines}
    assert {"run", "predict", "demo", "report", "recipes", "settings", "train", "index"} <= names


def test_what_needs_nothing_heavy_loads_nothing_heavy():
    code = (
        "import sys\nfrom affuse.cli import main\n"
        "for asked in ('--version', 'recipes', 'settings', '--help'):\n"
        "    try: main([asked])\n    except SystemExit as end: assert not end.code\n"
        f"    heavy = {HEAVY} & set(sys.modules)\n    assert not heavy, (asked, heavy)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_version():
    assert said("--version") == f"affuse {metadata.version('affuse')}\n"


def test_recipes_are_listed_with_what_they_are_for():
    text = said("recipes")
    for name in recipe_names():
        assert f"\n{name} " in f"\n{text}"
    assert "quick        A first answer soon: every fourth frame" in text
    assert "affuse run DATA --recipe NAME" in text


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_that_is_printed_is_one(name, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(said("recipes", name), "utf-8")
    assert load_config(path) == load_config(name)


def test_settings_are_all_there_and_all_told():
    every = settings()
    names = [setting.name for setting in every]
    assert len(set(names)) == len(names) > 60
    assert {"seed", "data.speakers", "features.vgg_face.frame_step", "models[].grid"} <= set(names)
    for setting in every:
        assert setting.meaning.endswith("."), setting.name
        assert setting.allowed, setting.name


def test_defaults_are_those_of_the_configuration():
    """What is printed as the default can be typed back and changes nothing."""
    typed = [
        f"{setting.name}={setting.default}"
        for setting in settings()
        if "[]." not in setting.name and setting.default != "not set"
    ]
    assert len(typed) > 50
    assert load_config("quick", typed).model_dump() == Config().model_dump()


def test_settings_are_printed_one_by_one():
    text = said("settings")
    for setting in settings():
        assert f"\n{setting.name}" in f"\n{text}"
    assert "features.mfcc.n_mfcc = 40" in text
    assert max(map(len, text.splitlines())) <= 100


def test_one_setting_says_what_it_may_be():
    assert said("settings", "features.mfcc.n_mfcc") == (
        "features.mfcc.n_mfcc = 40\n  Coefficients.\n"
        "  May be: a whole number, 1 or more and 128 or less.\n"
    )
    assert "May be: one of cnn1d, gaussian_nb, lda, logistic," in said("settings", "models[].name")
    assert "a list: one of concatenate, add, multiply, weighted." in said("settings", "fusion.late")
    assert "a list: one of majority, max," in said("settings", "fusion.decision")
    assert "early, early balanced, gated, late con" in said("settings", "fusion.hybrid_with")
    assert "or the path of a .csv file." in " ".join(said("settings", "features.video").split())
    assert "May be: librosa or lecture." in said("settings", "features.mfcc.preset")
    assert "May be: a number, 0 or more and 1 or less." in said("settings", "abstain_below")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("features.mfcc", ("preset", "n_mfcc", "sample_rate")),
        ("mfcc", ("preset", "n_mfcc", "sample_rate")),
        (
            "folds.",
            ("scheme", "n_folds", "published", "speakers", "file", "train_on", "test_on"),
        ),
        ("scaler", ("scaler",)),
        ("epochs", ("epochs", "epochs")),
    ],
)
def test_groups_and_last_parts_of_names(asked, found):
    assert tuple(s.name.rpartition(".")[2] for s in settings_named(asked)) == found


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("features.mfc.n_mfcc", "did you mean 'features.mfcc.n_mfcc'?"),
        ("n_mfc", "did you mean 'features.mfcc.n_mfcc'?"),
        ("speeker", "did you mean 'data.speakers'?"),
        ("qqqqqq", "see affuse settings"),
        (" ", "see affuse settings"),
    ],
)
def test_an_unknown_setting_gives_the_nearest(asked, hint):
    with pytest.raises(ConfigError) as refused:
        settings_named(asked)
    assert str(refused.value) == (
        f"there is no setting {asked!r}; expected one that affuse has: {hint}"
    )


def test_an_unknown_recipe_is_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["recipes", "quik"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "affuse: there is no recipe 'quik'; expected one of classical, demo, full, lecture, "
        "quick, strong, transfer: did you mean 'quick'?\n"
    )
