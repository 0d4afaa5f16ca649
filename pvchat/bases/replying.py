"""What a base says: greedy words, piece by piece as they come; the odds that it begins with yes rather than no.

In: inputs of `prompts.py`. Out: text, log-odds. Greedy with the key-value cache: the same prompt gives the same text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvchat.bases.loading import Base
from pvchat.bases.prompts import end_of_turn

# said outright: a model's own settings fill what isn't, and penalties look up ids that are no rows
GREEDY: dict[str, Any] = {
    "do_sample": False, "num_beams": 1, "repetition_penalty": 1.0, "no_repeat_ngram_size": 0,
}  # fmt: skip
OnText = Callable[[str], bool]  # the text so far; True: enough, stop


def reply(base: Base, inputs: dict[str, Any], max_tokens: int = 96, on_text: OnText | None = None) -> str:
    """The base's greedy reply to a prompt; `on_text` is called with the whole text after each token and may end it."""
    import torch
    from transformers import GenerationConfig, StoppingCriteriaList

    from pvchat.model.drafted import stop_ids

    pad = base.tokenizer.pad_token_id
    settings = GenerationConfig(
        max_new_tokens=max_tokens,
        eos_token_id=sorted(stop_ids(base.model, base.tokenizer) | {end_of_turn(base)}),
        pad_token_id=end_of_turn(base) if pad is None else pad,
        use_cache=True,
        **GREEDY,
    )
    start = inputs["input_ids"].shape[1]

    def enough(ids: Any, *_: Any, **__: Any) -> Any:
        """Asked after every token whether to stop."""
        done = on_text is not None and on_text(base.tokenizer.decode(ids[0, start:], skip_special_tokens=True).lstrip())
        return torch.full((len(ids),), done, dtype=torch.bool, device=ids.device)

    with torch.inference_mode():
        out = base.model.generate(
            **inputs, generation_config=settings, stopping_criteria=StoppingCriteriaList([enough])
        )
    return text_of(base, out[0, start:])


def yes_no(base: Base, inputs: dict[str, Any]) -> Any:
    """Log-odds, a scalar tensor, that the answer begins with "Yes" rather than "No"; gradients flow."""
    out = base.model(**inputs, use_cache=False, logits_to_keep=1)
    yes, no = yes_no_ids(base)
    last = out.logits[0, -1].float()
    return last[yes] - last[no]


def yes_no_ids(base: Base) -> tuple[int, int]:
    """The first token of "Yes" and of "No"."""
    yes, no = (base.tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("Yes", "No"))
    return int(yes), int(no)


def text_of(base: Base, ids: Any) -> str:
    """Tokens as text, special ones left out."""
    return str(base.tokenizer.decode(ids, skip_special_tokens=True)).strip()
