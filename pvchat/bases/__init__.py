"""Pretrained video language models of transformers as bases: pictures and words in, words out, people made known.

    sources.py   what `--model` names: a preset, a folder, `hub:ORG/NAME`, a run of `pvchat train base --model`
    models.py    which models there are, our own too, and which one answers
    sizes.py     parameters, memory and frames, before anything is loaded: by its shape (shapes.py), and speed.py
    families.py  what each kind of model wants of its pictures
    loading.py   → `Base`: model and processor, checked, in the right precision
    marking.py   frames with the people outlined, crops
    shown.py     the frames of a clip that one question is shown
    states.py    what deep enrollment left of a person; judging.py: her yes or no where identity is unsure
    prompts.py   a chat out of frames, who is who, what was measured, earlier turns
    replying.py  words, piece by piece; the odds of yes against no
    soft.py      sixteen personal tokens in the place of marked ones, head offsets at them
    seeing.py    the base's own visual tokens of a crop, and the k-means start
    connector.py our experts' tokens beside the base's, zero at first
    imagetext.py a base as augmentation and evaluation use it, who bring their own prompts
    eyes.py      an encoder of CLIP's kind, which chooses in the trained model's place (`--eyes`)
    shared.py    what base training adds to a base (mixed heads, connector), on disk

Nothing here knows who is in a clip: that is `identity`'s, and what may be said is `chat`'s. Open `loading.py` first.
"""
