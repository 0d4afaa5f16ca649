"""Training one person: an image stage, then a video stage, the same for every model.

In: an augmented data set (`examples.py`), settings (`config.py`). Out: her tokens and router offsets (z). Start with
`deep.py`; `course.py` trains the parameters in `state.py`, on a pretrained base (`train/bases`) or on our own model
(`recipes/model/person`). `session.py` says who watches and may stop it, and where it lies.
"""
