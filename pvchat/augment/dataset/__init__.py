"""The data set that augmentation writes: folder, media, card, checks, the official JSON.

In: samples and question rows. Out: a folder of clips, `samples.jsonl`, `questions.jsonl`, a card, and its examination.
Start with `folder.py`.
"""
