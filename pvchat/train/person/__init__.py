"""One person: deep enrollment, in an image stage and a video stage.

In: an augmented data set (`trainingset.py`, `examples.py`). Out: the person's tokens and head offsets. Start with
`deep.py`; `stages.py` and `course.py` train what `trainee.py` has of the parameters in `learner.py`,
as `config.py` says, in one process or several (`processes.py`). Around it: `session.py` (who watches and may stop it),
`state.py` and `workplace.py` (on disk).
"""
