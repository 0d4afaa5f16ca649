"""Readers of other people's annotation layouts; each returns a `Manifest`.

In: a path. Out: a `Manifest`:

reading.py      which layout a path has
official.py     PVChat's own JSON; myvlm.py, thisismy.py, yollava.py: data sets of other papers
folders.py      folders named after people
existence.py    questions for layouts that only say who is where
"""
