"""Negatives: clips of other people, look-alikes first.

In: the profile of a person, an index of other footage. Out: samples that show somebody else. Start with `search.py`.
"""
