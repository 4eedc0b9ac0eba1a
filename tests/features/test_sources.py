"""Sources: settings that an extractor brings, and one that depends on who speaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from affuse.config import load_config
from affuse.errors import ConfigError, FeatureError
from affuse.features.by_speaker import BySpeaker
from affuse.features.read_precomputed import read_precomputed
from affuse.features.sources import make_source, own_settings
from extractors import Loudness


class Settings(BaseModel, extra="forbid"):
    fps: float = Field(5.0, gt=0)


def test_an_extractor_reads_its_own_settings() -> None:
    assert own_settings(load_config("quick"), "mine", Settings).fps == 5
    config = load_config("quick", ["features.settings.mine.fps=2", "features.settings.yours.a=1"])
    assert own_settings(config, "mine", Settings).fps == 2


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("fps=-1", r"features.settings.mine.fps = -1 was given: .*greater than 0; expected .* fps"),
        ("fp=1", r"features.settings.mine.fp = 1 was given: extra inputs .*; expected .* of fps"),
    ],
)
def test_settings_that_do_not_fit_are_refused(setting: str, message: str) -> None:
    config = load_config("quick", [f"features.settings.mine.{setting}"])
    with pytest.raises(ConfigError, match=message):
        own_settings(config, "mine", Settings)


def test_each_speaker_has_an_extractor() -> None:
    loud = Loudness(fault="loud")
    source = BySpeaker({"1": Loudness(), "2": loud})
    assert source.extractor_for("2") is loud
    plain = Loudness()
    for name in ("name", "modality", "label", "axes", "shape", "columns", "notes", "provenance"):
        assert getattr(source, name) == getattr(plain, name)
    assert (source.given(()), source.path) == (None, None)
    assert source.learned(load_config("quick")) is None
    changed = BySpeaker({**source.extractors, "2": replace(loud, fault="nan")})
    assert changed.settings() != source.settings()


def test_a_table_computes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("clip,AU01\na,0.5\n")
    table = read_precomputed(path, "video")
    assert (table.path, table.columns, table.axes) == (path, ("AU01",), ("feature",))
    with pytest.raises(FeatureError, match=r"video features come from .*units.csv; expected an"):
        table.extractor_for("1")


def test_the_shipped_networks_say_whom_they_have_met() -> None:
    config = load_config("quick")
    assert "RAVDESS" in dict(make_source("voice", "audio", config).provenance)
    assert make_source("mfcc", "audio", config).provenance == ()
