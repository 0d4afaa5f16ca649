"""Small heads and calibrations, fitted once and shipped.

In: labelled photos, made clips, wordings. Out: `*.safetensors` and JSON beside the modules that use them. Each file is
a recipe with a `main`, or serves one:

    who it is         presence.py (cohort, weights), calibration.py (by footage), nobodies.py (what is no face)
    a face student    facefit.py: faceset.py, facestudent.py, faceteachers.py, facetable.py (what it is worth),
                      facefiles.py; faces as footage shows them: facedegrade.py, facewear.py
    drawn figures     figures.py: figurefits.py, figurelikeness.py, figurehead.py; drawnfaces.py, scenes.py are drawn
    what is seen      attributes.py (attribute_labels.py), glasses.py, settings.py, smiles.py, things.py
    our model         printmatch.py (printviews.py), figurecrowd.py: faceprints and tokens; choices.py, confidence.py:
                      how far it may be believed
"""
