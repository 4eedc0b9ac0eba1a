"""What can be added: found by name, nothing imported too early, other packages' faults named."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
from plugins import installed

from affuse.config import Config, load_config
from affuse.config.described import settings_named
from affuse.errors import ConfigError
from affuse.features.sources import make_source
from affuse.registries import EXPORTS, FUSIONS, MODELS, REGISTRIES, RULES

NEAREST = """
from affuse.models.model import Model


def make(seed):
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

    return QuadraticDiscriminantAnalysis()


MODEL = Model(label="QDA", make=make)
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Installs a package for one test, and forgets its modules again."""
    before = set(sys.modules)

    def install(package, modules, entry_points):
        folder = tmp_path / package
        installed(folder, package, modules, entry_points)
        monkeypatch.syspath_prepend(folder)

    yield install
    for name in set(sys.modules) - before:
        if not name.startswith(("affuse", "sklearn", "scipy", "torch", "pandas")):
            del sys.modules[name]


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.what)
def test_every_file_in_a_folder_of_entries_is_one(registry):
    found = registry.load_all()
    assert not found.failed
    assert len(found.entries) >= 2
    module, _, name = registry.record.partition(":")
    for entry in found.entries.values():
        assert isinstance(entry, getattr(import_module(module), name)) if name else callable(entry)


@pytest.mark.parametrize(
    ("registry", "name", "message"),
    [
        (MODELS, "svm_rfb", "model 'svm_rfb' was given: did you mean 'svm_rbf'?"),
        (RULES, "sum", "rule 'sum' was given; expected one of majority, max, mean, median, min, "),
        (EXPORTS, "tablet", "format 'tablet' was given: did you mean 'table'?"),
        (FUSIONS, "", "fusion '' was given; expected one of bottleneck, cross_attention, d"),
    ],
)
def test_an_unknown_name_gives_the_nearest_or_all(registry, name, message):
    for ask in (registry.check, registry.get):
        with pytest.raises(ConfigError) as refused:
            ask(name)
        assert str(refused.value).startswith(message)
    assert name not in registry


def test_names_import_no_entry():
    code = (
        "import sys; from affuse.registries import REGISTRIES\n"
        "for each in REGISTRIES: assert each.names() and 'nothing' not in each\n"
        "folders = tuple(f'{each.folder}.' for each in REGISTRIES)\n"
        "loaded = [name for name in sys.modules if name.startswith(folders)]\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_model_of_another_package_is_used_by_name(plugin):
    plugin("qda-for-affuse", {"qda": NEAREST}, {"affuse.models": {"qda": "qda:MODEL"}})
    assert MODELS.names()[-1] == "qda"
    assert MODELS.get("qda").label == "QDA"
    assert load_config("quick", ['models=[{name="qda"}]']).models[0].name == "qda"
    assert settings_named("models[].name")[0].allowed.endswith(", qda")
    with pytest.raises(ConfigError, match="'qdaa' was given: did you mean 'qda'"):
        load_config("quick", ['models=[{name="qdaa"}]'])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nowhere_to_be_found", r"ModuleNotFoundError: No module named 'nowhere_to_be_fo"),
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise RuntimeError('no\\nlicence')", "RuntimeError: no licence"),
        ("1 +", "SyntaxError: invalid syntax"),
        ("OTHER = 1", "AttributeError: module 'broken' has no attribute 'MODEL'"),
        (
            "from affuse.errors import MissingDependency\nraise MissingDependency('x', 'train')",
            "MissingDependency: package 'x' is not installed",
        ),
    ],
)
def test_an_entry_that_cannot_be_loaded_is_named_and_the_rest_works(plugin, code, reason):
    points = {"affuse.models": {"broken": "broken:MODEL", "qda": "qda:MODEL"}}
    plugin("half-broken", {"broken": code, "qda": NEAREST}, points)
    found = MODELS.load_all()
    assert set(found.failed) == {"broken"}
    assert {"qda", "lda"} <= set(found.entries)
    expected = rf"model 'broken' of half-broken cannot be loaded \({reason}.*broken:MODEL to be imp"
    with pytest.raises(ConfigError, match=expected) as refused:
        MODELS.get("broken")
    assert found.failed["broken"] == str(refused.value)


def test_an_entry_of_the_wrong_type_says_what_was_expected(plugin):
    plugin("a-class", {"wrong": "MODEL = {}"}, {"affuse.models": {"wrong": "wrong:MODEL"}})
    expected = r"model 'wrong' of a-class is of type 'dict'; expected affuse.models.model.Model at "
    with pytest.raises(ConfigError, match=expected):
        MODELS.get("wrong")


def test_a_name_of_affuse_is_taken(plugin):
    plugin("usurper", {"other": NEAREST}, {"affuse.models": {"lda": "other:MODEL"}})
    assert MODELS.get("lda").label == "LDA"
    assert MODELS.names().count("lda") == 1
    assert MODELS.load_all().failed == {
        "lda": "model 'lda' of usurper has the name of one of affuse's own, which is taken: "
        "rename it"
    }


def test_two_packages_with_one_name_are_both_told(plugin):
    for package in ("first", "second"):
        plugin(
            package, {f"{package}_qda": NEAREST}, {"affuse.models": {"qda": f"{package}_qda:MODEL"}}
        )
    with pytest.raises(ConfigError) as refused:
        MODELS.get("qda")
    assert "model 'qda' is there more than once, in second and first; expected one" in str(
        refused.value
    )
    assert "lda" in MODELS.load_all().entries


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("from json import dumps as make", r"of odd failed \(TypeError: .*expected a function of"),
        ("def make(config):\n    return 3", "gave int; expected a Source: mend or remove the pack"),
    ],
)
def test_an_extractor_that_is_none_is_refused_in_a_sentence(plugin, code, reason):
    plugin("odd", {"odd": code}, {"affuse.extractors": {"odd": "odd:make"}})
    with pytest.raises(ConfigError, match=rf"extractor 'odd' {reason}"):
        make_source("odd", "audio", Config())
