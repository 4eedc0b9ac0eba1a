"""The built-in examples: a drawn face that speaks, made when one is first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from affuse.errors import MediaError
from affuse.records import RAVDESS_EMOTIONS
from affuse.serve.judging import ExampleTask, make_example
from affuse.serve.replies import Refused
from affuse.serve.worker import Failed, Worker

NAME = "sample.mp4"
EXAMPLES = RAVDESS_EMOTIONS
"""What the drawn speaker can be asked to express."""

FIRST = "disgust"
"""The one at which voice and face of the drawn speaker disagree most clearly."""


class Sample:
    """One clip for each emotion, for the life of a server.

    Parameters
    ----------
    folder : Path
        Private; the clips stay there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, Path] = {}
        self._making = threading.Lock()

    def path(self, meant: str = FIRST) -> Path:
        """The clip; made on first use, while others wait.

        Parameters
        ----------
        meant : str
            One of `EXAMPLES`.

        Returns
        -------
        Path

        Raises
        ------
        Refused
            There is no example of that emotion.
        MediaError
            It cannot be made.
        """
        check_example(meant)
        with self._making:
            if meant not in self._paths:
                self._paths[meant] = self._made(meant)
            return self._paths[meant]

    def _made(self, meant: str) -> Path:
        reason = "it was not written"
        task = ExampleTask(self._folder / meant, meant)
        for message in Worker(make_example, task).messages():
            if isinstance(message, Path):
                return message
            if isinstance(message, Failed):
                reason = message.reason
        raise MediaError(f"the sample cannot be made ({reason}); send a recording of your own")


def check_example(meant: str) -> None:
    """Refuse an emotion of which there is no example.

    Parameters
    ----------
    meant : str

    Raises
    ------
    Refused
        422; lists those there are.
    """
    if meant not in EXAMPLES:
        raise Refused(
            422,
            f"an example of {meant[:40]!r} was asked for; expected one of {', '.join(EXAMPLES)}: "
            "ask for one",
        )
