"""Frozen vision experts: pixels in, features, boxes and landmarks out. Weights come from `pvchat.assets.weights`.

    frames and crops   efficientnet.py; attributes.py, its small heads
    faces              faces.py: mtcnn.py (mtcnnlayers.py) finds them, identity.py (identitylayers.py) and
                       faceprint.py describe them; mesh.py, glasses.py
    drawn figures      figures.py
    looks              facemaps.py, small networks for faces; headlooks.py
    bodies, hands      body.py, hands.py (ssd.py, regions.py)
    things             objects.py
    sound              voiceactivity.py, music.py, whisper.py (words), voiceprint.py; `../sound/` runs them
    all of them        collection.py, but for those that hear
    heads of ours      headfiles.py: their weights, and the functions that make probabilities of what they say
    how they run       networks.py, open it first

torch is imported only where a network that it defines is converted or, on another device than the CPU, run.
"""
