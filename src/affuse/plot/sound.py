"""Sound: its waveform and mel spectrogram, also above a recogniser's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from affuse.errors import ConfigError, FeatureError
from affuse.plot.axes import BLUE, axes_or_new, pyplot
from affuse.plot.timeline import timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from affuse.media.audio import Sound
    from affuse.records import Prediction


def waveform(sound: Sound, *, axes: Axes | None = None, colour: str = BLUE) -> Axes:
    """Amplitude over time.

    Parameters
    ----------
    sound : Sound
        Of `affuse.read_audio`.
    axes : matplotlib.axes.Axes, optional
    colour : str

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    FeatureError
        Several channels, or no sample.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> sound = affuse.Sound(np.zeros(8000, np.float32), 8000)
    >>> len(affuse.plot.waveform(sound).lines[0].get_ydata())
    8000
    """
    if sound.signal.ndim != 1 or not len(sound.signal):
        raise FeatureError(
            f"a signal of shape {sound.signal.shape} was given; expected one channel, "
            "(n_samples,), with a sample at least"
        )
    drawn = axes_or_new(axes, 8, 2)
    times_s = np.arange(len(sound.signal)) / sound.sample_rate
    drawn.plot(times_s, sound.signal, color=colour, linewidth=0.4)
    drawn.set_xlim(0, sound.duration_s)
    drawn.set_xlabel("s")
    drawn.set_ylabel("amplitude")
    return drawn


def mel_spectrogram(sound: Sound, *, axes: Axes | None = None) -> Axes:
    """Power of the mel bands in dB over time, at most 80 dB below the loudest.

    Parameters
    ----------
    sound : Sound
        Of `affuse.read_audio`.
    axes : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    FeatureError
        There is no sound.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> sound = affuse.Sound(np.sin(np.arange(8000) / 5).astype(np.float32), 8000)
    >>> affuse.plot.mel_spectrogram(sound).images[0].get_array().shape
    (128, 16)
    """
    from affuse.extractors.cepstra.steps import mfcc_steps

    steps = mfcc_steps(sound.signal, sound.sample_rate)
    drawn = axes_or_new(axes, 8, 2.5)
    extent = (0.0, sound.duration_s, 0.0, float(len(steps.log_mel)))
    drawn.imshow(steps.log_mel, origin="lower", aspect="auto", extent=extent, cmap="magma")
    drawn.set_xlabel("s")
    drawn.set_ylabel("mel band")
    return drawn


def recording(
    sound: Sound, prediction: Prediction, *, axes: Sequence[Axes] | None = None
) -> Sequence[Axes]:
    """Waveform, mel spectrogram and emotions of a recording, one above the other.

    Parameters
    ----------
    sound : Sound
    prediction : Prediction
        Of the same file.
    axes : sequence of 3 matplotlib.axes.Axes, optional

    Returns
    -------
    sequence of 3 matplotlib.axes.Axes

    Raises
    ------
    ConfigError
        Another number of axes was given; the prediction has no probabilities.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> sound = affuse.read_audio("talk.mp4")                           # doctest: +SKIP
    >>> affuse.plot.recording(sound, affuse.load().predict("talk.mp4")) # doctest: +SKIP
    """
    if axes is None:
        axes = pyplot().subplots(3, 1, figsize=(8, 6.5), sharex=True, layout="constrained")[1]
    if len(axes) != 3:
        raise ConfigError(f"{len(axes)} axes were given; expected 3, from top to bottom")
    waveform(sound, axes=axes[0]).set_xlabel("")
    mel_spectrogram(sound, axes=axes[1]).set_xlabel("")
    timeline(prediction, axes=axes[2])
    return axes
