"""What users train: one person on a pretrained base.

In: a person's augmented clips. Out: a person's tokens; the base itself is frozen and never among what is trained. Open
`deep.py` first, which augments, trains and stores.

    her training     person.py: tokens from crops, two stages (stages.py) of examples (examples.py) through the
                     base (trainee.py), the gate that she must pass
    any training     config.py, losses.py, run.py: a training's state, on disk and back; signals.py: who may stop it

What all people share is trained by recipes, with the latter: on a base by `recipes/bases/`, the shipped model by
`recipes/model/base/`; one person on that by `recipes/model/person`, in the same stages.
"""
