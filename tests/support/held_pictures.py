"""The embedded corpus as jerky as an old film: files, sound and duration as ever, drawn in a third.

To draw its pictures is most of what a clip costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from affuse.synthetic import corpus
from affuse.synthetic.faces import Face
from affuse.synthetic.performance import Performance

_make = corpus._make
HELD = 5
"""Pictures that show the same moment."""


@contextmanager
def held_pictures() -> Iterator[None]:
    """Clips that are made meanwhile hold each picture for a sixth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "perform", _held(corpus.perform))
        patch.setattr(Face, "draw", _drawn_once(Face.draw))
        yield


def make_held(batch: Any) -> None:
    """Makes clips that hold their pictures: what another process of `synthesise` is given to do."""
    with held_pictures():
        _make(batch)


def _held(perform: Callable[..., Performance]) -> Callable[..., Performance]:
    def held(*arguments: Any, **named: Any) -> Performance:
        shown = perform(*arguments, **named)
        first = [number - number % HELD for number in range(len(shown.poses))]
        return replace(shown, units=shown.units[first], poses=tuple(shown.poses[n] for n in first))

    return held


def _drawn_once(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Draws what is asked for twice running only once."""
    last: list[Any] = [None, None]

    def drawn(face: Face, units: Any, pose: Any) -> Any:
        moment = (face.identity, units.tobytes(), pose)
        if last[0] != moment:
            last[:] = [moment, draw(face, units, pose)]
        return last[1]

    return drawn
