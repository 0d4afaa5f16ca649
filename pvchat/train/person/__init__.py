"""One person: deep enrollment, in an image stage and a video stage.

In: an augmented data set. Out: the person's tokens, head offsets and verification. Start with `deep.py`.
"""
