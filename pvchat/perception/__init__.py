"""What is seen in a clip: faces, tracks, bodies, motion, clothes, colours; what is heard in it: `sound/`.

In: decoded frames. Out: a `ClipAnalysis`. The frozen networks are in `experts/`. Two steps, and long videos:

    analysis.py     who is there: search.py finds faces, tracks.py follows them, bodies.py follows bodies (bodyfaces.py:
                    whose they are), places.py tells the place, facts.py what tells who it is
    measuring.py    what they do and wear: things.py, handled.py (what is at hands and mouth); of each
                    person facts.py (garments.py, cloth.py, drawnheads.py), motion.py (gestures.py),
                    bodyfeatures.py for posture.py and deeds.py, sleeves.py, collars.py;
                    grounds.py: what facts rest on
    scan.py         a long video, part by part: joining.py joins tracks; closer.py measures the shots of those who
                    are asked about
    shared          sightings.py (which are worth measuring, and where), colours.py, boxes.py

How numbers were chosen that no paper gives: docs/adr/0074-measured-constants.md.
"""

VERSION = "35"  # of what an analysis holds: cached ones of another version are recomputed
