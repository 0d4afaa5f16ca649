"""Positives: new clips of the person, made from the one there is.

In: a profile (clip, track, crops). Out: made clips of the same person. Start with `protocol.py`, which every generator
follows:

    plan.py           what is made; registry.py: by whom
    as filmed         subclips.py; photometric.py: in other light, smaller, blurred
    somewhere else    backgrounds.py, crowd.py (among others), empty.py (without her)
    otherwise         recolour.py, wear.py, reenact.py (another's motion): head.py is the mesh, warp.py moves pictures
    downloaded        hub.py: diffusion models
"""
