"""Encoders from the command line: one line and exit code 2 where something does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_encoders import write_linear, write_tones

from affuse.cli.running import TypedRun, configure


def test_features_and_device_reach_the_settings(tmp_path: Path) -> None:
    typed = TypedRun([str(tmp_path)], "quick", features=["audio=onnx:a.onnx"], device="cuda")
    config = configure(typed)
    assert config.features.audio == "onnx:a.onnx"
    assert {config.features.settings[name]["device"] for name in ("onnx", "hf")} == {"cuda"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("onnx:{folder}/gone.onnx", "gone.onnx is not there; expected an ONNX file"),
        ("onnx:{folder}/half.onnx", "cannot be read as ONNX"),
        ("onnx", "expected onnx:FILE"),
        ("voice:3", "takes nothing after a colon"),
    ],
)
def test_what_does_not_fit_is_one_line(
    affuse: Any, tmp_path: Path, name: str, message: str
) -> None:
    half = write_linear(tmp_path / "half.onnx")
    half.write_bytes(half.read_bytes()[:99])
    corpus, asked = write_tones(tmp_path / "corpus"), f"audio={name.format(folder=tmp_path)}"
    ended = affuse(tmp_path / "cache", "run", corpus, "--features", asked)
    assert ended.returncode == 2
    assert message in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
