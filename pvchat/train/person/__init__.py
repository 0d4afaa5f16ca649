"""Training one person: a course of an image stage and a video stage, whatever model it is on.

In: an augmented data set (`trainingset.py`, `examples.py`). Out: the person's tokens and head offsets. Start with
`deep.py`; `course.py` trains the parameters in `learner.py` as `config.py` says, on a pretrained base
(`train/bases`) or on our own model (`recipes/model/person`). Around it: `session.py` (who watches and may stop it),
`state.py` and `workplace.py` (on disk).
"""
