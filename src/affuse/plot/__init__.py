"""Plots as functions: matplotlib axes in, the same axes out.

Every function draws on ``axes`` where some are given, otherwise on a new figure of
`matplotlib.pyplot`, as a notebook shows it. matplotlib is imported when something is drawn (extra
``report``). The report of a run draws with the same functions.
"""

from __future__ import annotations

from affuse.plot.confusion import confusion
from affuse.plot.faces import face_strip
from affuse.plot.people import people
from affuse.plot.reliability import reliability
from affuse.plot.sound import mel_spectrogram, recording, waveform
from affuse.plot.timeline import timeline
from affuse.plot.transfer import transfer_matrix

__all__ = [
    "confusion",
    "face_strip",
    "mel_spectrogram",
    "people",
    "recording",
    "reliability",
    "timeline",
    "transfer_matrix",
    "waveform",
]
