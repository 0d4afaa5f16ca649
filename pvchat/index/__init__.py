"""An index over folders of videos: whose face, which figure, which scene is like this one?

    entries.py   an analysed clip → what is kept of it: identity vectors of its tracks, spans, a few facts
    segments.py  immutable files of such clips, memory-mapped; one change of an index
    nearest.py   nearest rows, by comparing all with faiss
    store.py     `VideoIndex`: segments in one folder; add, remove, search, in one step each; open this first
    manifest.py  which files belong to it, and the lock of those who write
    folder.py    a folder of videos → its index, doing only what is new, changed or gone

An index holds biometric data: face vectors of everybody in the videos, enrolled or not. `pvchat people forget` doesn't
reach into it; `VideoIndex.remove` and `pvchat index remove` do, and leave no removed vector on the disk.
"""

from pvchat.index.entries import ClipEntry, TrackEntry, VideoIndexError, describe
from pvchat.index.store import Hit, VideoIndex

__all__ = ["ClipEntry", "Hit", "TrackEntry", "VideoIndex", "VideoIndexError", "describe"]
