"""What users train: one person on a pretrained base, and what all people share there.

In: a person's augmented clips, or image sets. Out: a person's tokens, or a folder that `--model` takes; the base itself
is frozen and never among what is trained. Open `deep.py` first, which augments, trains and stores.

    one person       person.py: tokens from crops, two stages (stages.py) of examples (examples.py) through the
                     base (trainee.py), the gate that she must pass
    everybody        sharing.py
    both             config.py, losses.py, run.py: a training's state, on disk and back; signals.py: who may stop it

How the shipped model was trained: `recipes/model/base/`; one person on it: `recipes/model/person`, by the same stages.
"""
