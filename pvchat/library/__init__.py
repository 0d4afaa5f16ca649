"""A library: folders of videos that are looked through once, and asked about together.

In: folders and files, with the place where they were recorded; questions. Out: answers that name video, date, time and
place. Start with `library.py`: `Library`, one object over one database (`storage/library.py`).

    sources.py     folders and files, and what has changed in them
    scan.py        new files are looked at, one transaction each, by several processes if wanted
    records.py     an analysis as rows, and rows as an analysis without pictures
    recognise.py   who is in which clip, anew whenever people change
    asking.py      questions over all of it
    live/          cameras, events, and who is told of them
"""

from pvchat.library.library import Library

__all__ = ["Library"]
