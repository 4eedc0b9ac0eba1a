"""What this machine offers of what affuse can use, and what is missing for which task."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal

from affuse.errors import AffuseError, MediaError
from affuse.registries import REGISTRIES
from affuse.storage.cache import cache_folder
from affuse.storage.onnx_sessions import engines
from affuse.storage.scratch import scratch_folder

State = Literal["good", "absent", "broken"]

_ANEW = "install affuse anew, into an empty environment"
_SHORT_SIDE = 320

EXTRAS: dict[str, tuple[str, dict[str, str]]] = {
    "train": (
        "affuse run, affuse train",
        {"torch": "torch", "scikit-learn": "sklearn", "onnx": "onnx", "h5py": "h5py"},
    ),
    "report": ("the report of a run", {"jinja2": "jinja2", "matplotlib": "matplotlib"}),
    "web": ("affuse serve", {"fastapi": "fastapi", "uvicorn": "uvicorn"}),
    "dask": ("--cluster and --workers", {"distributed": "distributed", "fsspec": "fsspec"}),
    "remote": (
        "clips under https:// and s3://",
        {"fsspec": "fsspec", "aiohttp": "aiohttp", "s3fs": "s3fs"},
    ),
    "interop": (
        "the formats eaf, textgrid and audformat",
        {"audformat": "audformat", "praatio": "praatio", "pympi-ling": "pympi"},
    ),
    "opensmile": ("the extractor opensmile", {"opensmile": "opensmile"}),
    "foundation": (
        "the extractor hf, pretrained transformers",
        {"torch": "torch", "transformers": "transformers", "safetensors": "safetensors"},
    ),
}
"""Extra -> what it is for, and its packages with the name each is imported by."""


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check.

    Attributes
    ----------
    name : str
    state : {"good", "absent", "broken"}
        ``absent`` is no fault: something optional is not there.
    found : str
        What was found, and what to do where that is not good.
    """

    name: str
    state: State
    found: str


def checkup() -> tuple[Check, ...]:
    """Try everything that affuse needs, and look for what it can use; nothing is downloaded.

    A clip of a drawn face that speaks is made, read back and judged, in a folder that is removed:
    what breaks a prediction is found here.

    Returns
    -------
    tuple of Check
        In the order in which they are shown.

    Examples
    --------
    >>> [check.name for check in checkup() if check.state == "broken"]
    []
    """
    with scratch_folder("doctor") as clip:
        always: tuple[Callable[[], Check], ...] = (
            _python,
            _cache,
            partial(_tried, "media", partial(_media, clip)),
            partial(_tried, "faces", partial(_faces, clip)),
            partial(_tried, "recogniser", partial(_recogniser, clip)),
            partial(_tried, "processor", _processor),
        )
        checks = tuple(look() for look in always)
    return (*checks, *(_extra(name) for name in EXTRAS), _additions())


def _python() -> Check:
    found = f"Python {platform.python_version()}, affuse {metadata.version('affuse')}"
    if (3, 11) <= sys.version_info[:2] <= (3, 14):
        return Check("Python", "good", found)
    return Check("Python", "broken", f"{found}; expected Python 3.11, 3.12, 3.13 or 3.14")


def _cache() -> Check:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = (
            f"{folder} cannot be written ({error.strerror}); name another with AFFUSE_CACHE=DIR"
        )
        return Check("cache", "broken", message)
    return Check("cache", "good", str(folder))


def _tried(name: str, look: Callable[[], str]) -> Check:
    """The outcome of a look: broken if it raises any error, foreseen or not."""
    try:
        return Check(name, "good", look())
    except AffuseError as error:
        return Check(name, "broken", f"{error}; {_ANEW}")
    except Exception as error:  # of a package that does not fit: what it says is to be told
        first = next(iter(str(error).splitlines()), "it says nothing more")
        return Check(name, "broken", f"{type(error).__name__}: {first}; {_ANEW}")


def _media(folder: Path) -> str:
    import av

    from affuse.media.audio import read_audio
    from affuse.media.video import sample_frames

    needed = {"h264", "aac", "vp9", "opus", "flac"}
    missing = sorted(needed - av.codecs_available)
    if missing:
        raise MediaError(f"PyAV {av.__version__} lacks {', '.join(missing)}")
    clip = _drawn_clip(folder)
    sound = read_audio(clip)
    n_frames = sum(1 for _ in sample_frames(clip, per_s=1.0, short_side=_SHORT_SIDE))
    if sound.duration_s < 1 or n_frames < 2:
        raise MediaError(f"{sound.duration_s:.2f} s of sound and {n_frames} pictures of 3 s read")
    decoded = f"PyAV {av.__version__} decodes {', '.join(sorted(needed))}"
    return f"{decoded}; wrote and read a clip of {sound.duration_s:.1f} s"


def _drawn_clip(folder: Path) -> Path:
    """An mp4 of about three seconds of a drawn, speaking face; made on first use."""
    from affuse.synthetic.corpus import synthesise

    return synthesise(folder, speakers=1, emotions=["happy"], takes=1)[0]


def _faces(folder: Path) -> str:
    from affuse.media.face_detectors import HaarDetector
    from affuse.media.video import sample_frames

    frames = sample_frames(_drawn_clip(folder), per_s=1.0, short_side=_SHORT_SIDE)
    n_found = len(HaarDetector().detect(next(frames).image))
    if n_found != 1:
        raise MediaError(f"OpenCV's cascade finds {n_found} faces where one is")
    return "OpenCV's cascade finds a drawn face"


def _recogniser(folder: Path) -> str:
    from affuse.bundle.named import SHIPPED_NAME, bundle_names
    from affuse.predict.recogniser import SHIPPED, load

    recogniser = load(SHIPPED)
    prediction = recogniser.predict(_drawn_clip(folder))
    if not (prediction.face_seen and prediction.speech):
        raise MediaError("neither face nor speech is found in a clip that has both")
    others = [load(name).bundle.title for name in bundle_names() if name != SHIPPED_NAME]
    titles = " and ".join([recogniser.bundle.title, *others])
    return f"{titles}, every hash as it was made; predicted a clip"


def _processor() -> str:
    return f"{os.cpu_count()} cores; onnxruntime runs on {', '.join(engines())}"


def _additions() -> Check:
    """Entries of other packages in the registries; one that cannot be used is no fault."""
    added: list[str] = []
    failed: list[str] = []
    for registry in (registry for registry in REGISTRIES if registry.added()):
        faults = registry.load_all().failed
        failed += faults.values()
        added += [
            f"{registry.what} {name} of {package}"
            for name, package in registry.added().items()
            if name not in faults
        ]
    state: State = "absent" if failed else "good"
    return Check("additions", state, "; ".join([*failed, *added]) or "none of other packages")


def _extra(name: str) -> Check:
    purpose, packages = EXTRAS[name]
    missing = [p for p, module in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        message = f"{', '.join(missing)} not installed, needed for {purpose}: "
        return Check(name, "absent", f"{message}pip install 'affuse[{name}]'")
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in packages)
    return Check(name, "good", f"{purpose}: {versions}")
