"""The network that comes with affuse, on real voices that it has not met."""

from __future__ import annotations

import json

import numpy as np
import pytest

from affuse.media.audio import read_audio
from affuse.people.voice_embedding import open_voice_embedder
from affuse.people.voices import VoiceStream

RATE = 16_000
WOMAN, MAN = "13", "11"


@pytest.fixture
def spoken(shared_data):
    """Clips of a speaker of EMO-DB, in whatever emotion."""
    folder = shared_data / "corpora" / "EMO-DB" / "wav"

    def clips(speaker, n):
        paths = sorted(folder.glob(f"{speaker}*.ogg"))[:: 53 // n][:n]
        return [read_audio(path, sample_rate=RATE).signal for path in paths]

    return clips


def divided(clips):
    """Turns of these clips one after the other, and which clip each 10 ms is of."""
    pause = np.zeros(RATE // 2, np.float32)
    stream, owner, speech = VoiceStream(open_voice_embedder()), [], []
    for number, clip in enumerate(clips):
        whole = clip[: len(clip) // 160 * 160]
        for piece in (whole, pause):
            stream.take(piece)
            owner += [number] * (len(piece) // 160)
            speech += [piece is whole] * (len(piece) // 160)
    return stream.turns(np.array(speech)), np.array(owner), np.array(speech)


def test_two_people_who_take_turns_are_two_voices(spoken):
    clips = [clip for pair in zip(spoken(WOMAN, 9), spoken(MAN, 9), strict=True) for clip in pair]
    turns, owner, speech = divided(clips)
    assert {turn.voice for turn in turns} == {1, 2}
    voice = np.zeros(len(owner), int)
    for turn in turns:
        voice[round(turn.start_s * 100) : round(turn.end_s * 100)] = turn.voice
    assert (voice == owner % 2 + 1)[speech].mean() > 0.9


@pytest.mark.parametrize("speaker", [WOMAN, MAN])
def test_one_person_in_many_emotions_is_one_voice(spoken, speaker):
    turns, _, _ = divided(spoken(speaker, 8))
    assert {turn.voice for turn in turns} == {1}


def test_the_card_names_them_among_those_kept_apart():
    from affuse.extractors.networks.shipped import shipped_folder

    folder = shipped_folder() / "speaker"
    facts = json.loads((folder / "speaker.json").read_text("utf-8"))
    assert {WOMAN, MAN} <= set(facts["kept_apart"]["EMO-DB"])
    for corpus, names in facts["kept_apart"].items():
        assert not set(names) & set(facts["trained_on"][corpus])
    assert (folder / "speaker.onnx").stat().st_size < 3_000_000
    assert "Non-commercial" in (folder / "MODEL_CARD.md").read_text("utf-8")
