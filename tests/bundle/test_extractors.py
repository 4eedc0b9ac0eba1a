"""The same extractor again, or a sentence on why not."""

from __future__ import annotations

import pytest

from affuse.bundle.extractors import extractor_of, feature_source
from affuse.bundle.member import FeatureSource
from affuse.config import load_config
from affuse.errors import BundleError
from affuse.features.sources import make_source


def test_the_same_extractor_again():
    config = load_config("quick", ["features.mfcc.n_mfcc=13", "media.duration_s=2"])
    made = make_source("mfcc", "audio", config)
    source = feature_source(made, config)
    assert source.shape == made.shape == (13, 32)
    again = extractor_of(FeatureSource.model_validate_json(source.model_dump_json()), "audio")
    assert again == made


def test_weights_are_named_and_checked(tmp_path):
    config = load_config("quick")
    made = make_source("vgg_face", "video", config)
    named = config.features.vgg_face.model_copy(update={"weights": str(tmp_path / "w.h5")})
    own = config.features.model_copy(update={"vgg_face": named})
    source = feature_source(made, config.model_copy(update={"features": own}))
    assert str(tmp_path) not in source.model_dump_json()
    with pytest.raises(
        BundleError, match=r"needs the network weights 'w.h5' .* put that file into"
    ):
        extractor_of(source, "video")


def test_other_numbers_are_refused():
    config = load_config("quick")
    source = feature_source(make_source("mfcc", "audio", config), config)
    with pytest.raises(
        BundleError,
        match=r"'mfcc' of this affuse has version \d+; the bundle was trained with version 0: use",
    ):
        extractor_of(source.model_copy(update={"version": 0}), "audio")


@pytest.mark.parametrize("name", ["unheard_of", "somewhere/else.csv"])
def test_no_such_extractor(name):
    with pytest.raises(BundleError, match=rf"wants the extractor '{name}' for audio; this affuse"):
        extractor_of(FeatureSource(name=name), "audio")


def test_an_extractor_of_the_other_modality():
    with pytest.raises(BundleError, match=r"features cannot be made: .*but it reads audio"):
        extractor_of(FeatureSource(name="mfcc"), "video")


def test_settings_of_another_affuse():
    source = FeatureSource(name="mfcc", config={"features": {"mfcc": {"flavour": "sweet"}}})
    with pytest.raises(BundleError, match=r"do not fit this affuse \(features.mfcc.flavour: Extra"):
        extractor_of(source, "audio")
