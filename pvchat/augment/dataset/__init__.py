"""The data set that augmentation writes: folder, media, card, checks, the official JSON.

In: samples and question rows. Out: a folder of clips, `samples.jsonl`, `dataset.jsonl`, a card, and its examination.
Start with `folder.py`:

    folder.py      written and read, with card and checksums
    official.py    as the official PVChat JSON, both ways
    check.py       is it whole and consistent?
"""
