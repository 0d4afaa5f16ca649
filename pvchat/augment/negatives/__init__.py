"""Negatives: clips of other people, look-alikes first.

Start with `search.py`, which chooses, cuts and looks again. `strangers.py` says who is certainly not the subject, also
in the subject's own clip.
"""
