"""The published weights of VGG-Face, downloaded once; later downloads are held to the first."""

from __future__ import annotations

from pathlib import Path

from affuse.errors import WeightsError
from affuse.features.store import content_hash
from affuse.records import ProgressCallback
from affuse.storage.cache import make_weights_folder
from affuse.storage.fetch import Patience, RemoteFile, fetch, fetch_size
from affuse.storage.whole import atomic_file

FILE_NAME = "rcmalli_vggface_tf_notop_vgg16.h5"
BASE_URL = "https://github.com/rcmalli/keras-vggface/releases/download/v2.0"


def vgg_face_file(
    folder: Path,
    *,
    base_url: str = BASE_URL,
    patience: Patience | None = None,
    progress: ProgressCallback | None = None,
) -> Path:
    """The weights file in `folder`, downloaded where it is missing; interrupted downloads resume.

    Nobody publishes a checksum: that of the first file is kept beside it, and every later one,
    fetched or found, must agree with it.

    Parameters
    ----------
    folder : Path
    base_url : str
    patience : Patience, optional
    progress : callable, optional

    Returns
    -------
    Path

    Raises
    ------
    DownloadError
        The server refuses or stays away.
    WeightsError
        The file is not the one that came first.
    OutputError
        The folder cannot be written.
    """
    target = folder / FILE_NAME
    if not target.is_file():
        make_weights_folder(folder)
        url = f"{base_url}/{FILE_NAME}"
        size = fetch_size(url, patience=patience)
        remote = RemoteFile(FILE_NAME, url, size, md5=None)
        fetch(remote, target, patience=patience, progress=progress)
    _hold_to_first(target)
    return target


def _hold_to_first(file: Path) -> None:
    record = file.with_name(f"{file.name}.sha256")
    found = content_hash(file)
    if not record.is_file():
        with atomic_file(record) as temporary:
            temporary.write_text(f"{found}\n", encoding="ascii")
        return
    first = record.read_text(encoding="ascii").strip()
    if found != first:
        raise WeightsError(
            f"{file} has the SHA-256 {found[:16]}...; expected {first[:16]}... as at the first "
            f"download: remove it to fetch it again, and {record.name} too if you trust the new one"
        )
