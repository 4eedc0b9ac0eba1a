"""Lists of speakers that some corpora keep beside their media: who is of which sex and age."""

from __future__ import annotations

from pathlib import Path

from affuse.corpora.attributes import standard_attributes
from affuse.corpora.media_files import first_files
from affuse.storage.csv_rows import read_rows
from affuse.storage.remote import is_file, local_copy, local_path, url_of

_COLUMNS = ("sex", "gender", "age")


def listed_speakers(root: str | Path, name: str, speaker: str) -> dict[str, dict[str, str]]:
    """What a list says of each speaker; nothing where there is no such list.

    Parameters
    ----------
    root : str or Path
        Folder of the corpus, or a folder in it: the list may lie beside what was given.
    name : str
        Of the list, a CSV with one row for each speaker or clip.
    speaker : str
        Column with the speaker (lower case).

    Returns
    -------
    dict of str to dict of str to str
        Speaker -> ``sex`` and ``age``, as far as the list has them.

    Raises
    ------
    DatasetError
        The list is no CSV.
    """
    folder = local_path(str(root))
    beside = () if url_of(folder) else (folder / name, folder.parent / name)
    below = (path for path in first_files(folder) if path.name == name)
    found = next((path for path in beside if is_file(path)), None) or next(below, None)
    if found is None:
        return {}
    with local_copy(found) as file:
        rows = read_rows(file, expected=f"{speaker},sex,age").rows
    return {
        row[speaker]: standard_attributes({each: row[each] for each in _COLUMNS if row[each]})
        for row in rows
    }
