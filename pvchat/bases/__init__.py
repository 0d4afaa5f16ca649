"""Pretrained video language models of transformers ("bases") that answer in the place of our own model.

In: a model's name or folder, frames of a clip, words, people with what a base learned of them. Out: words, or the odds
of yes against no. Nothing here knows who is in a clip (`identity` does), nor what may be said (`chat` does).
Open `loading.py` first: it makes a `Base` of a name. Then, in order of use:

    sources.py, models.py       what `--model` names, and which models there are, our own too
    sizes.py                    memory and frames before anything is loaded (by `shapes.py`), how fast (`speed.py`)
    families.py                 what each kind of model wants of its pictures
    clipframes.py, marking.py   the frames of a clip for one question; people outlined, crops
    prompts.py, replying.py     a chat out of frames and words; the base's words, or its odds
    states.py, judging.py       what deep enrollment left of a person; her yes or no where identity is unsure
    soft.py, seeing.py          personal tokens in a prompt, and what they start from
    shared.py, connector.py     what base training adds for all people, and our experts' tokens beside the base's
    imagetext.py                a base for augmentation and evaluation, which bring their own prompts
    eyes.py                     an encoder of CLIP's kind that chooses deeds and places (`--eyes`)
"""
