"""Recipes, settings and their errors."""

from __future__ import annotations

import pytest

from affuse.config import Config, load_config, recipe_names
from affuse.errors import ConfigError


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_validates_and_names_itself(name):
    assert load_config(name).recipe == name


def test_resolved_recipe_reproduces_itself(tmp_path):
    config = load_config("lecture", ["seed=7", "features.audio=none", "folds.n_folds=3"])
    path = tmp_path / "again.toml"
    path.write_text(config.to_toml(), "utf-8")
    assert load_config(path) == config


def test_settings_take_toml_values_and_bare_words():
    config = load_config(
        "quick", ["data.speakers=[1, 2]", "features.vgg_face.weights=vgg-face", "seed=4"]
    )
    assert config.data.speakers == ("1", "2")
    assert config.features.vgg_face.weights == "vgg-face"
    assert config.seed == 4


def test_overrides_come_last():
    assert load_config("quick", ["seed=4"], {"seed": 5}).seed == 5


def test_digest_ignores_places_and_process_counts_only():
    base = load_config("quick")
    same = load_config("quick", ["out=elsewhere", "jobs=2", "data.path=moved"])
    assert same.digest() == base.digest()
    assert load_config("quick", ["seed=1"]).digest() != base.digest()
    assert len(base.digest()) == 16


@pytest.mark.parametrize(
    ("recipe", "settings", "message"),
    [
        ("fastest", [], "recipe 'fastest' was given; expected one of classical, "),
        ("missing.toml", [], "or the path of an existing .toml file"),
        ("quick", ["seed"], "setting 'seed' was given; expected key=value"),
        ("quick", ["seeed=3"], "unknown key 'seeed': did you mean 'seed'"),
        ("quick", ["features.mfcc.n_mfc=3"], "unknown key 'features.mfcc.n_mfc': did you mean"),
        ("quick", ["qqqq=1"], "expected one of recipe, seed"),
        ("quick", ["folds.n_folds=1"], r"folds.n_folds = 1: .*greater than or equal to 2"),
        ("quick", ["seed.x=1", "seed.y.z=2"], "configuration does not fit"),
        ("quick", ["seed=-1"], "seed = -1: Input should be greater than or equal to 0"),
        ("quick", ["seed=3\njobs=4"], "seed = '3.njobs=4': Input should be a valid integer"),
        ("quick", ["media.duration_s=inf"], "media.duration_s = inf: Input should be a finite"),
        ("quick", ["seed=1", "seed.x=1"], "'seed' has no fields of its own"),
        ("quick", ['models=[{name="lda", scalr="none"}]'], "did you mean 'scaler'"),
    ],
)
def test_bad_configuration_says_what_was_expected(recipe, settings, message):
    with pytest.raises(ConfigError, match=message):
        load_config(recipe, settings)


def test_broken_toml_is_named(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("seed = = 3", "utf-8")
    with pytest.raises(ConfigError, match=r"broken\.toml' is not valid TOML"):
        load_config(path)


def test_config_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Config().seed = 3


def test_recipe_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('recipe = "\u00e9t\u00e9"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.toml' is not valid TOML .*expected UTF-8 text"):
        load_config(path)
