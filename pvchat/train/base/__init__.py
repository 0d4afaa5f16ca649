"""Training of the model that all people share, in three phases.

In: photo and clip sets. Out: the weights of `model/pretrained/`. `prepare.py` computes frozen features, `run.py`
trains, `check.py` validates, `release.py` writes what ships. Open `run.py` first, then `phases.py` and one phase:
`contrast.py`, `generation.py` (both learn from `lessons.py`) or `identity.py` (from `episodes.py`).
"""
