"""How a recording is cut into windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from affuse.errors import ConfigError, refuse_other_than_number

WINDOW_S = 5.0
"""About one utterance: what the voice network learned from lasts 3 to 5 seconds, so that such a
clip is judged as a whole; shorter windows hold half a sentence, longer ones several."""

SHORTEST_S = 0.5
"""Of windows and hops, in seconds."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in seconds."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one length at even distances.

    The last one ends with the recording and is up to half a hop shorter or longer than the
    others, so that there is no splinter with too little in it to judge by. A recording up to half
    a hop longer than a window is one window.

    Attributes
    ----------
    window_s, hop_s : float
        Length and distance, in seconds.

    Raises
    ------
    ConfigError
        A length is not positive, or windows would leave gaps.

    Examples
    --------
    >>> windows = Windows(4.0, 2.0)
    >>> [windows.span(number, 6.2) for number in range(windows.count(6.2))]
    [Span(start_s=0.0, end_s=4.0), Span(start_s=2.0, end_s=6.2)]
    """

    window_s: float = WINDOW_S
    hop_s: float = WINDOW_S / 2

    def __post_init__(self) -> None:
        refuse_other_than_number("window_s", self.window_s)
        refuse_other_than_number("hop_s", self.hop_s)
        if not (math.isfinite(self.window_s) and self.window_s >= SHORTEST_S):
            raise ConfigError(
                f"window {self.window_s:g} s was given; expected {SHORTEST_S:g} s or more: emotion "
                f"takes time to show, {WINDOW_S:g} s do well"
            )
        if not (math.isfinite(self.hop_s) and SHORTEST_S <= self.hop_s <= self.window_s):
            raise ConfigError(
                f"hop {self.hop_s:g} s was given for windows of {self.window_s:g} s; expected "
                f"{SHORTEST_S:g} s to {self.window_s:g} s, so that no part is left out"
            )

    def count(self, duration_s: float) -> int:
        """How many windows a recording has; one at least.

        Parameters
        ----------
        duration_s : float
            Of the recording.

        Returns
        -------
        int
        """
        return self.settled(duration_s) + 1

    def settled(self, position_s: float) -> int:
        """How many windows can no longer be the last, once so much has been read.

        Parameters
        ----------
        position_s : float
            Seconds that were read.

        Returns
        -------
        int
        """
        return max(math.floor((position_s - self.window_s) / self.hop_s + 0.5), 0)

    def span(self, number: int, duration_s: float = math.inf) -> Span:
        """The stretch of a window; infinite duration: it is not the last.

        Parameters
        ----------
        number : int
            Of the window, from 0.
        duration_s : float
            Of the recording.

        Returns
        -------
        Span
        """
        start_s = number * self.hop_s
        if math.isfinite(duration_s) and number == self.count(duration_s) - 1:
            return Span(start_s, duration_s)
        return Span(start_s, start_s + self.window_s)
