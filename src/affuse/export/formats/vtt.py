"""A prediction -> WebVTT: subtitles that any browser and player shows with the clip."""

from __future__ import annotations

from affuse.export.format import Format
from affuse.export.plain import UNDECIDED, percent, top_emotion
from affuse.export.timeline import Cut, Track, tracks
from affuse.records import Prediction, Segment
from affuse.storage.plain_text import printable

_SHORTEST_MS = 1


def to_webvtt(prediction: Prediction) -> str:
    """One cue per segment, numbered, in order of time; overlapping windows are cut.

    A cue says the emotion and its probability, then what voice and face said; or that the
    recogniser abstained, and why. Of several faces each has its own cues, which begin with the
    face's number; those of several people are in their voices, such as ``<v Anna>``.

    Source  W3C WebVTT: The Web Video Text Tracks Format

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    str
    """
    found = tracks(prediction)
    timed = sorted(
        ((cut, track) for track in found for cut in track.cuts),
        key=lambda pair: (pair[0].start_s, pair[1].number),
    )
    blocks = ["WEBVTT", f"NOTE\nemotions by {_safe(prediction.recogniser)}"]
    blocks += [f"NOTE\n{_safe(note)}" for note in prediction.notes]
    blocks += [
        f"{number}\n{_times(cut)}\n{_text(cut.segment, track)}"
        for number, (cut, track) in enumerate(timed, start=1)
    ]
    return "\n\n".join(blocks) + "\n"


def _times(cut: Cut) -> str:
    start_ms = round(cut.start_s * 1000)
    end_ms = max(round(cut.end_s * 1000), start_ms + _SHORTEST_MS)
    return f"{_clock(start_ms)} --> {_clock(end_ms)}"


def _clock(time_ms: int) -> str:
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"


def _text(segment: Segment, track: Track) -> str:
    whose = f"face {track.face}: " if track.face else ""
    lines = [whose + _verdict(segment)]
    voices = (("voice", top_emotion(segment, "audio")), ("face", top_emotion(segment, "video")))
    parts = [f"{name} {word[0]} {percent(word[1])}" for name, word in voices if word]
    if parts:
        lines.append(", ".join(parts))
    voice = "" if track.person is None else f"<v {_safe(track.title)}>"
    return voice + "\n".join(_safe(line) for line in lines)


def _verdict(segment: Segment) -> str:
    if segment.emotion is None:
        return f"{UNDECIDED} ({segment.abstained})" if segment.abstained else UNDECIDED
    if segment.confidence is None:
        return segment.emotion
    return f"{segment.emotion} {percent(segment.confidence)}"


def _safe(text: str) -> str:
    """Text that cannot end a cue, open a tag or pass for a time line."""
    escaped = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace(">", "&gt;")


FORMAT = Format("WebVTT subtitles", to_webvtt, "one", ".vtt", "text/vtt; charset=utf-8")
