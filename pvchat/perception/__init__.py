"""What is seen in a clip: faces, tracks, bodies, motion, clothes, colours.

In: decoded frames. Out: a `ClipAnalysis`. Start with `analysis.py`, who is there, and
`measuring.py`, what they do and wear; the frozen networks are in `experts/`.
"""

VERSION = "19"  # of what an analysis holds: cached ones of another version are recomputed
