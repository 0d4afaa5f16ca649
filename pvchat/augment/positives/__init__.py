"""Positives: new clips of the person, made from the one there is.

In: a profile (clip, track, crops). Out: made clips of the same person. Start with `protocol.py`, which every generator
follows.
"""
