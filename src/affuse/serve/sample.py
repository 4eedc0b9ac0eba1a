"""The built-in sample: a drawn face that speaks, made when it is first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from affuse.errors import MediaError
from affuse.serve.judging import make_sample
from affuse.serve.worker import Failed, Worker

NAME = "sample.mp4"


class Sample:
    """One clip for the life of a server.

    Parameters
    ----------
    folder : Path
        Private; the clip stays there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._making = threading.Lock()

    def path(self) -> Path:
        """The clip; made by the first to ask, while others wait.

        Returns
        -------
        Path

        Raises
        ------
        MediaError
            It cannot be made.
        """
        with self._making:
            if self._path is None:
                self._path = self._made()
            return self._path

    def _made(self) -> Path:
        reason = "it was not written"
        for message in Worker(make_sample, self._folder).messages():
            if isinstance(message, Path):
                return message
            if isinstance(message, Failed):
                reason = message.reason
        raise MediaError(f"the sample cannot be made ({reason}); send a recording of your own")
