"""Training one person: a course of an image stage and a video stage, whatever model it is on.

In: an augmented data set (`examples.py`), settings (`config.py`). Out: the person's tokens and head offsets. Start with
`deep.py`; `course.py` trains the parameters in `state.py`, on a pretrained base (`train/bases`) or on our own model
(`recipes/model/person`). `session.py` says who watches and may stop it, and where it lies.
"""
