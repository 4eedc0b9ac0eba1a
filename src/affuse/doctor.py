"""What this machine has of that which affuse can use, and what is missing for what."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from affuse.cache import cache_folder

State = Literal["good", "absent", "broken"]

EXTRAS: dict[str, tuple[str, dict[str, str]]] = {
    "train": (
        "affuse run, affuse train",
        {"torch": "torch", "scikit-learn": "sklearn", "onnx": "onnx", "h5py": "h5py"},
    ),
    "report": ("the report of a run", {"jinja2": "jinja2", "matplotlib": "matplotlib"}),
    "web": ("affuse serve", {"fastapi": "fastapi", "uvicorn": "uvicorn"}),
    "dask": ("--cluster and --workers", {"distributed": "distributed", "fsspec": "fsspec"}),
    "interop": (
        "the formats eaf, textgrid and audformat",
        {"audformat": "audformat", "praatio": "praatio", "pympi-ling": "pympi"},
    ),
}
"""Extra -> what it is for, and its packages with the name each is imported by."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

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
    """Look at everything that affuse needs or can use; nothing is changed or fetched.

    Examples
    --------
    >>> [check.name for check in checkup() if check.state == "broken"]
    []
    """
    always: tuple[Callable[[], Check], ...] = (
        _python, _cache, _decoding, _faces, _bundle, _processor
    )  # fmt: skip
    return (*(look() for look in always), *(_extra(name) for name in EXTRAS))


def _python() -> Check:
    found = f"Python {platform.python_version()}, affuse {metadata.version('affuse')}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("Python", "good", found)
    return Check("Python", "broken", f"{found}; expected Python 3.11, 3.12 or 3.13")


def _cache() -> Check:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        told = f"{folder} cannot be written ({error.strerror}); name another with AFFUSE_CACHE=DIR"
        return Check("cache", "broken", told)
    return Check("cache", "good", str(folder))


def _decoding() -> Check:
    import av

    needed = {"h264", "aac", "vp9", "opus", "flac"}
    missing = sorted(needed - av.codecs_available)
    version = av.__version__
    if missing:
        told = f"PyAV {version} lacks {', '.join(missing)}; install it anew from its wheel"
        return Check("media", "broken", told)
    return Check("media", "good", f"PyAV {version} decodes {', '.join(sorted(needed))}")


def _faces() -> Check:
    import numpy as np

    from affuse.media.face_detectors import HaarDetector

    try:
        HaarDetector().detect(np.zeros((48, 64, 3), np.uint8))
    except Exception as error:  # whatever OpenCV throws is what is to be told
        told = f"OpenCV's cascade cannot be used ({error}); install opencv-python-headless>=4.10,<5"
        return Check("faces", "broken", told)
    return Check("faces", "good", "OpenCV's cascade is there")


def _bundle() -> Check:
    from affuse.bundle.reading import read_bundle
    from affuse.errors import AffuseError
    from affuse.predict.recogniser import SHIPPED

    try:
        bundle = read_bundle(SHIPPED)
    except AffuseError as error:
        return Check("recogniser", "broken", f"{error}; install affuse anew")
    return Check("recogniser", "good", f"{bundle.title}, every hash as it was made")


def _processor() -> Check:
    import onnxruntime

    providers = onnxruntime.get_available_providers()
    engines = ", ".join(name.removesuffix("ExecutionProvider") for name in providers)
    return Check("processor", "good", f"{os.cpu_count()} cores; onnxruntime runs on {engines}")


def _extra(name: str) -> Check:
    purpose, packages = EXTRAS[name]
    missing = [p for p, module in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        told = f"{', '.join(missing)} not installed, needed for {purpose}: "
        return Check(name, "absent", f"{told}pip install 'affuse[{name}]'")
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in packages)
    return Check(name, "good", f"{purpose}: {versions}")
