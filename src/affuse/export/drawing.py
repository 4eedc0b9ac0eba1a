"""A prediction drawn onto the frames of its clip."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.export.people import holds
from affuse.export.plain import UNDECIDED, percent, top_emotion
from affuse.export.timeline import Cut, Track, main_track, tracks
from affuse.records import Box, Prediction, Segment

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

# Okabe and Ito's colours, which people with any colour vision tell apart, black as light grey.
COLOURS: tuple[Colour, ...] = (
    (200, 200, 200),
    (86, 180, 233),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (0, 158, 115),
    (230, 159, 0),
)
"""RGB, by position of the emotion in the recogniser's classes; more classes begin anew."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WHITE, _GREY, _BLACK, _DARK = (255, 255, 255), (150, 150, 150), (0, 0, 0), (30, 30, 30)
_STRIP_SHARE, _LEGEND_SHARE = 0.13, 0.3
_STRIP_OPACITY = 0.8
_FADED = 0.35
_LIGHTER = 0.15
"""How much of white is in letters, so that dark colours read well."""
_SMALLEST_TEXT = 0.3
_TEXT_HEIGHT = 22
"""Pixels of a line of text at scale 1, capital height."""


@dataclass(frozen=True)
class Painter:
    """Draws the prediction for a moment: emotion, face boxes, the timeline with a cursor.

    Of several people: a box with name and emotion around each who is seen, twice as thick around
    the one who speaks; what voice and face of this one say; and a timeline each, underlined where
    the person speaks.

    Attributes
    ----------
    prediction : Prediction
    width, height : int
        Of the frames, in pixels.
    """

    prediction: Prediction
    width: int
    height: int

    def paint(self, image: Image, time_s: float) -> None:
        """Draw over one frame, in place.

        Parameters
        ----------
        image : (height, width, 3) uint8
            RGB.
        time_s : float
            Seconds from the clip's origin.
        """
        for track in self._tracks:
            self._paint_box(image, track, time_s)
        if self._main.person is None:
            self._paint_verdict(image, self._main.at(time_s))
        speaking = (track for track in self._tracks if _speaks(track, time_s))
        for track in islice(speaking, 1):
            self._paint_verdict(image, track.at(time_s), f"{_called(track)}: ")
        self._paint_strip(image, time_s)

    @cached_property
    def _tracks(self) -> tuple[Track, ...]:
        return tracks(self.prediction)

    @cached_property
    def _main(self) -> Track:
        return main_track(self.prediction)

    @cached_property
    def _duration_s(self) -> float:
        ends = [cut.end_s for track in self._tracks for cut in track.cuts]
        return max([self.prediction.duration_s, 1e-3, *ends])

    @cached_property
    def _scale(self) -> float:
        return max(min(self.width, self.height) / 600, _SMALLEST_TEXT)

    @cached_property
    def _strip(self) -> Image:
        """The timeline: names of the emotions in their colours over stacked probabilities."""
        height = min(max(round(self.height * _STRIP_SHARE), 12), self.height)
        strip: Image = np.full((height, self.width, 3), _DARK, np.uint8)
        legend = round(height * _LEGEND_SHARE)
        _paint_legend(strip[:legend], self.prediction.classes)
        shown = (self._main,) if self._main.person is None else self._tracks
        edges = [legend + (height - legend) * n // len(shown) for n in range(len(shown) + 1)]
        for track, (above, below) in zip(shown, pairwise(edges), strict=True):
            self._paint_timeline(strip[above:below], track)
        return strip

    def _paint_timeline(self, band: Image, track: Track) -> None:
        for cut in track.cuts:
            first, last = (self._column(time_s) for time_s in (cut.start_s, cut.end_s))
            _paint_stack(band[:, first:last], cut.segment, self.prediction.classes)
        if track.person is None:
            return
        thickness = max(len(band) // 5, 1)
        band[:1] = _DARK
        for start_s, end_s in track.person.turns:
            band[-thickness:, self._column(start_s) : self._column(end_s)] = _WHITE

    def _column(self, time_s: float) -> int:
        return round(time_s / self._duration_s * self.width)

    def _colour(self, emotion: str | None) -> Colour:
        return _GREY if emotion is None else _colour(emotion, self.prediction.classes)

    def _paint_strip(self, image: Image, time_s: float) -> None:
        strip = self._strip
        beneath = image[-len(strip) :]
        beneath[:] = cv2.addWeighted(strip, _STRIP_OPACITY, beneath, 1 - _STRIP_OPACITY, 0)
        column = min(self._column(time_s), self.width - 1)
        thickness = max(round(2 * self._scale), 1)
        beneath[:, column : column + thickness] = _WHITE

    def _paint_box(self, image: Image, track: Track, time_s: float) -> None:
        cut, box = track.at(time_s), track.box_at(time_s)
        if cut is None or box is None or not _is_seen(track, time_s):
            return
        colour = self._colour(cut.segment.emotion)
        left, top, right, bottom = _corners(box, self.width, self.height)
        thickness = max(round(3 * self._scale), 1)
        if _speaks(track, time_s):
            thickness *= 2
        cv2.rectangle(image, (left, top), (right, bottom), colour, thickness, cv2.LINE_AA)
        if len(self._tracks) > 1 or track.person is not None:
            whose = f"{_called(track)}:" if track.person else str(track.face)
            speaks = ", speaks" if _speaks(track, time_s) else ""
            text = f"{whose} {_verdict(cut.segment)}{speaks}"
            above = max(top - 2 * thickness, round(_TEXT_HEIGHT * self._scale))
            _write(image, text, (left, above), 0.7 * self._scale, colour)

    def _paint_verdict(self, image: Image, cut: Cut | None, whose: str = "") -> None:
        if cut is None:
            return
        segment, scale = cut.segment, self._scale
        margin, line = round(14 * scale), round(1.7 * _TEXT_HEIGHT * scale)
        y = margin + round(1.2 * _TEXT_HEIGHT * scale)
        colour = self._colour(segment.emotion)
        _write(image, whose + _verdict(segment), (margin, y), 1.2 * scale, colour)
        for name, word in (
            ("voice", top_emotion(segment, "audio")),
            ("face", top_emotion(segment, "video")),
        ):
            if word is not None:
                y += line
                text = f"{name}: {word[0]} {percent(word[1])}"
                _write(image, text, (margin, y), 0.7 * scale, self._colour(word[0]))


def _called(track: Track) -> str:
    """The title of its person; the number where the name is in no letters of OpenCV's."""
    drawable = _plain_letters(track.title).count("?") == track.title.count("?")
    return track.title if drawable else f"person {track.number}"


def _is_seen(track: Track, time_s: float) -> bool:
    return track.person is None or holds(track.person.visible, time_s)


def _speaks(track: Track, time_s: float) -> bool:
    return track.person is not None and holds(track.person.turns, time_s)


def _verdict(segment: Segment) -> str:
    if segment.emotion is None:
        return f"{UNDECIDED}: {segment.abstained}" if segment.abstained else UNDECIDED
    if segment.confidence is None:
        return segment.emotion
    return f"{segment.emotion} {percent(segment.confidence)}"


def _colour(emotion: str, classes: Sequence[str]) -> Colour:
    return COLOURS[classes.index(emotion) % len(COLOURS)] if emotion in classes else _GREY


def _corners(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    return (
        round(box.left * width),
        round(box.top * height),
        round((box.left + box.width) * width),
        round((box.top + box.height) * height),
    )


def _paint_stack(stretch: Image, segment: Segment, classes: Sequence[str]) -> None:
    """Fill a stretch with one band per emotion, from the bottom up; paler where none is named."""
    probabilities = segment.probabilities.get("fused", {})
    strength = 1.0 if segment.emotion is not None else _FADED
    height, below = len(stretch), 0.0
    for emotion in classes:
        above = below + probabilities.get(emotion, 0.0)
        rows = slice(height - round(above * height), height - round(below * height))
        stretch[rows] = [round(strength * part) for part in _colour(emotion, classes)]
        below = above


def _paint_legend(legend: Image, classes: Sequence[str]) -> None:
    """The emotions' names side by side, as large as fits."""
    height, width = legend.shape[:2]
    names = [_plain_letters(name) for name in classes]
    lengths = [_text_width(name, 1.0) for name in names]
    space = sum(lengths) + _text_width("x", 1.0) * (len(names) + 1)
    scale = min(0.6 * height / _TEXT_HEIGHT, width / max(space, 1))
    if scale < _SMALLEST_TEXT / 2:
        return
    gap = (width - scale * sum(lengths)) / (len(names) + 1)
    left, baseline = gap, round((height + 0.6 * _TEXT_HEIGHT * scale) / 2)
    for name, emotion, length in zip(names, classes, lengths, strict=True):
        _write(legend, name, (round(left), baseline), scale, _colour(emotion, classes))
        left += scale * length + gap


def _write(image: Image, text: str, place: tuple[int, int], scale: float, colour: Colour) -> None:
    """One line of text with a dark edge, made smaller where it would leave the picture."""
    letters = _plain_letters(text)
    room = image.shape[1] - place[0]
    scale = min(scale, scale * room / max(_text_width(letters, scale), 1))
    thickness = max(round(2 * scale), 1)
    cv2.putText(image, letters, place, _FONT, scale, _BLACK, 3 * thickness, cv2.LINE_AA)
    light = [round(part + _LIGHTER * (255 - part)) for part in colour]
    cv2.putText(image, letters, place, _FONT, scale, light, thickness, cv2.LINE_AA)


def _text_width(text: str, scale: float) -> int:
    return int(cv2.getTextSize(text, _FONT, scale, max(round(2 * scale), 1))[0][0])


def _plain_letters(text: str) -> str:
    """Text in letters that OpenCV's font has: without accents, others as question marks."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return bare.encode("ascii", "replace").decode("ascii")
