"""YuNet, the face detector of the OpenCV model zoo, downloaded once and checked by its hash."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affuse.errors import DownloadError
from affuse.features.store import content_hash
from affuse.media.face_detectors import YUNET_FILE_NAME
from affuse.records import ProgressCallback
from affuse.storage.cache import make_weights_folder, weights_folder
from affuse.storage.fetch import Patience, RemoteFile, fetch
from affuse.storage.whole import put_in_place


@dataclass(frozen=True, slots=True)
class Published:
    """A network as published: its address, size in bytes and SHA-256 in hexadecimal."""

    url: str
    size: int
    sha256: str


YUNET = Published(
    "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/" + YUNET_FILE_NAME,
    232_589,
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)


def yunet_file(
    folder: Path | None = None,
    *,
    published: Published = YUNET,
    patience: Patience | None = None,
    progress: ProgressCallback | None = None,
) -> Path:
    """The network in a folder, downloaded where it is missing; face detection uses it from then on.

    A file with another checksum never gets the network's name.

    Parameters
    ----------
    folder : Path, optional
        The cache's, where `affuse.media.face_detectors.default_detector` looks, by default.
    published : Published
    patience : Patience, optional
    progress : callable, optional
        Called with the file's name, bytes that have arrived, and bytes in all.

    Returns
    -------
    Path

    Raises
    ------
    DownloadError
        The server refuses or stays away, or what it gives is not the network.
    OutputError
        The folder cannot be written.
    """
    folder = folder or weights_folder()
    target = folder / YUNET_FILE_NAME
    if target.is_file() and content_hash(target) == published.sha256:
        return target
    make_weights_folder(folder)
    unchecked = target.with_suffix(".unchecked")
    remote = RemoteFile(YUNET_FILE_NAME, published.url, published.size, md5=None)
    fetch(remote, unchecked, patience=patience, progress=progress)
    found = content_hash(unchecked)
    if found != published.sha256:
        unchecked.unlink()
        raise DownloadError(
            f"{YUNET_FILE_NAME} from {published.url} has the SHA-256 {found[:16]}...; expected "
            f"{published.sha256[:16]}...: the copy was removed; check for a proxy in between, "
            f"or put the right file at {target}"
        )
    put_in_place(unchecked, target)
    return target
