"""Fingerprints that distinguish identical samples from similar ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from affuse.errors import MediaError
from affuse.media.audio import audio_blocks
from affuse.media.decode import probe
from affuse.media.video import read_frames
from affuse.records import Clip
from affuse.storage.error_log import logged

_HEIGHT = 64


def fingerprint(path: str | Path, *, start_s: float = 0.0, duration_s: float | None = None) -> str:
    """Hash of the decoded sound (or picture, where there is no sound), whatever the file's name.

    Two files of the same samples agree also when their containers or lossless codecs differ
    (wav and flac); a lossy copy does not.

    Parameters
    ----------
    path : str or Path
    start_s, duration_s : float
        Stretch in seconds; to the end by default.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    MediaError
        The file cannot be decoded.
    """
    digest = hashlib.sha256()
    if probe(path).has_audio:
        for block in audio_blocks(path, start_s=start_s, duration_s=duration_s):
            samples = np.clip(np.rint(block.signal * 32768), -32768, 32767).astype("<i2")
            digest.update(samples.tobytes())
        digest.update(f"sound at {block.sample_rate} Hz".encode())
    else:
        frames = read_frames(path, height=_HEIGHT, start_s=start_s, duration_s=duration_s)
        for frame in frames:
            digest.update(frame.tobytes())
        digest.update(f"frames {frame.shape}".encode())
    return digest.hexdigest()


def clip_fingerprint(clip: Clip) -> str | None:
    """Fingerprint of a clip's sound, or of its picture where it has no sound.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    str or None
        None: nothing of it can be decoded.
    """
    start_s = clip.start_s or 0.0
    duration_s = None if clip.end_s is None else clip.end_s - start_s
    for source in clip.files:
        try:
            return fingerprint(source, start_s=start_s, duration_s=duration_s)
        except MediaError:
            continue
        except Exception as error:
            logged(str(source), error)
    return None
