"""Training of the model that all people share, in phases.

In: photo and clip sets. Out: the weights of `model/pretrained/`. Start with `run.py`, then `phases.py`.
"""
