"""Positives: new clips of the person, made from the one there is.

Start with `plan.py`, who makes what: as filmed, in other light, smaller, blurred (`photometric.py`); somewhere else
(`backgrounds.py`); moved otherwise (`reenact.py`, by the mesh of `head.py`); by a diffusion model
(`consisid.py`).
"""
