"""One-shot augmentation: one clip to a four-type question-answer data set (the paper's section 3.1).

In: a clip, a name, settings. Out: a folder of clips, stills and rows, the same for the same seed. Start with
`steps.py`, which takes one step after the other:

    asked for        settings.py; engine.py: many clips, one after another or over Ray's workers
    on the way       augmentation.py: what the steps share; place.py, folders.py: where it lies, what it reads;
                     journal.py, media.py: files whole or not there; watch.py: who waits for it
    the subject      profile.py, frame by frame
    samples made     making.py: positives/ by their plan, negatives/ by their search
    measured, kept   filtering.py: analyses.py, gates.py; sheet.py draws what was made
    asked, written   telling.py: questions/, then dataset/
    shared           schemas.py: samples and rows
"""
