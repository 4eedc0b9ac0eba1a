"""Whether clips show drawn people: corpora that affuse makes say so in their files."""

from __future__ import annotations

from collections.abc import Iterable

from affuse.corpora.drawn import EMBEDDED, comment
from affuse.records import Clip

REENACTED = "affuse re-enactment"

_WARNINGS = {
    EMBEDDED: (
        "people are drawn, and their voices are synthesised: no figure here says how well real "
        "people are recognised."
    ),
    REENACTED: (
        "faces are drawn, and their voices are real: no figure here says how well real faces are "
        "recognised."
    ),
}


def drawn_people(clips: Iterable[Clip]) -> str:
    """What a reader must know of clips that affuse drew; empty where it drew none.

    Parameters
    ----------
    clips : iterable of Clip
        One file of each speaker and corpus is looked into, of clips that lie on this machine.

    Returns
    -------
    str
        One sentence.
    """
    firsts: dict[tuple[str, object], Clip] = {}
    for clip in clips:
        source = clip.video or clip.audio
        firsts.setdefault((clip.speaker, source.parent if source else None), clip)
    origins = [_origin(clip) for clip in firsts.values()]
    found = {origin for origin in origins if origin}
    if not found:
        return ""
    warning = _WARNINGS[EMBEDDED if EMBEDDED in found else REENACTED]
    return f"{'These' if all(origins) else 'Some of these'} {warning}"


def _origin(clip: Clip) -> str:
    """Corpus of affuse that made a clip; empty for any other."""
    comments = [comment(path) for path in clip.files if path.is_file()]
    found = (name for name in _WARNINGS for text in comments if text.startswith(name))
    return next(found, "")
