"""An export format. Copy to src/affuse/export/formats/NAME.py; write by its file's name:

    affuse predict talk.mp4 --format NAME

The page of `affuse serve` offers it too. `holds` says whether one text tells of one recording, as
here, or of many (affuse/export/format.py).
"""

from __future__ import annotations

from affuse.export.format import Format
from affuse.export.plain import UNDECIDED, stretches
from affuse.records import Prediction


def _write(prediction: Prediction) -> str:
    cues = [
        f"{number}\n{_clock(cue.start_s)} --> {_clock(cue.end_s)}\n{cue.emotion or UNDECIDED}\n"
        for number, cue in enumerate(stretches(prediction), start=1)
    ]
    return "\n".join(cues)


def _clock(time_s: float) -> str:
    hours, rest = divmod(round(time_s * 1000), 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"


FORMAT = Format("SubRip subtitles", _write, holds="one", suffix=".srt")
