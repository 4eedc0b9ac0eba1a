"""Who speaks when, on dialogues made by code from voices whom the speaker network has not met.

usage: python benchmarks/dialogues.py FOLDER [FOLDER ...] [--speaker DIR] [--embedder onnx:FILE]
       [--dialogues 40] [--seconds 60] [--fit] [--jobs 1]

FOLDERs are corpora as `affuse run` reads them. Voices are those that the card of the network (or of
that of --speaker) names as kept apart; all clips of a dialogue are of one corpus. A turn is a clip
of whatever emotion, of 1 to 4 s, and pauses are of 0.2 to 0.6 s, in a room's noise 45 dB below.
Printed: equal error rate on stretches of two seconds; diarisation error rate (collar 0.25 s) with
speech as it is and as it is detected, the number of voices given and not; one voice alone; noise.
--fit prints the error for a row of thresholds. EER of --embedder needs its JSON beside it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from affuse.corpora.index import Index
from affuse.corpora.registry import read_all
from affuse.extractors.networks.shipped import shipped_folder
from affuse.media.speech import speech_frames
from affuse.people.records import Turn
from affuse.people.voice_embedding import (
    FACTS,
    FOLDER,
    ShippedVoices,
    VoiceEmbedder,
    open_voice_embedder,
)
from affuse.people.voices import VoiceStream
from affuse.pretraining.speaker_clips import SpeakerClips, read_speaker_clips, rows_of_speakers
from affuse.pretraining.speaker_figures import speaker_figures
from affuse.pretraining.voice_clips import corpus_and_speaker
from affuse.storage.scratch import scratch_folder

RATE = 16_000
FRAME = 160
LENGTH_S = 60.0
TURN_S, PAUSE_S = (1.0, 4.0), (0.2, 0.6)
COLLAR_S = 0.25
NOISE_DB = 45.0
KINDS = ("same sex", "mixed")

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A recording made of clips.

    Attributes
    ----------
    name : str
        Corpus and kind.
    signal : (n_samples,) float32
    turns : tuple of Turn
        Who speaks when.
    """

    name: str
    signal: Signal
    turns: tuple[Turn, ...]

    @property
    def speech(self) -> NDArray[np.bool_]:
        """Where somebody speaks, for every 10 ms."""
        return frames_of(self.turns, len(self.signal) // FRAME) > 0


def frames_of(turns: Sequence[Turn], n_frames: int) -> NDArray[np.intp]:
    """Voice of each 10 ms; 0 where nobody speaks."""
    found = np.zeros(n_frames, np.intp)
    for turn in turns:
        found[round(turn.start_s * 100) : round(turn.end_s * 100)] = turn.voice
    return found


def error_rate(
    truth: Sequence[Turn], found: Sequence[Turn], n_frames: int, collar_s: float = COLLAR_S
) -> float:
    """Diarisation error rate: missed, false and confused speech over the speech there is.

    Frames within the collar of the beginning or the end of a true turn do not count. Voices are
    matched so that most frames agree.
    """
    true, own = frames_of(truth, n_frames), frames_of(found, n_frames)
    counted = np.ones(n_frames, bool)
    reach = round(collar_s * 100)
    for turn in truth:
        for edge in (round(turn.start_s * 100), round(turn.end_s * 100)):
            counted[max(edge - reach, 0) : edge + reach] = False
    true, own = true[counted], own[counted]
    table = np.zeros((true.max(initial=0) + 1, own.max(initial=0) + 1), np.int64)
    np.add.at(table, (true, own), 1)
    matched = linear_sum_assignment(-table[1:, 1:])
    right = table[1:, 1:][matched].sum()
    n_speech = max(int((true > 0).sum()), 1)
    wrong = ((true > 0) | (own > 0)).sum() - right
    return float(wrong / n_speech)


def dialogue(
    clips: SpeakerClips,
    speakers: Sequence[str],
    rng: np.random.Generator,
    name: str,
    length_s: float = LENGTH_S,
) -> Dialogue:
    """A recording in which these voices take turns."""
    rows = [rows_of_speakers(clips, [speaker]) for speaker in speakers]
    parts, turns, at, last = [], [], round(0.3 * RATE), -1
    parts.append(np.zeros(at, np.float32))
    while at < length_s * RATE:
        who = int(rng.choice([n for n in range(len(speakers)) if n != last or len(speakers) == 1]))
        sound = _turn(clips, rows[who], rng)
        pause = np.zeros(round(rng.uniform(*PAUSE_S) * RATE), np.float32)
        parts += [sound, pause]
        turns.append(Turn(at / RATE, (at + len(sound)) / RATE, who + 1))
        at, last = at + len(sound) + len(pause), who
    signal = np.concatenate(parts)
    level = np.sqrt(np.mean(signal**2)) * 10 ** (-NOISE_DB / 20)
    return Dialogue(
        name, (signal + level * rng.standard_normal(len(signal))).astype(np.float32), tuple(turns)
    )


def _turn(clips: SpeakerClips, rows: NDArray[np.int64], rng: np.random.Generator) -> Signal:
    """One clip, cut to a turn's length; another one where it is shorter than a turn can be."""
    n = round(rng.uniform(*TURN_S) * RATE)
    for _ in range(20):
        sound = clips.sound(int(rng.choice(rows)))
        if len(sound) >= TURN_S[0] * RATE:
            break
    return sound[:n]


def voices_by_corpus(clips: SpeakerClips, apart: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Voices kept apart, by corpus and sex; only those with clips enough for turns."""
    found: dict[str, dict[str, list[str]]] = {}
    for speaker in apart:
        rows = rows_of_speakers(clips, [speaker])
        long = [row for row in rows if np.diff(clips.bounds[row])[0] >= TURN_S[0] * RATE]
        if len(long) >= 5:
            own = found.setdefault(str(clips.corpora[rows[0]]), {})
            own.setdefault(str(clips.sexes[rows[0]]), []).append(speaker)
    return found


def dialogues(
    clips: SpeakerClips,
    apart: Sequence[str],
    n: int,
    n_voices: int,
    seed: int = 0,
    length_s: float = LENGTH_S,
) -> Iterator[Dialogue]:
    """`n` dialogues of voices of one corpus, of each kind in turn, corpora in turn."""
    rng = np.random.default_rng([seed, n_voices])
    by_corpus = voices_by_corpus(clips, apart)
    possible = []
    for corpus, by_sex in sorted(by_corpus.items()):
        if any(len(own) >= n_voices for own in by_sex.values()):
            possible.append((corpus, "same sex"))
        if len(by_sex) > 1 and sum(map(len, by_sex.values())) >= n_voices:
            possible.append((corpus, "mixed"))
    for number in range(n if possible else 0):
        corpus, kind = possible[number % len(possible)]
        by_sex = by_corpus[corpus]
        if kind == "same sex":
            enough = [own for own in by_sex.values() if len(own) >= n_voices]
            chosen = rng.choice(enough[int(rng.integers(len(enough)))], n_voices, replace=False)
        else:
            first = [str(rng.choice(own)) for own in by_sex.values()][:n_voices]
            others = [v for own in by_sex.values() for v in own if v not in first]
            more = rng.choice(others, n_voices - len(first), replace=False) if others else []
            chosen = np.array([*first, *more])
        yield dialogue(clips, chosen.tolist(), rng, f"{corpus}, {kind}", length_s)


def alone(
    clips: SpeakerClips,
    apart: Sequence[str],
    n: int,
    seed: int = 1,
    length_s: float = LENGTH_S,
) -> Iterator[Dialogue]:
    """A recording of one voice with all its emotions, corpora in turn."""
    rng = np.random.default_rng(seed)
    by_corpus = voices_by_corpus(clips, apart)
    corpora = sorted(by_corpus)
    for number in range(n):
        corpus = corpora[number % len(corpora)]
        speaker = str(rng.choice([v for own in by_corpus[corpus].values() for v in own]))
        yield dialogue(clips, [speaker], rng, corpus, length_s)


def noisy(given: Dialogue, below_db: float, rng: np.random.Generator) -> Dialogue:
    """With noise whose power falls with frequency, so far below the voices."""
    spectrum = np.fft.rfft(rng.standard_normal(len(given.signal)))
    spectrum /= np.sqrt(np.arange(1, len(spectrum) + 1))
    return _mixed(given, np.fft.irfft(spectrum, len(given.signal)), below_db)


def over_music(given: Dialogue, below_db: float, rng: np.random.Generator) -> Dialogue:
    """With chords of harmonic tones, a new one every half second, so far below the voices."""
    music, n = np.zeros(len(given.signal)), RATE // 2
    times = np.arange(n) / RATE
    for at in range(0, len(music) - n, n):
        root = 110 * 2 ** (rng.integers(24) / 12)
        for interval in (0, 4, 7):
            hz = root * 2 ** (interval / 12)
            tones = sum(np.sin(2 * np.pi * hz * k * times) / k for k in range(1, 6))
            music[at : at + n] += np.exp(-3 * times) * tones
    return _mixed(given, music, below_db)


def _mixed(given: Dialogue, other: NDArray[np.float64], below_db: float) -> Dialogue:
    level = np.sqrt(np.mean(given.signal**2)) / np.sqrt(np.mean(other**2))
    signal = given.signal + level * 10 ** (-below_db / 20) * other
    return Dialogue(given.name, signal.astype(np.float32), given.turns)


class Divided:
    """A dialogue whose sound has gone through a `VoiceStream`: divided as often as one likes."""

    def __init__(self, given: Dialogue, embedder: VoiceEmbedder) -> None:
        self.given = given
        self.stream = VoiceStream(embedder)
        began = process_time()
        for at in range(0, len(given.signal), RATE):
            self.stream.take(given.signal[at : at + RATE])
        self.cpu_s = process_time() - began
        self.detected = speech_frames(given.signal)

    def error(self, detected: bool, n_voices: int | None) -> float:
        """Diarisation error rate, with speech as it is or as it is detected."""
        speech = self.detected if detected else self.given.speech
        return error_rate(self.given.turns, self.turns(detected, n_voices), len(speech))

    def turns(self, detected: bool, n_voices: int | None) -> list[Turn]:
        """What `VoiceStream` finds."""
        return self.stream.turns(self.detected if detected else self.given.speech, n_voices)


class Asked:
    """An embedder with another threshold."""

    def __init__(self, embedder: VoiceEmbedder, threshold: float) -> None:
        self.window_s, self.threshold = embedder.window_s, threshold
        self.embed = embedder.embed


def divided(made: Iterator[Dialogue], embedder: Asked) -> list[Divided]:
    """All of these, embedded."""
    return [Divided(each, embedder) for each in made]


def print_errors(title: str, given: Sequence[Divided], n_voices: int) -> None:
    """A line of mean error rates, and one for each corpus and kind."""
    if not given:
        print(f"{title:<22}no corpus that was given has {n_voices} voices kept apart")
        return
    kinds = sorted({each.given.name for each in given})
    for name in ("all", *(kinds if len(kinds) > 1 else ())):
        own = [each for each in given if name in ("all", each.given.name)]
        means = [
            np.mean([each.error(detected, n) for each in own])
            for detected in (False, True)
            for n in (n_voices, None)
        ]
        found = [max(t.voice for t in each.turns(True, None)) for each in own]
        right = np.mean([number == n_voices for number in found])
        cells = "   ".join(f"{100 * mean:5.1f}" for mean in means)
        print(f"{title:<22}{name:<22}{len(own):>4}   {cells}   {100 * right:4.0f}")


def print_alone(given: Sequence[Divided]) -> None:
    """How often one voice stays one, and how much of its speech the largest part has."""
    found = []
    for each in given:
        seconds: dict[int, float] = {}
        for turn in each.turns(True, None):
            seconds[turn.voice] = seconds.get(turn.voice, 0) + turn.end_s - turn.start_s
        found.append((len(seconds), max(seconds.values()) / sum(seconds.values())))
    one = np.mean([n == 1 for n, _ in found])
    print(
        f"one voice alone: {len(found)} times, {100 * one:.0f} % stay one voice, the largest "
        f"part has {100 * np.mean([share for _, share in found]):.1f} % of the speech"
    )


def main() -> None:
    """Make the dialogues, divide them, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--speaker", type=Path)
    parser.add_argument("--embedder", default="")
    parser.add_argument("--dialogues", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=LENGTH_S, help="of each dialogue")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    folder = given.speaker or shipped_folder() / FOLDER
    facts = json.loads((folder / FACTS).read_text("utf-8"))
    apart = [f"{corpus}/{name}" for corpus, own in facts["kept_apart"].items() for name in own]
    own = ShippedVoices(folder) if given.speaker else open_voice_embedder(given.embedder)
    embedder = Asked(own, own.threshold)
    with scratch_folder("dialogues") as scratch:
        index = read_all(given.folders)
        kept = [clip for clip in index if corpus_and_speaker(clip) in apart]
        clips = read_speaker_clips(Index(tuple(kept)), scratch, given.jobs)
        there = set(clips.speakers.tolist())
        met = [speaker for speaker in apart if speaker in there]
        report(clips, met, embedder, given.dialogues, given.fit, given.seconds)


def report(
    clips: SpeakerClips,
    apart: Sequence[str],
    embedder: Asked,
    n: int,
    fitted: bool,
    length_s: float = LENGTH_S,
) -> None:
    """Print all figures of an embedder."""
    found = speaker_figures(clips, tuple(apart), embedder, 0, 0)
    print(
        f"equal error rate, 2 s {100 * found.stretches:.1f} %, groups {100 * found.groups:.1f} % "
        f"at {found.threshold:.2f}; the embedder's threshold is {embedder.threshold:.2f}"
    )
    two = divided(dialogues(clips, apart, n, 2, length_s=length_s), embedder)
    three = divided(dialogues(clips, apart, n // 2, 3, length_s=length_s), embedder)
    single = divided(alone(clips, apart, n, length_s=length_s), embedder)
    minutes = sum(len(each.given.signal) for each in two) / RATE / 60
    cost_s = sum(each.cpu_s for each in two) / minutes
    print(f"{cost_s:.2f} CPU seconds for the embeddings of a minute of sound")
    thresholds = np.arange(0.1, 0.95, 0.05) if fitted else [embedder.threshold]
    for threshold in thresholds:
        embedder.threshold = float(threshold)
        print(f"\nthreshold {threshold:.2f}")
        print(f"{'error rate in %':<44}   n   true speech    detected       count")
        print(f"{'':<44}       N given, not    N given, not   right")
        print_errors("two voices", two, 2)
        print_errors("three voices", three, 3)
        print_alone(single)
    rng = np.random.default_rng(2)
    for name, change, below_db in (
        ("noise", noisy, 20.0), ("noise", noisy, 10.0),
        ("music", over_music, 20.0), ("music", over_music, 10.0),
    ):  # fmt: skip
        changed = [change(each.given, below_db, rng) for each in two[: max(n // 2, 1)]]
        same = [Dialogue("all", each.signal, each.turns) for each in changed]
        print_errors(f"{name} {below_db:.0f} dB below", divided(iter(same), embedder), 2)


if __name__ == "__main__":
    main()
