"""What users train: one person (`person/`), also on a pretrained base, and what all people share there (`bases/`).

In: a person's augmented clips, or image sets. Out: a person's tokens, or a folder that `--model` takes. What both use
lies here: `losses.py`, `runfile.py`, `signals.py`. Open `person/deep.py` first. How the shipped model
was trained: `recipes/model/base/`, outside the package.
"""
