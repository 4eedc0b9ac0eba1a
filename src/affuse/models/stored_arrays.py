"""Arrays in npz files that anyone may have made."""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import WeightsError

_DAMAGE = (
    ArithmeticError,
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile, zlib and NumPy raise of damaged, encrypted or foreign files."""


def arrays_in(content: bytes, name: str, expected: str) -> dict[str, NDArray[Any]]:
    """All arrays of an npz file.

    Parameters
    ----------
    content : bytes
        Of the file.
    name, expected : str
        For the message: the file as it was given, and "expected ...".

    Returns
    -------
    dict of str to array

    Raises
    ------
    WeightsError
        No npz, a damaged one, or one with an array that is not numeric.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {key: np.asarray(stored[key]) for key in stored.files}
    except (*_DAMAGE, AttributeError) as error:
        # A single array, an npy file, has no names.
        raise WeightsError(f"{name} cannot be read as npz; {expected}") from error
    strange = [key for key, array in arrays.items() if array.dtype.kind not in "biuf"]
    if strange:
        raise WeightsError(f"{name} holds no numbers in its array {strange[0]}; {expected}")
    return arrays
