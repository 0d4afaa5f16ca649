"""What users train: the base model (`base`), a person of their own (`person`), both on a pretrained base (`bases`).

In: image sets or a person's augmented clips. Out: a model's folder, or a person's tokens. What they share lies here:
`pictures.py`, `degrade.py`, `losses.py`, `checkpoints.py`, `report.py`, `signals.py`, `runfile.py`, `eightbit.py`. Open
`base/run.py` first. How the shipped files were made: `recipes/`, outside the package.
"""
