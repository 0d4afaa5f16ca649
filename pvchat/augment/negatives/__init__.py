"""Negatives: clips of other people, look-alikes first.

In: the profile of a person, folders of other footage. Out: samples that show somebody else. Start with `search.py`:

    strangers.py     who is certainly not the subject, in the subject's own clip too; what is found
    excerpts.py      what was chosen, cut and looked at again
"""
