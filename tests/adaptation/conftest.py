"""Voices of drawn speakers whom a tiny bundle takes for other emotions than they show."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from band_voices import RATE, SHOWN, voice
from tiny_bundle import tiny_bundle, voice_member

from affuse.bundle.writer import write_bundle


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tiny_bundle([voice_member()]), tmp_path_factory.mktemp("b") / "tiny")


@pytest.fixture(scope="session")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 5 speakers, 3 emotions, 2 takes; one file that cannot be read."""
    folder, lines = tmp_path_factory.mktemp("mine"), ["path,emotion,speaker"]
    for speaker in range(5):
        for emotion, hertz in SHOWN.items():
            for take in range(2):
                name = f"s{speaker}-{emotion}-{take}.wav"
                seed = 10 * speaker + take
                pitch = hertz * (1 + 0.05 * (speaker - 2))
                soundfile.write(folder / name, voice(pitch, seed), RATE)
                lines.append(f"{name},{emotion},s{speaker}")
    (folder / "broken.wav").write_bytes(b"RIFF")
    lines.append("broken.wav,sad,s0")
    (folder / "mine.csv").write_text("\n".join(lines), "utf-8")
    return folder / "mine.csv"
