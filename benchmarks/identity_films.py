"""Films joined from clips of single people, and who is where at each time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.media.face_boxes import square_of
from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import largest
from affuse.media.video import sample_frames

Image = NDArray[np.uint8]

WIDTH, HEIGHT, FPS = 640, 360, 5
PORTRAIT_FPS = 10
SIDE = 360
SURROUNDINGS = 2.4
"""Sides of a face that a portrait is wide."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """Pictures of one person, ten a second, the face in the middle."""

    person: str
    clip: str
    pictures: tuple[Image, ...]

    def at(self, time_s: float) -> Image:
        """The picture at a time; it is shown forth and back for ever."""
        n = len(self.pictures)
        place = round(time_s * PORTRAIT_FPS) % (2 * n)
        return self.pictures[min(place, 2 * n - 1 - place)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a portrait is in the picture, in pixels, and how it is shown.

    Attributes
    ----------
    x, y, side : float
        Centre and side.
    to_x : float or None
        Where it moves to over the shot; None: it stays.
    zoom, to_zoom : float
        How much larger than the portrait its middle is, first and last.
    mirrored : bool
    light : float
        What its levels are multiplied by.
    """

    portrait: Portrait
    x: float = WIDTH / 2
    y: float = HEIGHT / 2
    side: float = SIDE
    to_x: float | None = None
    zoom: float = 1.0
    to_zoom: float | None = None
    mirrored: bool = False
    light: float = 1.0
    from_s: float = 0.0

    def x_at(self, share: float) -> float:
        """Its centre after a share of the shot."""
        return self.x if self.to_x is None else self.x + share * (self.to_x - self.x)

    def zoom_at(self, share: float) -> float:
        """Its zoom after a share of the shot."""
        end = self.zoom if self.to_zoom is None else self.to_zoom
        return self.zoom + share * (end - self.zoom)


@dataclass(frozen=True, slots=True)
class Shot:
    """What is shown for some seconds; the last of the places lies above the others."""

    length_s: float
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Film:
    """Shots one after the other, in colour or grey."""

    name: str
    shots: tuple[Shot, ...]
    is_grey: bool = False

    @property
    def cuts_s(self) -> tuple[float, ...]:
        """When shots begin, but the first."""
        ends = np.cumsum([shot.length_s for shot in self.shots])
        return tuple(round(float(end), 3) for end in ends[:-1])

    @property
    def is_between_people(self) -> tuple[bool, ...]:
        """Of each cut: whether other people are there after it."""
        casts = [{place.portrait.person for place in shot.places} for shot in self.shots]
        return tuple(before != after for before, after in pairwise(casts))

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody in it."""
        return tuple(sorted({p.portrait.person for shot in self.shots for p in shot.places}))

    def person_at(self, time_s: float, x: float) -> str:
        """Whose face is there, with its centre at a share of the width; empty: nobody's."""
        shot, share = self._shot_at(time_s)
        near = [
            (abs(place.x_at(share) - x * WIDTH), place)
            for place in reversed(shot.places)
            if abs(place.x_at(share) - x * WIDTH) < 0.3 * place.side
        ]
        return min(near, key=_distance)[1].portrait.person if near else ""

    def pictures(self) -> Iterator[Image]:
        """All pictures, five a second: as many as are sampled."""
        for shot in self.shots:
            n = round(shot.length_s * FPS)
            for at in range(n):
                picture = drawn(shot.places, at / FPS, at / max(n - 1, 1))
                yield np.repeat(_grey(picture), 3, axis=2) if self.is_grey else picture

    def _shot_at(self, time_s: float) -> tuple[Shot, float]:
        starts = (0.0, *self.cuts_s)
        at = int(np.searchsorted(starts, time_s + 0.5 / FPS, side="right")) - 1
        shot = self.shots[at]
        return shot, min(max((time_s - starts[at]) / shot.length_s, 0.0), 1.0)


def drawn(places: Sequence[Place], time_s: float, share: float) -> Image:
    """One picture of a shot."""
    canvas = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
    if len(places) == 1:
        # Whoever is alone in the picture fills it with what is around them.
        around = cv2.resize(places[0].portrait.at(0.0), (WIDTH, WIDTH))[:HEIGHT]
        canvas = np.asarray(cv2.GaussianBlur(around, (0, 0), 12), np.uint8)
    for place in places:
        image = place.portrait.at(place.from_s + time_s)
        picture = zoomed(image, place.zoom_at(share))
        if place.mirrored:
            picture = picture[:, ::-1]
        side = round(place.side)
        picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        lit = np.clip(picture * place.light, 0, 255).astype(np.uint8)
        paste(canvas, lit, round(place.x_at(share) - side / 2), round(place.y - side / 2))
    return canvas


def zoomed(image: Image, zoom: float) -> Image:
    """The middle of a picture."""
    side = round(len(image) / zoom)
    first = (len(image) - side) // 2
    return image[first : first + side, first : first + side]


def paste(canvas: Image, picture: Image, left: int, top: int) -> None:
    """Put a picture onto another, in place; what lies beyond it is lost."""
    height, width = canvas.shape[:2]
    x, y = max(left, 0), max(top, 0)
    end_x, end_y = min(left + picture.shape[1], width), min(top + picture.shape[0], height)
    if x < end_x and y < end_y:
        canvas[y:end_y, x:end_x] = picture[y - top : end_y - top, x - left : end_x - left]


def write_film(path: Path, pictures: Iterator[Image]) -> None:
    """An mp4 without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "20"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def read_portraits(paths: Sequence[Path], people: Mapping[str, str]) -> list[Portrait]:
    """A portrait of each clip; a clip without a face in its first picture is left out."""
    found = []
    for path in paths:
        pictures = tuple(_portrait(path))
        if pictures:
            found.append(Portrait(people.get(path.stem, path.stem), path.stem, pictures))
    return found


def _portrait(path: Path) -> Iterator[Image]:
    frames = sample_frames(path, per_s=PORTRAIT_FPS, short_side=480)
    square: tuple[float, float, float] | None = None
    for frame in frames:
        height, width = frame.image.shape[:2]
        if square is None:
            face = largest(HaarDetector().detect(frame.image))
            if face is None:
                return
            square = square_of(face.box, width, height)
        x, y, side = square
        n = round(SURROUNDINGS * side)
        around = cv2.getRectSubPix(frame.image, (n, n), (x, y + 0.15 * side))
        yield np.asarray(cv2.resize(around, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _grey(picture: Image) -> Image:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]


def _distance(found: tuple[float, Place]) -> float:
    return found[0]


def films_of(cast: Sequence[Sequence[Portrait]], seed: int) -> Iterator[Film]:
    """Films with these people, of each of whom there are one or several portraits."""
    rng = np.random.default_rng(seed)
    one, two = ([Place(p) for p in portraits] for portraits in cast[:2])
    names = "+".join(portraits[0].person for portraits in cast)
    yield Film(f"dialogue by cuts: {names}", tuple(_dialogue(cast, rng, 10, 2.0)))
    yield Film(f"a cut every second: {names}", tuple(_dialogue(cast, rng, 16, 1.0)))
    left, right = one[0], two[0]
    pair = _beside(left, right)
    close = (Shot(2.0, (replace(left, zoom=1.3),)), Shot(2.0, (replace(right, mirrored=True),)))
    yield Film(f"side by side, then the other way: {names}", (
        Shot(3.0, pair), *close, Shot(3.0, _beside(right, left)), Shot(2.0, pair)
    ))  # fmt: skip
    yield Film(f"people cross: {names}", (Shot(2.0, pair), Shot(2.5, _crossing(pair)),
        Shot(2.0, _beside(right, left))))  # fmt: skip
    yield Film(f"a face leaves and returns: {names}", (
        Shot(3.0, pair), Shot(5.0, pair[:1]), Shot(3.0, pair), Shot(4.0, ()), Shot(2.0, pair),
    ))  # fmt: skip
    yield Film(f"zooms: {names}", (
        Shot(3.0, (replace(left, to_zoom=1.6),)), Shot(2.0, (replace(right, side=240),)),
        Shot(2.0, (replace(left, side=200, light=0.7),)), Shot(3.0, (replace(right, zoom=1.4),)),
    ))  # fmt: skip


def harder_films(cast: Sequence[Sequence[Portrait]], seed: int) -> Iterator[Film]:
    """Films with many people, and in grey, in changing light and from afar."""
    names = f"{len(cast)} people, {seed}"
    for name, look in {
        "many people": {}, "many people, changing light": {"light": (0.4, 1.4)},
        "many people, small": {"size": (0.3, 0.4)}, "many people, grey": {},
    }.items():  # fmt: skip
        rng = np.random.default_rng(seed)
        shots = tuple(_dialogue(cast, rng, 3 * len(cast), 1.6, **look))
        yield Film(f"{name}: {names}", shots, name.endswith("grey"))


def _dialogue(
    cast: Sequence[Sequence[Portrait]],
    rng: np.random.Generator,
    n_shots: int,
    length_s: float,
    *,
    size: tuple[float, float] = (0.7, 1.0),
    light: tuple[float, float] = (0.75, 1.2),
) -> Iterator[Shot]:
    """One person after another, each time otherwise framed."""
    for number in range(n_shots):
        portraits = cast[number % len(cast)]
        portrait = portraits[(number // len(cast)) % len(portraits)]
        yield Shot(length_s, (Place(
            portrait,
            x=WIDTH * rng.uniform(0.35, 0.65),
            side=SIDE * rng.uniform(*size),
            zoom=rng.choice([1.0, 1.0, 1.3, 1.5]),
            mirrored=bool(rng.random() < 0.3),
            light=rng.uniform(*light),
            from_s=rng.uniform(0, 3),
        ),))  # fmt: skip


def _beside(left: Place, right: Place) -> tuple[Place, ...]:
    return (
        replace(left, x=0.25 * WIDTH, side=0.5 * WIDTH),
        replace(right, x=0.75 * WIDTH, side=0.5 * WIDTH),
    )


def _crossing(pair: Sequence[Place]) -> tuple[Place, ...]:
    """Both move to where the other was, one before the other."""
    left, right = pair
    return (replace(left, to_x=right.x), replace(right, to_x=left.x))


def crowd(portraits: Sequence[Portrait], n_faces: int, length_s: float) -> Film:
    """Many faces in one picture."""
    across = max(math.ceil(math.sqrt(n_faces * WIDTH / HEIGHT)), 1)
    side = WIDTH / across
    places = tuple(
        Place(portraits[at % len(portraits)], x=(at % across + 0.5) * side,
              y=(at // across + 0.5) * side, side=side, zoom=1.4, from_s=0.3 * at)
        for at in range(n_faces)
    )  # fmt: skip
    return Film(f"{n_faces} faces in one picture", (Shot(length_s, places),))
