"""A file, read once -> what is predicted of it, as often as is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affuse.media.video import DECODING_THREADS
from affuse.predict.found_people import FoundPeople
from affuse.predict.members import Members
from affuse.predict.per_person import predict_people, refuse_other_members
from affuse.predict.picture import Tracker
from affuse.predict.recording import Reached, Recording, read_recording
from affuse.predict.settings import Settings
from affuse.predict.timeline import predict_recording
from affuse.records import Prediction


@dataclass(frozen=True)
class Analysis:
    """What was read of a recording.

    Attributes
    ----------
    recording : Recording
    people : FoundPeople or None
        None: they were not asked for.
    """

    recording: Recording
    people: FoundPeople | None = None

    def prediction(self, members: Members, settings: Settings, name: str) -> Prediction:
        """The timeline of the recording, or of each of its people, and the whole.

        Parameters
        ----------
        members : Members
            Those that it was read with, or some of them.
        settings : Settings
            Those that it was read with; it may be asked for an explanation or not.
        name : str
            The file as it was given.

        Returns
        -------
        Prediction
        """
        if self.people is None:
            return predict_recording(self.recording, members, settings, name)
        return predict_people(self.recording, self.people, members, settings, name)


def analyse(
    path: str | Path,
    members: Members,
    tracker: Tracker,
    settings: Settings,
    reached: Reached | None = None,
    n_threads: int = DECODING_THREADS,
) -> Analysis:
    """Read a file, and tell its people apart where that is asked for.

    Parameters
    ----------
    path : str or Path
    members : Members
    tracker : Tracker
    settings : Settings
    reached : callable, optional
    n_threads : int
        All as in `read_recording`.

    Returns
    -------
    Analysis

    Raises
    ------
    MediaError
        As `read_recording`.
    ConfigError
        People are asked for, and the bundle cannot tell them apart, or a network that is to do so
        cannot be used.
    """
    if settings.people is None:
        return Analysis(read_recording(path, members, tracker, settings, reached, n_threads))
    refuse_other_members(members)
    # What clusters voices takes long to import, and is needed here alone.
    from affuse.predict.people_observer import PeopleObserver

    observer = PeopleObserver(settings)
    recording = read_recording(path, members, tracker, settings, reached, n_threads, observer)
    return Analysis(recording, observer.people(recording))
