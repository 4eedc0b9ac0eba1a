"""The least rate of an upload, and its time limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from affuse.serve.settings import Limits

BEHIND_S = 1.0
"""Who is so far behind the least rate has to go when somebody else finds no place."""


class TooSlow(Exception):
    """An upload has run out of time; the reason as half a sentence."""


class Pace:
    """A lead over the least rate, in seconds: time takes from it, bytes give back.

    It begins full, never grows beyond that, and the upload ends where it is used up: whoever sends
    fast may pause, whoever sends a byte now and then is found out after `Limits.patience_s`.

    Parameters
    ----------
    limits : Limits
    clock : callable
        Seconds that never go back, those of the event loop.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._last_s = clock() + limits.max_upload_s
        self._used_up_s = clock() + limits.patience_s
        self._gave_way = False
        self._wake: Callable[[], None] | None = None

    @property
    def end_s(self) -> float:
        """When the upload ends, by the clock, if nothing more arrives."""
        return min(self._used_up_s, self._last_s)

    @property
    def behind_s(self) -> float:
        """How much of the lead is used up."""
        return self._limits.patience_s - (self._used_up_s - self._clock())

    def came(self, n_bytes: int) -> None:
        """Note what came in.

        Parameters
        ----------
        n_bytes : int
        """
        earned_s = n_bytes / self._limits.min_rate
        most_s = self._clock() + self._limits.patience_s
        self._used_up_s = min(self._used_up_s + earned_s, most_s)

    def give_way(self) -> None:
        """End the upload now, from any thread, as others wait."""
        self._gave_way = True
        if self._wake is not None:
            self._wake()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[Callable[[int], None]]:
        """What is done meanwhile ends with the upload's time; gives what notes bytes.

        Yields
        ------
        callable
            Called with each number of bytes that came in.

        Raises
        ------
        TooSlow
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(self.end_s) as bound:

                def came(n_bytes: int) -> None:
                    self.came(n_bytes)
                    bound.reschedule(-1.0 if self._gave_way else self.end_s)

                def over() -> None:
                    if self._wake is not None:
                        bound.reschedule(-1.0)

                def wake() -> None:
                    loop.call_soon_threadsafe(over)

                self._wake = wake
                try:
                    yield came
                finally:
                    self._wake = None
        except TimeoutError as error:
            raise TooSlow(self._reason()) from error

    def _reason(self) -> str:
        rate = f"{self._limits.min_rate / 1000:g} kB/s"
        if self._gave_way:
            return f"came slower than {rate} while others waited"
        if self._last_s <= self._used_up_s:
            return f"took longer than {self._limits.max_upload_s:g} s"
        return f"fell {self._limits.patience_s:g} s behind {rate}"
