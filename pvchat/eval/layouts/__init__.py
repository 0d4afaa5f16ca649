"""Readers of other people's annotation layouts; each returns a `Manifest`.

In: a path. Out: a `Manifest`. Start with `reading.py`, which knows what layout a path has:

    official.py     the paper's JSON; published.py: data sets of other papers
    folders.py      folders named after people, and questions for layouts that only say who is where
"""
