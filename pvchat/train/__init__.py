"""Training: the base model (`base`), a person of one's own (`person`), small heads and calibrations (`fits`).

In: image sets or a person's augmented clips. Out: the files that the product loads. What the three share lies here:
`pictures.py`, `degrade.py`, `losses.py`, `checkpoints.py`, `report.py`, `signals.py`, `eightbit.py`. Open
`base/run.py` first.
"""
