"""Negatives: clips of other people, look-alikes first.

Start with `search.py`:

    strangers.py     who is certainly not the subject, in the subject's own clip too; what is found
    excerpts.py      what was chosen, cut and looked at again
"""
