"""Negatives: clips of other people, look-alikes first.

Start with `search.py`, which chooses and cuts. `strangers.py` says who is certainly not the subject, also
in the subject's own clip.
"""
