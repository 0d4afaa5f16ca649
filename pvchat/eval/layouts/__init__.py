"""Readers of other annotation layouts; each returns a `Manifest`.

In: a path. Out: a `Manifest`. Start with `reading.py`, which knows what layout a path has:

    official.py     the JSON of the paper's code
    folders.py      folders named after people, and questions that follow from who is where
"""
