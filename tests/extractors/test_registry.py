from __future__ import annotations

import inspect
import pickle
from contextlib import suppress
from pathlib import Path

import pytest

from affuse.config import load_config
from affuse.corpora.index import Index
from affuse.errors import ConfigError, FeatureError
from affuse.features.precomputed import Precomputed
from affuse.features.source import Extractor
from affuse.features.sources import make_source
from affuse.records import MODALITIES
from affuse.registries import EXTRACTORS

pytestmark = pytest.mark.usefixtures("trunk")


def made(name: str) -> Extractor:
    """The extractor, asked for under whichever modality it reads."""
    for modality in MODALITIES:
        with suppress(ConfigError):
            extractor = make_source(name, modality, load_config("quick"))
            assert not isinstance(extractor, Precomputed)
            return extractor
    raise AssertionError(f"{name} reads no modality")


def _alone() -> list[str]:
    """Names that are complete; encoders that take a file have tests of their own."""
    named = {name: inspect.signature(EXTRACTORS.get(name)) for name in EXTRACTORS.names()}
    return [name for name, made in named.items() if "argument" not in made.parameters]


@pytest.mark.parametrize("name", _alone())
def test_every_extractor_keeps_the_contract(name: str) -> None:
    extractor = made(name)
    assert extractor.name == name
    assert extractor.modality in MODALITIES
    assert extractor.dtype in {"float16", "float32"}
    assert all(length > 0 for length in extractor.shape)
    assert pickle.loads(pickle.dumps(extractor)) == extractor
    assert hash(extractor) == hash(made(name))
    assert len(extractor.axes) == len(extractor.shape) == len(set(extractor.axes))
    assert extractor.prepared(load_config("quick"), Index(())) == load_config("quick")
    assert extractor.given(()) is None
    assert not hasattr(extractor, "fit")


def test_what_is_learned_comes_from_the_extractor() -> None:
    config = load_config(
        "quick", ["features.layer.n_features=5", "features.voice_network.epochs=2"]
    )
    layer = made("vgg_face").learned(config)
    voice = made("voice_network").learned(config)
    assert layer is not None
    assert voice is not None
    assert (layer(3).n_features, layer(3).random_state) == (5, 3)
    assert (voice(4).epochs, voice(4).random_state) == (2, 4)
    assert pickle.loads(pickle.dumps(voice))(4).epochs == 2
    assert made("mfcc").learned(config) is None


def test_lecture_shapes() -> None:
    config = load_config("lecture")
    assert make_source("mfcc", "audio", config).shape == (40, 63)
    assert make_source("vgg_face", "video", config).shape == (120, 4, 7, 512)


def test_unknown_name_is_refused() -> None:
    message = r"extractor 'mfc' was given for audio; expected one of .*mfcc, .*did you mean 'mfcc'"
    with pytest.raises(ConfigError, match=message):
        make_source("mfc", "audio", load_config())


def test_extractor_of_the_other_modality_is_refused() -> None:
    message = "'mfcc' was given for video, but it reads audio: set features.audio = 'mfcc'"
    with pytest.raises(ConfigError, match=message):
        make_source("mfcc", "video", load_config())


def test_path_of_a_csv_gives_its_features(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("clip,AU01\na,0.5\n")
    found = make_source(str(tmp_path / "units.csv"), "video", load_config())
    assert isinstance(found, Precomputed)
    assert (found.label, found.shape) == ("units", (1,))
    with pytest.raises(FeatureError, match=r"none\.csv' were given; expected the path"):
        make_source(str(tmp_path / "none.csv"), "video", load_config())
