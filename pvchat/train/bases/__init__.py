"""Training on a pretrained base: one person's tokens (`person.py`), what all people share (`sharing.py`).

In: an augmentation, or folders of identities. Out: a person's arrays with the record of her gate (`gate.py`), or a
folder that `--model` takes. The base itself is frozen and never among what is trained: `course.py` trains `trainee.py`
on `data.py`; `sharing.py` learns from `episodes.py`, as `config.py` says.
"""
