"""Training of the model that all people share, in three phases.

In: image sets. Out: checkpoints, which `model/release.py` ships. Open `run.py` first, then `phases.py` and one phase:

    settings          config.py; optimizer.py; eightbit.py: frozen layers in 8 bits
    frozen features   prepare.py: features.py, of faces also from worse copies (degrade.py)
    data              data.py, captions.py
    1 contrast.py     pictures against captions; grounding.py: words out of the queries
    2 generation.py   questions that captions answer, both from lessons.py
    3 identity.py     episodes.py: enrolled on some photos, asked about a scene whose truth is known
    trained           run.py; checkpoints.py: kept and gone on with; report.py: numbers as it goes

What all trainings of our model share lies above: `made.py` (fresh models, saving), `batches.py` (padded clips),
`prompts.py` (with answers to learn), `scoring.py` (losses, yes or no, texts of many prompts).

A recipe may bring a phase of its own (`recipes/answering/`).
"""
