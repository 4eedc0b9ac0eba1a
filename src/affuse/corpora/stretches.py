"""Names of clips that are stretches of longer recordings."""

from __future__ import annotations


def cut_name(place: str, start_s: float | None, end_s: float | None) -> str:
    """Name of a stretch of a recording, to the millisecond.

    Parameters
    ----------
    place : str
        What the recording is called.
    start_s, end_s : float or None
        Seconds; both None: the whole recording.

    Returns
    -------
    str

    Examples
    --------
    >>> cut_name("talk", 0.5, 2.25), cut_name("talk", 3.0, None), cut_name("talk", None, None)
    ('talk@0.5-2.25', 'talk@3-', 'talk')
    """
    if start_s is end_s is None:
        return place
    return f"{place}@{_time(start_s or 0.0)}-{_time(end_s)}"


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}".rstrip("0").rstrip(".")
