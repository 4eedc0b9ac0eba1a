"""A setting and the option that stands for it: one of the two, whichever option it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from affuse.cli.running import TypedRun, configure
from affuse.errors import ConfigError

TYPED = TypedRun(["clips"], "quick")
OPTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("data.corpus", {"corpus": "ravdess"}, "--corpus ravdess"),
    ("jobs", {"jobs": 2}, "--jobs 2"),
    ("features.vgg_face.device", {"device": "cuda"}, "--device cuda"),
    ("features.settings.onnx.device", {"device": "cuda"}, "--device cuda"),
    ("features.settings.hf.device", {"device": "cuda"}, "--device cuda"),
    ("folds.file", {"folds": "emobox"}, "--folds emobox"),
    ("folds.published", {"folds": "mine.csv"}, "--folds mine.csv"),
    ("evaluation.by", {"by": ["sex", "age"]}, "--by sex age"),
    ("evaluation.coverage", {"coverage": 0.9}, "--coverage 0.9"),
    ("evaluation.importance", {"importance": True}, "--importance"),
    ("evaluation.occlusion", {"occlusion": 3}, "--occlusion 3"),
    ("search.budget", {"budget": "30m"}, "--budget 30m"),
    ("features.audio", {"features": ["audio=mfcc"]}, "--features audio=mfcc"),
]


@pytest.mark.parametrize(("setting", "option", "words"), OPTIONS)
def test_a_setting_beside_its_option_is_refused(
    setting: str, option: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=f"--set {setting} was given beside {words}; expected"):
        configure(replace(TYPED, settings=[f"{setting}=1"], **option))


def test_another_setting_beside_an_option_is_taken() -> None:
    config = configure(replace(TYPED, settings=["evaluation.occlusion=2"], importance=True))
    assert (config.evaluation.occlusion, config.evaluation.importance) == (2, True)
