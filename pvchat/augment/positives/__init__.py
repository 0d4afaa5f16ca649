"""Positives: new clips of the person, made from the one there is.

Start with `protocol.py`, which says what makes them:

    plan.py           who makes what
    as filmed         photometric.py: also in other light, smaller, blurred
    somewhere else    backgrounds.py: also among others
    otherwise         recolour.py, wear.py, reenact.py (another's motion): head.py is the mesh and moves pictures
    downloaded        consisid.py, a diffusion model
"""
