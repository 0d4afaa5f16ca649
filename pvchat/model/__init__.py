"""The paper's video language model: a clip's analysis, people and a question in; text, deeds, presence out.

Open `pvchat.py` first: the whole model. A clip goes through it in this order:

    tokens        cliptokens.py: an analysis as vectors; connectors.py: all of one width, mixed, weighed by the question
    reading       qformer.py, by the mixed heads of heads.py
    people        people.py: 16 personal tokens each, made by aligner.py or by training (with personlora.py, a LoRA),
                  and who is in the clip, as `identity/` has it
    words         prompts.py, llm.py (the language model), speculative.py (guessed words are read in one pass)

Users of the trained model:

    loaded        config.py (with presets) and checkpoint.py: on disk; trained.py: once for all, without torch where no
                  words are needed
    asked         describer.py: what it reads of a clip, and stored people as it takes them; deeds.py: what somebody
                  does; sentences.py and minilm.py: vectors of sentences

`choices.py` has lists of deeds and places, for encoders of the hub.

`retrofit.py` gives pretrained bases mixed heads. Batches and losses of training are in `recipes/model`.
"""
