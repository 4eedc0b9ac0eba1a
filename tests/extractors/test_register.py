"""The register of provenance: rows that test on what a checkpoint has met are leaky."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_encoders import WAVEFORM, write_linear, write_tones

import affuse
from affuse.extractors.encoders.register import UNKNOWN, origin_of, register


def test_every_entry_has_a_source() -> None:
    assert len(register()) >= 15
    assert all(each.source for each in register().values())


def test_unknown_is_said_and_the_users_word_goes_first() -> None:
    whisper = origin_of("openai/whisper-base")
    assert whisper.trained_on is None
    assert "its training data are unknown (Radford" in whisper.notes("whisper")[0]
    assert "state it with trained_on" in origin_of("me/mine").notes("mine")[0]
    assert origin_of("openai/whisper-base", ["RAVDESS"]).trained_on == ("RAVDESS",)
    assert "RAVDESS" in (origin_of("emotion2vec/emotion2vec_plus_seed").trained_on or ())
    audeering = origin_of("audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim")
    assert audeering.notes("it")[1].endswith("is cc-by-nc-sa-4.0: not for commercial use.")


@pytest.mark.parametrize(
    ("trained_on", "leaky", "protocol"),
    [
        (["RAVDESS"], True, "speakers heard before"),
        (["CREMA-D"], False, "speaker-independent"),
        (None, False, "speaker-independent"),
    ],
)
def test_rows_on_a_corpus_that_was_met_are_leaky(
    tmp_path: Path, trained_on: Any, leaky: bool, protocol: str
) -> None:
    known = {} if trained_on is None else {"trained_on": trained_on}
    path = write_linear(tmp_path / "tiny.onnx", {**WAVEFORM, **known})
    config = affuse.load_config(
        "quick",
        ["features.video=none", 'models=[{name="gaussian_nb"}]', "jobs=1",
         "bundle.enabled=false", "evaluation.n_bootstrap=100"],
        {"data.path": str(write_tones(tmp_path / "corpus")), "features.audio": f"onnx:{path}"},
    )  # fmt: skip
    result = affuse.run(config)
    row = result.results.iloc[0]
    assert (row["leaky"], row["protocol"]) == (leaky, protocol)
    assert (UNKNOWN in row["features"]) == (trained_on is None)
    assert any("tiny" in note for note in result.notes)
