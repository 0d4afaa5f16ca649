"""Pretrained video language models of transformers ("bases") that answer in the place of our own model.

Nothing here knows who is in a clip (`identity` does), nor what may be said (`chat/speakers/narrator.py` asks, and
checks the reply). Open `loading.py` first. A question goes this way:

    base = load_base(read_source("smolvlm2-500m"))    sources.py: what `--model` names; loading.py: into memory
    visuals = visuals_of(clip, analysis, present, base, settings)    outlines: marking.py
    inputs = inputs_of(base, visuals, BasePrompt("What is Ana doing?", measured="Ana stands."))    prompts.py
    reply(base, inputs)                               "Ana pours tea into a cup."

    models.py, sizes.py        which models there are, and whether one fits here
    states.py, soft.py         what deep enrollment left of a person: tokens that stand for her in a prompt
    shared.py, connector.py    what is added for all people, which `recipes/bases/` trains
    eyes.py                    an encoder of CLIP's kind that chooses deeds and places (`--eyes`)
"""
