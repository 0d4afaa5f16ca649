"""The data set that augmentation writes: folder, media, card and checksums (`folder.py`: open it first).

`check.py` says whether it is whole and consistent; `official.py` writes it as the official PVChat JSON.
"""
