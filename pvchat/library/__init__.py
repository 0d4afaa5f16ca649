"""A library: folders of videos that are looked through once, and asked about together.

In: folders and files, with the place where they were recorded; questions. Out: answers that name video, date, time and
place. Start with `library.py`: `Library`, one object over one database (`storage/library.py`).

    sources.py     folders, files and cameras, and what has changed in the files
    scan.py        new files are looked at, one transaction each, by several processes or a cluster if wanted, once or
                   as they come
    records.py     an analysis as rows, and rows as an analysis without pictures
    odds.py        everyone's log-odds on every track
    decisions.py   decisions by these alone, when people come and go
    recognise.py   after any change of people: `decisions.py`, and some clips anew
    asking.py      questions over all of it
    rates.py       how often somebody is in any video, by which the probability for one is corrected
    reel.py        somebody's moments, as rows and as one film
    grouping.py    tracks of people whom nobody named become groups, one a person
    strangers.py   these groups in the tables, kept as tracks come and go, and as they are shown
    inbox.py       strangers listed, named, joined to somebody, ignored, merged, split, and all that taken back
    live/          cameras, events, and who is told of them
"""

from pvchat.library.library import Library

__all__ = ["Library"]
