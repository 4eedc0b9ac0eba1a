"""Faces that speak and faces that listen, cut out of real clips with their sound.

What `benchmarks/conversations.py` puts together. A listener is the same clip where its person is
silent, played forwards and backwards; where that is shorter than half a second, slowed down.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import soxr
from numpy.typing import NDArray

from affuse.media.audio import read_audio
from affuse.media.faces import largest
from affuse.media.speech import FRAME_S, SAMPLE_RATE, speech_frames
from affuse.media.tracking import FaceTracker
from affuse.media.video import read_frames

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

FPS = 25
RATE = 48_000
SIDE = 400
"""Pixels of a tile: a face and as much around it again."""

AROUND = 2.0
FACE_IN_TILE = 1 / AROUND
_LEVEL = 0.05
_MARGIN_S = 0.2
_SLOW_BELOW_S = 0.5
_SLOWER = 4.0
_FADE_S = 0.02


@dataclass(frozen=True)
class Take:
    """One clip of one person, and the emotion that it shows."""

    person: str
    emotion: str
    file: str


TAKES = (
    Take("RAVDESS-1", "disgust", "clips/01-01-07-02-02-01-01.mp4"),
    Take("RAVDESS-5", "happy", "film/01-01-03-01-01-02-05.mp4"),
    Take("RAVDESS-5", "fearful", "film/01-01-06-02-01-01-05.mp4"),
    Take("MEAD-M003", "disgust", "clips/M003_level_1_disgusted_015.mp4"),
    Take("MEAD-M030", "angry", "clips/M030_level_3_angry_016.mp4"),
    Take("MEAD-W023", "surprised", "clips/W023_level_2_surprised_010.mp4"),
    Take("MEAD-W036", "happy", "clips/W036_level_3_happy_007.mp4"),
    Take("stranger-1", "happy", "film/stranger_1.mp4"),
    Take("stranger-2", "angry", "film/stranger_2.mp4"),
    Take("stranger-3", "sad", "film/stranger_3.mp4"),
    Take("stranger-3", "disgust", "film/stranger_4.mp4"),
    Take("portrait-1", "", "film/portrait_1.mp4"),
    Take("silent-M030", "angry", "film/MEAD_M030_front_angry_level3_001.mp4"),
    Take("silent-W009", "surprised", "film/MEAD_W009_front_surprised_level3_001.mp4"),
)
"""The last three never speak: one is still, two speak without sound."""


@dataclass(frozen=True)
class Footage:
    """A take as tiles, (n, SIDE, SIDE, 3) RGB at FPS, and its sound at RATE.

    `speaks` are the frames [first, end) in which its person speaks, with a margin; `rests` those
    to play while the person listens; `speech` says for every 10 ms whether there is speech.
    """

    take: Take
    tiles: Image
    sound: Floats
    speech: NDArray[np.bool_]
    speaks: tuple[int, int]
    rests: tuple[int, int]

    def listening(self, number: int, phase: float) -> Image:
        """Picture number `number` of somebody who listens."""
        first, end = self.rests
        length = max(end - first - 1, 1)
        step = 1.0 if length >= _SLOW_BELOW_S * FPS else 1.0 / _SLOWER
        place = (number * step + phase * length) % (2 * length)
        at = first + (place if place <= length else 2 * length - place)
        return self.at(at)

    def at(self, place: float) -> Image:
        """Picture at a place between two of them."""
        place = min(max(place, 0.0), len(self.tiles) - 1.0)
        low = int(place)
        share = place - low
        if share < 1e-3 or low + 1 >= len(self.tiles):
            return self.tiles[low]
        return np.asarray(
            cv2.addWeighted(self.tiles[low], 1 - share, self.tiles[low + 1], share, 0), np.uint8
        )

    def spoken(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Sound of what is spoken, at a common level, and where in it there is speech."""
        first, end = (round(frame / FPS * RATE) for frame in self.speaks)
        sound = self.sound[first:end].copy()
        speech = self.speech[
            round(self.speaks[0] / FPS / FRAME_S) : round(self.speaks[1] / FPS / FRAME_S)
        ]
        n_fade = round(_FADE_S * RATE)
        ramp = np.linspace(0, 1, n_fade, dtype=np.float32)
        sound[:n_fade] *= ramp
        sound[-n_fade:] *= ramp[::-1]
        return sound, speech


def read_footage(take: Take, data: Path) -> Footage:
    """Read a take: its tiles, its sound at a common level, its speech."""
    path = data / take.file
    tiles = _tiles(path)
    n_samples = round(len(tiles) / FPS * RATE)
    if _is_silent(path):
        sound, speech = np.zeros(n_samples, np.float32), np.zeros(len(tiles) * 4, bool)
        return Footage(take, tiles, sound, speech, (0, 0), (0, len(tiles)))
    signal = read_audio(path, sample_rate=SAMPLE_RATE).signal
    speech = speech_frames(signal)
    on = np.flatnonzero(speech)
    level = np.sqrt(np.mean(signal[on[0] * 160 : (on[-1] + 1) * 160] ** 2))
    sound = soxr.resample(signal * _LEVEL / level, SAMPLE_RATE, RATE).astype(np.float32)
    sound = np.pad(sound, (0, max(n_samples - len(sound), 0)))
    first = max(int((on[0] * FRAME_S - _MARGIN_S) * FPS), 0)
    end = min(int((on[-1] * FRAME_S + _MARGIN_S) * FPS) + 1, len(tiles))
    return Footage(take, tiles, sound, speech, (first, end), _rests(speech, len(tiles)))


def _is_silent(path: Path) -> bool:
    return "MEAD" in path.name or "portrait" in path.name


def _rests(speech: NDArray[np.bool_], n_frames: int) -> tuple[int, int]:
    """The longest stretch without speech at either end."""
    on = np.flatnonzero(speech)
    lead = (0, int(on[0] * FRAME_S * FPS) - 2)
    tail = (int((on[-1] + 1) * FRAME_S * FPS) + 2, n_frames)
    first, end = max(lead, tail, key=lambda stretch: stretch[1] - stretch[0])
    return (first, end) if end - first >= 3 else (n_frames - 5, n_frames)


def _tiles(path: Path) -> Image:
    frames = list(read_frames(path, height=540, fps=FPS))
    tracker, boxes = FaceTracker(), []
    for number in range(0, len(frames), 5):
        face = largest(tracker.update(number / FPS, frames[number]))
        if face is not None:
            boxes.append((face.box.left, face.box.top, face.box.width, face.box.height))
    left, top, width, height = np.median(np.array(boxes), axis=0)
    shape = frames[0].shape
    x, y = (left + width / 2) * shape[1], (top + height / 2) * shape[0]
    side = AROUND * height * shape[0]
    to_tile = np.array(
        [[SIDE / side, 0, SIDE / 2 - x * SIDE / side], [0, SIDE / side, SIDE / 2 - y * SIDE / side]]
    )
    return np.stack(
        [
            cv2.warpAffine(
                frame, to_tile, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
            )
            for frame in frames
        ]
    ).astype(np.uint8)


def chewing(tile: Image, time_s: float, hz: float) -> Image:
    """A tile whose mouth and jaw move up and down and a little to the side."""
    phase = 2 * np.pi * hz * time_s
    face = SIDE * FACE_IN_TILE
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    across = (x - SIDE / 2) / (0.30 * face)
    down = (y - (SIDE / 2 + 0.36 * face)) / (0.22 * face)
    weight = np.exp(-(across**2) - down**2).astype(np.float32)
    opened = np.float32(0.05 * face * (0.5 - 0.5 * np.cos(phase)))
    aside = np.float32(0.02 * face * np.sin(phase))
    return np.asarray(
        cv2.remap(tile, x - aside * weight, y - opened * weight, cv2.INTER_LINEAR), np.uint8
    )


def turned(tile: Image, share: float = 0.6) -> Image:
    """A tile as of a head that is turned away: narrower, and more so on one side."""
    wide, far = SIDE * share, SIDE * (1 - share) / 4
    before = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
    left = (SIDE - wide) / 2
    after = np.array(
        [[left, 0], [left + wide, far], [left + wide, SIDE - far], [left, SIDE]], np.float32
    )
    turn = cv2.getPerspectiveTransform(before, after)
    return np.asarray(
        cv2.warpPerspective(tile, turn, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def hand_before(tile: Image, time_s: float) -> Image:
    """A tile with a hand that comes before the mouth, stays, moves a little and goes: 3 s."""
    face, within = SIDE * FACE_IN_TILE, time_s % 6.0
    if within > 3.0:
        return tile
    rise = min(within / 0.4, (3.0 - within) / 0.4, 1.0)
    x = SIDE / 2 + 0.05 * face * np.sin(3 * time_s)
    y = SIDE / 2 + 0.38 * face + (1 - rise) * 0.9 * face
    cheek = tile[int(SIDE / 2) : int(SIDE / 2 + 0.1 * face), int(SIDE / 2 - 0.3 * face) :]
    colour = [float(value) for value in cheek[:, : int(0.15 * face)].mean(axis=(0, 1))]
    shown = tile.copy()
    axes = (round(0.36 * face), round(0.2 * face))
    cv2.ellipse(shown, (round(x), round(y)), axes, 15, 0, 360, colour, -1, cv2.LINE_AA)
    for finger in range(4):
        at = (round(x - 0.3 * face), round(y + (finger - 1.5) * 0.09 * face))
        to = (round(x + 0.34 * face), round(y + (finger - 1.5) * 0.09 * face + 0.05 * face))
        cv2.line(shown, at, to, [0.8 * value for value in colour], 2, cv2.LINE_AA)
    return shown


def music(n_samples: int, level: float) -> Floats:
    """Chords and a beat twice a second, of a given RMS level."""
    time_s = np.arange(n_samples) / RATE
    rng = np.random.default_rng(7)
    sound = np.zeros(n_samples)
    for bar in range(int(n_samples / RATE / 2) + 1):
        within = (time_s >= 2 * bar) & (time_s < 2 * bar + 2)
        for tone in rng.choice([220, 262, 294, 330, 392, 440, 523], 3, replace=False):
            own = time_s[within] - 2 * bar
            sound[within] += np.sin(2 * np.pi * tone * own) * np.exp(-own)
    beat = np.exp(-40 * (time_s % 0.5)) * rng.standard_normal(n_samples)
    sound += 1.5 * beat
    return np.asarray(sound * level / np.sqrt(np.mean(sound**2)), np.float32)
