"""Settings of a server: where it listens, what it uses, and its limits."""

from __future__ import annotations

import ipaddress
import math
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affuse.errors import ConfigError

TOKEN_VARIABLE = "AFFUSE_TOKEN"
SHORTEST_TOKEN = 16
ANY_ADDRESS = ("0.0.0.0", "::")

_UNITS: Mapping[str, int] = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmg]?b?)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes on.

    Attributes
    ----------
    max_bytes : int
        Of one upload.
    max_duration_s : float
        Of one recording.
    max_jobs : int
        Recordings judged at the same time, each in a process of its own.
    max_queue : int
        Uploads that wait or are still coming in; more are sent away.
    keep_s : float
        How long results stay after their browser last asked for them; a program's, after the end.
    max_live : int
        Live connections at the same time.
    min_rate : float
        Bytes a second that an upload must bring, or it ends.
    patience_s : float
        How far an upload may fall behind that; it begins with so much.
    max_upload_s : float
        Of one upload, however steadily it comes.
    max_connections : int
        At the same time; beyond that those go that ask for nothing.
    headers_s : float
        Until all headers of a request have come.
    reading_s : float
        How long a client may take nothing of its answer.
    max_kept_bytes : int
        Of all recordings and videos that are kept with their results.

    Raises
    ------
    ConfigError
        A limit is not positive.
    """

    max_bytes: int = 500 * 10**6
    max_duration_s: float = 3600.0
    max_jobs: int = field(default_factory=lambda: max((os.cpu_count() or 1) // 2, 1))
    max_queue: int = 32
    keep_s: float = 900.0
    max_live: int = 2
    min_rate: float = 10_000.0
    patience_s: float = 20.0
    max_upload_s: float = 3600.0
    max_connections: int = 256
    headers_s: float = 10.0
    reading_s: float = 60.0
    max_kept_bytes: int = 10 * 10**9

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ConfigError(f"{name} {value:g} was given; expected a finite number above 0")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server.

    Attributes
    ----------
    host, port : str, int
        Where it listens.
    runs : Path
        Folder of run folders to be listed; need not exist.
    bundle_dir : Path or None
        None: the bundle that comes with affuse.
    limits : Limits
    token : str or None
        What every request must show; None: nothing.
    scratch : Path or None
        Folder in which servers have their private folders; None: in the system's folder for
        temporary files.
    demo : Path
        Where `affuse demo` puts its runs, which are listed too; need not exist.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    runs: Path = Path("runs")
    bundle_dir: Path | None = None
    limits: Limits = field(default_factory=Limits)
    token: str | None = None
    scratch: Path | None = None
    demo: Path = Path("demo")

    @property
    def url(self) -> str:
        """Address for a person to open, with the token where there is one."""
        host = "127.0.0.1" if self.host in ANY_ADDRESS else self.host
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}/" + (f"?token={self.token}" if self.token else "")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it.

    Parameters
    ----------
    host : str
        An address, or a name.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_loopback("localhost"), is_loopback("127.0.0.2"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def token_for(host: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The token of a server: that of ``AFFUSE_TOKEN``, or a new one where others can reach it.

    Parameters
    ----------
    host : str
        Where the server listens.
    environment : mapping of str to str

    Returns
    -------
    str or None
        None: none is needed.

    Raises
    ------
    ConfigError
        The given one could be guessed, or does not fit a URL and a header.
    """
    given = environment.get(TOKEN_VARIABLE, "")
    if not given:
        return None if is_loopback(host) else secrets.token_urlsafe(32)
    if len(given) < SHORTEST_TOKEN or not re.fullmatch(r"[A-Za-z0-9._~-]+", given):
        raise ConfigError(
            f"{TOKEN_VARIABLE} has {len(given)} characters; expected {SHORTEST_TOKEN} or more of "
            "letters, digits and - . _ ~: unset it to have a token made"
        )
    return given


def bytes_of(size: str) -> int:
    """Bytes of a size such as ``500MB``.

    Parameters
    ----------
    size : str
        A number, and a unit where it is not bytes.

    Returns
    -------
    int

    Raises
    ------
    ConfigError
        Not a size.

    Examples
    --------
    >>> bytes_of("1.5 GB"), bytes_of("2000")
    (1500000000, 2000)
    """
    found = _SIZE.fullmatch(size)
    unit = found[2].lower() if found else ""
    factor = _UNITS.get(unit if not unit or unit.endswith("b") else f"{unit}b", 1)
    if found is None or float(found[1]) * factor < 1:
        raise ConfigError(f"--max-size {size} was given; expected a size such as 500MB or 2GB")
    return int(float(found[1]) * factor)
