"""One-shot augmentation: one clip to a four-type question-answer data set (the paper's section 3.1).

Start with `steps.py`: `steps.augment("ana.mp4", "Ana", "sets/ana", chat, AugmentConfig(clips=56))`.

    profile      profile.py: Ana's face box, mesh and mask, frame by frame; her clip cut into train, val, test
    positives    positives/: new clips of her, made of that one (other light, another background, a turned head)
    negatives    negatives/: clips of other people, look-alikes first
    filter       gates.py: what doesn't show her well enough is dropped
    dataset      questions/: "What is Ana wearing?" "Ana is wearing a red jacket."; dataset.py: rows, card, checksums

All steps share schemas.py (what is asked for, samples and rows), augmentation.py (clip, person, folders), lines.py
(rows and manifests on disk), watch.py (progress, and how it is stopped).
"""
