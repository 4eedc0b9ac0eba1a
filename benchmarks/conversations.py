"""Conversations made by code from real clips, with who speaks when: mp4 files with JSON beside.

usage: python benchmarks/conversations.py SHARED_DATA FOLDER [--kind KIND ...] [--casts N]
       [--rounds 3]

Two or three people side by side of whom one speaks at a time, of the same size or of two;
dialogues by cuts, with and without the listener shown; a voice-over of a corpus; a listener who
chews, or who speaks without sound; people who change places; sound 0.2 s early or late; 12
pictures a second; hands before mouths; turned faces; music. Each utterance comes with its own
picture. All are the same each time.

The JSON of a conversation:

people    number -> name, emotion of each utterance in order, whether seen
turns     [start_s, end_s, person], to 10 ms: where the sound of this person is speech
places    person -> [time_s, left, top, width, height] of the face, five times a second while it
          is seen, as shares of the picture
cuts_s    where the picture changes at once
emotions  [start_s, end_s, person, emotion] of each utterance
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np

from affuse.media.audio import read_audio
from footage import (
    FACE_IN_TILE,
    FPS,
    RATE,
    TAKES,
    Floats,
    Footage,
    Image,
    chewing,
    hand_before,
    music,
    read_footage,
    turned,
)

WIDTH, HEIGHT = 960, 540
PAIRS = (
    ("RAVDESS-5", "stranger-3"),
    ("RAVDESS-1", "stranger-2"),
    ("MEAD-M003", "MEAD-W036"),
    ("MEAD-M030", "MEAD-W023"),
    ("stranger-1", "RAVDESS-5"),
)
TRIOS = (("RAVDESS-5", "stranger-2", "MEAD-W036"), ("stranger-1", "MEAD-W023", "RAVDESS-1"))
UNHEARD = ("11", "13")
"""Speakers of EMO-DB, of either sex, of whom the voices' network has not learned."""
_X264 = {"preset": "veryfast", "crf": "20", "threads": "1", "g": "50"}
_BLEND = 5
_PAUSE_S = 0.4
_NOISE = 0.0004
Effect = Callable[[Image, float], Image]
Place = tuple[float, float, float]
"""Centre and side of a tile, in pixels."""


@dataclass(frozen=True)
class Turn:
    """One utterance: whose, from which frame of the conversation on, and of which footage."""

    person: int
    frame: int
    footage: Footage

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.frame + self.footage.speaks[1] - self.footage.speaks[0]


@dataclass
class Scene:
    """A conversation before it is written."""

    cast: list[list[Footage]]
    turns: list[Turn]
    n_frames: int
    place: Callable[[int, int], Place | None]
    """(person, frame) -> where the tile is."""
    effects: dict[int, Effect] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    voices: list[tuple[int, Floats, np.ndarray, str]] = field(default_factory=list)
    """Frame, sound, speech and name of voices that nobody's face goes with."""
    sound_late_s: float = 0.0
    fps: int = FPS
    music_level: float = 0.0


def written_out(names: Sequence[str], known: dict[str, list[Footage]], n_rounds: int) -> Scene:
    """The cast speaks in turn; the picture has no places yet."""
    cast = [known[name] for name in names]
    turns: list[Turn] = []
    frame = round(FPS * 1.0)
    speakers = [at for at, footage in enumerate(cast) if footage[0].speaks[1]]
    for number in range(n_rounds):
        for person in speakers:
            footage = cast[person][number % len(cast[person])]
            turns.append(Turn(person, frame, footage))
            frame = turns[-1].end + round(_PAUSE_S * FPS)
    return Scene(cast, turns, frame + round(0.6 * FPS), side_by_side([1.0] * len(cast)))


def side_by_side(sizes: Sequence[float]) -> Callable[[int, int], Place]:
    """Everyone in a column; `sizes` are shares of the largest tile that fits."""
    column = WIDTH / len(sizes)
    largest = min(column, HEIGHT) * 0.98

    def place(person: int, frame: int) -> Place:
        return column * (person + 0.5), HEIGHT / 2, largest * sizes[person]

    return place


def swapping(scene: Scene) -> Scene:
    """Both change places twice, within a second each, one before the other."""
    rest = side_by_side([0.9, 0.9])
    moments = [scene.n_frames // 3, 2 * scene.n_frames // 3]

    def place(person: int, frame: int) -> Place:
        share = sum(min(max((frame - at) / FPS, 0.0), 1.0) for at in moments)
        share = share if share <= 1 else 2 - share
        here, there = rest(person, frame), rest(1 - person, frame)
        lift = (1 if person else -1) * 40 * np.sin(np.pi * share)
        return here[0] + share * (there[0] - here[0]), here[1] + lift, here[2]

    return replace(scene, place=place)


def by_cuts(scene: Scene, *, reactions: bool) -> Scene:
    """One face at a time: who speaks, and with `reactions` the listener within each turn."""
    shown = np.zeros(scene.n_frames, int)
    for number, turn in enumerate(scene.turns):
        shown[max(turn.frame - 3, 0) :] = turn.person
        if reactions and number % 2:
            middle = (turn.frame + turn.end) // 2
            other = (turn.person + 1) % len(scene.cast)
            shown[middle : middle + FPS] = other
            shown[middle + FPS :] = turn.person
    cuts = [int(at) + 1 for at in np.flatnonzero(np.diff(shown))]

    def place(person: int, frame: int) -> Place | None:
        return (WIDTH / 2, HEIGHT / 2, HEIGHT * 0.98) if shown[frame] == person else None

    return replace(scene, place=place, cuts=cuts)


def with_voice_over(scene: Scene, data: Path, voice: str) -> Scene:
    """Every second turn is spoken by somebody who is not in the picture."""
    from affuse.media.speech import speech_frames

    signal = read_audio(data / "corpora" / voice, sample_rate=16_000).signal
    speech = speech_frames(signal)
    import soxr

    level = np.sqrt(np.mean(signal[: len(speech) * 160].reshape(-1, 160)[speech] ** 2))
    sound = soxr.resample(signal * 0.05 / level, 16_000, RATE).astype(np.float32)
    turns, voices, frame = [], [], FPS
    for turn in scene.turns:
        voices.append((frame, sound, speech, Path(voice).stem))
        frame += round(len(sound) / RATE * FPS) + round(_PAUSE_S * FPS)
        turns.append(replace(turn, frame=frame))
        frame = turns[-1].end + round(_PAUSE_S * FPS)
    return replace(scene, turns=turns, voices=voices, n_frames=frame + FPS)


def pictures(scene: Scene) -> Iterator[Image]:
    """All pictures of a conversation, at its rate."""
    n_pictures = round(scene.n_frames / FPS * scene.fps)
    for number in range(n_pictures):
        frame = min(round(number / scene.fps * FPS), scene.n_frames - 1)
        yield _picture(scene, frame)


def _picture(scene: Scene, frame: int) -> Image:
    canvas = np.full((HEIGHT, WIDTH, 3), (70, 80, 90), np.uint8)
    for person in range(len(scene.cast)):
        place = scene.place(person, frame)
        if place is None:
            continue
        tile = _tile(scene, person, frame)
        if person in scene.effects:
            tile = scene.effects[person](tile, frame / FPS)
        _put(canvas, tile, place)
    return canvas


def _tile(scene: Scene, person: int, frame: int) -> Image:
    """Somebody's tile: speaking in their turns, listening between, blended over 0.2 s."""
    own = [turn for turn in scene.turns if turn.person == person]
    for turn in own:
        if turn.frame <= frame < turn.end:
            return turn.footage.tiles[turn.footage.speaks[0] + frame - turn.frame]
    before = [turn for turn in own if turn.end <= frame]
    after = [turn for turn in own if turn.frame > frame]
    footage = before[-1].footage if before else after[0].footage if after else scene.cast[person][0]
    rest = footage.listening(frame, 0.3 * person)
    if before and frame - before[-1].end < _BLEND:
        share = (frame - before[-1].end + 1) / (_BLEND + 1)
        last = footage.tiles[footage.speaks[1] - 1]
        return np.asarray(cv2.addWeighted(rest, share, last, 1 - share, 0), np.uint8)
    if after and after[0].frame - frame <= _BLEND:
        share = (after[0].frame - frame) / (_BLEND + 1)
        first = after[0].footage.tiles[after[0].footage.speaks[0]]
        return np.asarray(cv2.addWeighted(rest, share, first, 1 - share, 0), np.uint8)
    return rest


def _put(canvas: Image, tile: Image, place: Place) -> None:
    x, y, side = place
    size = round(side)
    small = cv2.resize(tile, (size, size), interpolation=cv2.INTER_AREA)
    left, top = round(x - side / 2), round(y - side / 2)
    first_x, first_y = max(left, 0), max(top, 0)
    end_x, end_y = min(left + size, WIDTH), min(top + size, HEIGHT)
    if end_x > first_x and end_y > first_y:
        canvas[first_y:end_y, first_x:end_x] = small[
            first_y - top : end_y - top, first_x - left : end_x - left
        ]


def sound(scene: Scene, seed: int) -> tuple[Floats, list[list[float]]]:
    """Sound of a conversation, and its turns of speech."""
    n_samples = round(scene.n_frames / FPS * RATE)
    mixed = _NOISE * np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32)
    spoken: list[list[float]] = []
    pieces = [(turn.frame, *turn.footage.spoken(), turn.person + 1) for turn in scene.turns]
    pieces += [(at, own, speech, len(scene.cast) + 1) for at, own, speech, _ in scene.voices]
    for frame, own, speech, person in sorted(pieces, key=lambda piece: piece[0]):
        start_s = frame / FPS + scene.sound_late_s
        first = round(start_s * RATE)
        length = min(len(own), n_samples - first)
        mixed[first : first + length] += own[:length]
        spoken += [
            [round(start_s + a / 100, 2), round(start_s + b / 100, 2), person]
            for a, b in stretches(speech)
        ]
    if scene.music_level:
        mixed += music(n_samples, scene.music_level)
    return mixed, spoken


def stretches(mask: np.ndarray) -> list[tuple[int, int]]:
    """[first, end) of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def truth(scene: Scene, spoken: list[list[float]]) -> dict[str, object]:
    """What stands in the JSON."""
    people: dict[str, object] = {}
    places: dict[str, list[list[float]]] = {}
    for person, footage in enumerate(scene.cast):
        people[str(person + 1)] = {"name": footage[0].take.person, "seen": True}
        places[str(person + 1)] = [
            [round(frame / FPS, 2), *_face(place)]
            for frame in range(0, scene.n_frames, FPS // 5)
            if (place := scene.place(person, frame)) is not None
        ]
    if scene.voices:
        people[str(len(scene.cast) + 1)] = {"name": scene.voices[0][3], "seen": False}
    emotions = [
        [t.frame / FPS, t.end / FPS, t.person + 1, t.footage.take.emotion] for t in scene.turns
    ]
    return {
        "duration_s": scene.n_frames / FPS,
        "people": people,
        "turns": spoken,
        "places": places,
        "cuts_s": [at / FPS for at in scene.cuts],
        "emotions": emotions,
    }


def _face(place: Place) -> list[float]:
    x, y, side = place
    face = side * FACE_IN_TILE
    box = ((x - face / 2) / WIDTH, (y - face / 2) / HEIGHT, face / WIDTH, face / HEIGHT)
    return [round(value, 4) for value in box]


def write(path: Path, scene: Scene) -> None:
    """Write a conversation and its truth."""
    mixed, spoken = sound(scene, zlib.crc32(path.stem.encode()))
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=scene.fps, options=_X264)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.thread_count = 1
        audio = container.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = 96_000
        whole = av.AudioFrame.from_ndarray(mixed[None], format="fltp", layout="mono")
        whole.sample_rate, whole.pts, whole.time_base = RATE, 0, Fraction(1, RATE)
        container.mux(audio.encode(whole))
        container.mux(audio.encode(None))
        for number, picture in enumerate(pictures(scene)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, scene.fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    path.with_suffix(".json").write_text(json.dumps(truth(scene, spoken)), "utf-8")


Known = dict[str, list[Footage]]
Make = Callable[[Sequence[str], Known, int, Path], Scene]


def _plain(names: Sequence[str], known: Known, n_rounds: int, data: Path) -> Scene:
    return written_out(names, known, n_rounds)


def _sizes(names: Sequence[str], known: Known, n_rounds: int, data: Path) -> Scene:
    return replace(
        written_out(names, known, n_rounds), place=side_by_side([1.0, 0.6, 0.8][: len(names)])
    )


def _changed(change: Callable[[Scene], Scene]) -> Make:
    def make(names: Sequence[str], known: Known, n_rounds: int, data: Path) -> Scene:
        return change(written_out(names, known, n_rounds))

    return make


def _voice_over(names: Sequence[str], known: Known, n_rounds: int, data: Path) -> Scene:
    scene = written_out(names, known, n_rounds)
    speaker = UNHEARD[PAIRS.index((names[0], names[1])) % len(UNHEARD)]
    voices = sorted((data / "corpora").glob(f"EMO-DB/**/{speaker}*.ogg"))
    voice = voices[zlib.crc32(names[0].encode()) % len(voices)]
    return with_voice_over(scene, data, str(voice.relative_to(data / "corpora")))


def _affected(effect: Effect, *, speakers: bool) -> Callable[[Scene], Scene]:
    """An effect on everyone, or on those alone who do not speak just then."""

    def change(scene: Scene) -> Scene:
        def own(person: int) -> Effect:
            def shown(tile: Image, time_s: float) -> Image:
                busy = any(
                    t.frame - _BLEND <= time_s * FPS < t.end + _BLEND
                    for t in scene.turns
                    if t.person == person
                )
                return tile if busy and not speakers else effect(tile, time_s + 1.7 * person)

            return shown

        return replace(scene, effects={at: own(at) for at in range(len(scene.cast))})

    return change


MOUTHING = (
    ("RAVDESS-5", "silent-W009"),
    ("stranger-2", "silent-M030"),
    ("RAVDESS-1", "portrait-1"),
)
KINDS: dict[str, tuple[Sequence[Sequence[str]], Make]] = {
    "side-by-side": ((*PAIRS, *TRIOS), _plain),
    "sizes": ((*PAIRS, *TRIOS), _sizes),
    "cuts": (PAIRS, _changed(partial(by_cuts, reactions=False))),
    "reactions": (PAIRS, _changed(partial(by_cuts, reactions=True))),
    "voice-over": (PAIRS, _voice_over),
    "chewing": (PAIRS, _changed(_affected(partial(chewing, hz=1.6), speakers=False))),
    "mouthing": (MOUTHING, _plain),
    "swaps": (PAIRS, _changed(swapping)),
    "early": (PAIRS, _changed(partial(replace, sound_late_s=-0.2))),
    "late": (PAIRS, _changed(partial(replace, sound_late_s=0.2))),
    "12fps": (PAIRS, _changed(partial(replace, fps=12))),
    "hands": (PAIRS, _changed(_affected(hand_before, speakers=True))),
    "turned": (PAIRS, _changed(_affected(lambda tile, _: turned(tile), speakers=True))),
    "music": (PAIRS, _changed(partial(replace, music_level=0.02))),
}
"""Name -> who takes part in each, and how it is made."""


def main() -> None:
    """Make all that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--casts", type=int, default=99, help="of each kind, at most")
    parser.add_argument("--rounds", type=int, default=3, help="utterances of each person")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    known: Known = {}
    for take in TAKES:
        known.setdefault(take.person, []).append(read_footage(take, asked.data))
    for kind in asked.kind or KINDS:
        casts, make = KINDS[kind]
        for names in casts[: asked.casts]:
            path = asked.folder / f"{kind}_{'_'.join(names)}.mp4"
            write(path, make(names, known, asked.rounds, asked.data))
            print(path)


if __name__ == "__main__":
    main()
