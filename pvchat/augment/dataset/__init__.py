"""The data set that augmentation writes: folder, media, card, checks, the official JSON.

Start with `folder.py`:

    folder.py      written and read, with card and checksums
    official.py    as the official PVChat JSON, both ways
    check.py       is it whole and consistent?
"""
