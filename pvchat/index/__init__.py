"""An index over folders of videos: whose face, which figure, which scene is like this one?

    entries.py   an analysed clip → what is kept of it: identity vectors of its tracks, spans, a few facts
    store.py     `VideoIndex`: such clips in one SQLite file; add, remove, search, in one step each; open this first
    folder.py    a folder of videos → its index, doing only what is new, changed or gone

An index holds biometric data: face vectors of everybody in the videos, enrolled or not. `pvchat people forget` doesn't
reach into it; `VideoIndex.remove` and `pvchat index remove` do, and leave no removed vector on the disk.
"""

from pvchat.index.entries import ClipEntry, TrackEntry, VideoIndexError, describe
from pvchat.index.store import Hit, VideoIndex

__all__ = ["ClipEntry", "Hit", "TrackEntry", "VideoIndex", "VideoIndexError", "describe"]
