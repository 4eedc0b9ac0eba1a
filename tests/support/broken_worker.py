"""Work that fails in ways that nobody foresaw."""

from __future__ import annotations

from affuse.workers.sending import Send


def overflow(argument: object, send: Send) -> None:
    """A number that does not fit, as decoders make them."""
    raise OverflowError(f"Python int too large to convert to C int in {argument}")


def unsendable(argument: object, send: Send) -> None:
    """An answer that does not fit through the pipe."""
    send(lambda: argument)


def no_process(*arguments: object) -> object:
    """The system starts no process."""
    raise OverflowError("no process")


def no_decoder(path: object) -> object:
    """A decoder that fails as no decoder should."""
    raise OverflowError(f"{path} is too large to convert to C int")
