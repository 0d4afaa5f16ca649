"""One-shot augmentation: one clip to a four-type question-answer data set (the paper's section 3.1).

In: a clip, a name, settings. Out: a folder of clips, stills and rows, the same for the same seed. Start with
`steps.py`, which takes one step after the other:

    asked for        settings.py; engine.py: many clips, one after another or over Ray's workers
    on the way       augmentation.py: what the steps share; folders.py: where it lies, what it reads;
                     journal.py: files whole or not there; watch.py: who waits for it
    what steps do    making.py: profile.py (the subject, frame by frame), positives/, negatives/, gates.py, questions/,
                     dataset/; sheet.py draws what was made
    shared           schemas.py: samples and rows
"""
