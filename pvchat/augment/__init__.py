"""One-shot augmentation: one clip to a four-type question-answer data set (the paper's section 3.1).

In: a clip, a name, settings. Out: a folder of clips, stills and question rows, the same for the same seed. Start with
`steps.py`, which takes one step after the other; each leaves a file, so a run that was cut off goes on:

    steps.augment("ana.mp4", "Ana", "sets/ana", chat, AugmentConfig(clips=56))

    profile      profile.py: Ana's face box, mesh and mask, frame by frame; her clip cut into train, val, test
    positives    positives/: new clips of her, made of that one (other light, another background, a mask, a turned head)
    negatives    negatives/: clips of other people, look-alikes first
    filter       gates.py: what doesn't show her well enough is dropped; she is put beside others
    dataset      questions/: "What is Ana wearing?" "Ana is wearing a red jacket."; no two splits share wordings;
                 dataset/: rows, card, checksums

    `making.py` has what each step does; `augmentation.py` what they share; `folders.py` and `lines.py` the files;
    `watch.py` progress and stop; `schemas.py` samples and rows; `settings.py` what is wanted.
"""
