"""Recipes, settings and their errors."""

from __future__ import annotations

import pytest

from affuse.config import Config, load_config, recipe_names
from affuse.config.described import settings_named
from affuse.config.renamed import RENAMED
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


@pytest.mark.parametrize(
    ("setting", "speakers"),
    [
        ("1-6", ("1", "2", "3", "4", "5", "6")),
        ("1-3,7", ("1", "2", "3", "7")),
        ("1 - 3, 2-4", ("1", "2", "3", "4")),
        ("1\u20133", ("1", "2", "3")),
        ("08-11", ("08", "09", "10", "11")),
        ("5-5", ("5",)),
        ("4", ("4",)),
        ("anna, ben-1", ("anna", "ben-1")),
        ("[1, 2]", ("1", "2")),
        ('["1-3", "anna"]', ("1-3", "anna")),
        ("[]", ()),
        ("", ()),
    ],
)
def test_speakers_as_people_type_them(setting, speakers):
    assert load_config("quick", [f"data.speakers={setting}"]).data.speakers == speakers


def test_ranges_hold_for_folds_and_in_a_recipe(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('[folds]\nspeakers = ["1-2", [3, "4"]]\n[data]\nspeakers = "1-4"\n', "utf-8")
    config = load_config(path)
    assert config.folds.speakers == (("1", "2"), ("3", "4"))
    assert config.data.speakers == ("1", "2", "3", "4")


def test_every_list_may_be_typed_with_commas_or_as_the_one_item():
    config = load_config(
        "quick",
        [
            "data.emotions=calm,sad",
            "evaluation.protocols=speaker-independent, random",
            "fusion.decision=product",
            "robustness.white_noise=10,-5",
            "robustness.babble=0",
            "robustness.blur=0.1",
        ],
    )
    assert config.data.emotions == ("calm", "sad")
    assert config.evaluation.protocols == ("speaker-independent", "random")
    assert config.fusion.decision == ("product",)
    assert config.robustness.white_noise == (10, -5)
    assert (config.robustness.babble, config.robustness.blur) == ((0,), (0.1,))


def test_data_are_one_place_or_several():
    one = load_config("quick", ["data.path=corpus"]).data
    several = load_config("quick", ['data.path=["a/ravdess", "b/emodb.csv"]']).data
    assert (one.path, one.paths, one.stem) == ("corpus", ("corpus",), "corpus")
    assert (several.paths, several.stem) == (("a/ravdess", "b/emodb.csv"), "ravdess+emodb")
    assert load_config("quick", ['data.path=["a, b"]']).data.path == "a, b"
    assert load_config("quick").data.paths == ()


def test_attributes_of_clips_are_chosen_in_a_table_or_with_dots():
    settings = ["data.where.channel=speech, song", 'data.where={intensity = ["normal"]}']
    assert load_config("quick", settings[:1]).data.where == {"channel": ("speech", "song")}
    assert load_config("quick", settings[1:]).data.where == {"intensity": ("normal",)}


@pytest.mark.parametrize("old", RENAMED)
def test_a_setting_under_its_former_name_is_refused_with_the_new_one(old, tmp_path):
    sentence = RENAMED[old]
    new = sentence.removeprefix("it is ").partition(" now")[0]
    with pytest.raises(ConfigError, match=f"there is no setting '{old}' any more: it is {new} now"):
        load_config("quick", [f"{old}=auto"])
    with pytest.raises(ConfigError, match=f"no setting '{old}' any more"):
        settings_named(old)
    written = tmp_path / "new.toml"
    written.write_text(sentence.rpartition("write ")[2].partition(", or")[0], "utf-8")
    load_config(written)


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
        ("quick", ["data.speakers=6-1"], r"data.speakers = '6-1': range 6-1 runs backwards or is"),
        ("quick", ["data.speakers=1-99999999"], "is longer than 10,000; expected such as 1-6"),
        ("quick", ["data.speakers=2,4-"], r"range 4- has no end; expected such as 1-6"),
        ("quick", ["data.speakers=[anna,ben]"], r"text in quotes between them, such as data.spea"),
        ("quick", ["data.speakers=[1, 2"], r"whose brackets hold no list"),
        (
            "quick",
            ["models=[]"],
            r"models = \[\]: .*at least 1 item.*\(affuse settings models tells",
        ),
        ("quick", ['models=["lda"]'], r"fit: models.0 = 'lda': Input should be a table of [^;]*$"),
        ("quick", ["models=lda"], r"models = 'lda': .*\(affuse settings models tells more\)"),
        ("quick", ["data.speakers=true"], "data.speakers = True: Input should be a list"),
        (
            "quick",
            ["fusion.decision=mean,sum"],
            r"fusion.decision.1 = 'sum': rule 'sum' was given; expected one of majority, max",
        ),
        (
            "quick",
            ['models=[{name="svm_rfb"}]'],
            r"models.0.name = 'svm_rfb': model 'svm_rfb' was "
            r"given: did you mean 'svm_rbf'\? \(affuse settings models tells",
        ),
        ("quick", ["features.audio=mffc"], "extractor 'mffc' was given: did you mean 'mfcc'"),
        ("quick", ["data.corpus=ravdes"], "corpus 'ravdes' was given: did you mean 'ravdess'"),
        ("quick", ["fusion.late=ad"], "late fusion 'ad' was given: did you mean 'add'"),
        ("quick", ["fusion.also=earl"], "fusion 'earl' was given: did you mean 'early'"),
        (
            "quick",
            ["fusion.hybrid_with=hybrid product"],
            "early, early balanced, gated, late concatenate, l",
        ),
        ("quick", ["task=regression"], "task = 'regression': Input should be 'classification' or"),
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
