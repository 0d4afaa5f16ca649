"""The data set that augmentation writes: folder, media, card and checksums (`folder.py`: open it first).

`check.py` says whether it is whole and consistent.
"""
