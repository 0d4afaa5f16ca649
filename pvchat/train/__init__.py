"""What users train: a person of their own (`person/`), people and what they share on a pretrained base (`bases/`).

In: a person's augmented clips, or image sets. Out: a person's tokens, or a folder that `--model` takes. What they share
lies here: `losses.py`, `runfile.py`, `signals.py`. Open `person/deep.py` first. How the shipped model
was trained: `recipes/model/base/`, outside the package.
"""
