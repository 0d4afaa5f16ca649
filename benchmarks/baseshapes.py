"""Speed and memory of a base in its real shapes with random weights: for machines that no hub can be reached from.

In: a preset's name, or a base's folder. Out: a row for docs/performance.md: load, first token and tokens a second, a
training step of one person's tokens, peak memory. Time and memory depend on shapes, not on what the weights hold; what
is said is noise. Words are cut by the tokenizer of our own language model (SmolLM2's, as SmolVLM2's is), so prompts are
as long as they would be; Qwen3-VL's own tokenizer would make them a little shorter. `--busy` counts processor seconds
on one thread, not the clock's: others use the machine.

    python benchmarks/baseshapes.py smolvlm2-500m [--clip CLIP] [--dtype float32] [--plain]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import StoppingCriteriaList

from pvchat.bases.loading import Base, load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import GREEDY, BasePrompt, inputs_of
from pvchat.bases.shared import add_shared
from pvchat.bases.sizes import fitting_size
from pvchat.bases.sources import BaseSource, read_source
from pvchat.runtime import fastest_dtype_name, pick_device, set_threads, size

Clock = Callable[[], float]
SPOKEN = 24  # tokens of the speed's measure
TITLES = (
    "base", "as", "heads", "load s", "prompt", "first token s", "tokens/s", "training step s", "peak", "device",
)  # fmt: skip
# config.json of the two on the hub, as far as shapes go (SmolVLM2-500M-Video-Instruct, Qwen3-VL-2B-Instruct)
SMOLVLM: dict[str, Any] = {
    "text": {"model_type": "llama", "hidden_size": 960, "intermediate_size": 2560, "num_hidden_layers": 32,
             "num_attention_heads": 15, "num_key_value_heads": 5, "head_dim": 64, "vocab_size": 49280,
             "max_position_embeddings": 8192},
    "vision": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
               "image_size": 512, "patch_size": 16},
}  # fmt: skip
QWEN: dict[str, Any] = {
    "text": {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28, "num_attention_heads": 16,
             "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936, "max_position_embeddings": 262144,
             "rope_parameters": {"rope_type": "default", "mrope_section": [24, 20, 20], "rope_theta": 5e6}},
    "vision": {"depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "patch_size": 16,
               "out_hidden_size": 2048, "spatial_merge_size": 2, "num_position_embeddings": 2304,
               "deepstack_visual_indexes": [5, 11, 17]},
}  # fmt: skip


def main() -> None:
    """Build one in a scratch folder, load it as `--model` would, measure it, print its row."""
    args = _words()
    if args.build:
        build(args.base, Path(args.build))
        return
    set_threads(1 if args.busy else None)
    device, source = pick_device(args.device), read_source(args.base)
    if source is None:
        raise SystemExit(f"{args.base} is no base")
    with tempfile.TemporaryDirectory() as scratch:  # built by another process: the peak is to be that of use
        if not source.local:
            subprocess.run([sys.executable, __file__, args.base, "--build", scratch], check=True)
            source = BaseSource(source.name, scratch, True, source.preset)
        row = measured(source, device, args)
    sys.stdout.write(f"| {' | '.join(TITLES)} |\n|{'---|' * len(TITLES)}\n| {' | '.join(row)} |\n")


def measured(source: BaseSource, device: str, args: argparse.Namespace) -> list[str]:
    """The row of a base in a folder."""
    chosen = args.dtype or fitting_size(source, fastest_dtype_name(device), device).dtype
    clock = time.process_time if args.busy else time.perf_counter
    started = time.perf_counter()
    base = load_base(source, device, dtype=getattr(torch, chosen))
    loaded = time.perf_counter() - started
    if not args.plain:
        add_shared(base)
    row = [Path(source.name).name, chosen, "plain" if args.plain else "mixed", f"{loaded:.1f}"]
    return [*row, *measure(base, shown_of(base, args.clip), args, clock)]


def build(name: str, folder: Path) -> None:
    """Random weights in the shapes of a preset, saved in the hub's layout."""
    from transformers import AutoModelForImageTextToText, AutoTokenizer

    from pvchat.assets.weights import member_path

    tokenizer = AutoTokenizer.from_pretrained(str(member_path("llm")), local_files_only=True)
    processor, config = _smolvlm(tokenizer) if name.startswith("smolvlm") else _qwen3_vl(tokenizer)
    torch.manual_seed(0)
    AutoModelForImageTextToText.from_config(config, dtype=torch.bfloat16).save_pretrained(folder)
    processor.save_pretrained(folder)


def shown_of(base: Base, clip: str) -> Visuals:
    """Frames of a clip as the base is shown them; without one, noise at 640 by 360."""
    if clip:
        from pvchat.config import VideoConfig
        from pvchat.train.examples import load_visuals as read

        return read(Path(clip), base.frames, VideoConfig())
    frames = np.random.default_rng(0).integers(0, 255, (base.frames, 360, 640, 3), dtype=np.uint8)
    return Visuals(frames, np.arange(base.frames, dtype=np.float32))


def measure(base: Base, shown: Visuals, args: argparse.Namespace, clock: Clock) -> list[str]:
    """Length of the prompt, first token, tokens a second, a training step, peak memory, the device."""
    inputs = inputs_of(base, shown, BasePrompt("What is Ana doing?", "Ana is on the left.", soft=()))
    prompt = f"{inputs['input_ids'].shape[1]} tokens, {len(shown.frames)} frames"
    if not args.busy:
        _spoken(base, inputs, 1, clock)  # warms up, which the clock would tell
    first, *_, last = _spoken(base, inputs, SPOKEN, clock)
    step = f"{_step(base, shown, clock):.1f}" if args.train else "–"
    on_card = base.device.type == "cuda"
    peak = torch.cuda.max_memory_allocated() if on_card else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    device = torch.cuda.get_device_name() if on_card else f"cpu, {torch.get_num_threads()} threads"
    return [prompt, f"{first:.2f}", f"{(SPOKEN - 1) / (last - first):.1f}", step, size(peak), device]


def _spoken(base: Base, inputs: dict[str, Any], tokens: int, clock: Clock) -> list[float]:
    """Seconds until each token of a reply."""
    at: list[float] = []
    started = clock()

    def heard(ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        at.append(clock() - started)
        return torch.zeros(len(ids), dtype=torch.bool, device=ids.device)

    with torch.inference_mode():
        base.model.generate(**inputs, min_new_tokens=tokens, max_new_tokens=tokens, pad_token_id=0,
                            stopping_criteria=StoppingCriteriaList([heard]), **GREEDY)  # fmt: skip
    return at


def _step(base: Base, shown: Visuals, clock: Clock) -> float:
    """Seconds of one example of one person's training: forward, backward to her tokens and z."""
    from pvchat.train.examples import BaseData, PersonExample
    from pvchat.train.trainee import BaseTrainee, untrained_state

    tokens = torch.randn(16, base.width, device=base.device)
    trainee = BaseTrainee(base, untrained_state(base, "Ana", tokens))
    row = PersonExample(0, ("Ana",), (True,), "Is Ana there?", "Yes, Ana is there.", "existence", "video", "train")
    started = clock()
    trainee(BaseData("Ana", [row], visuals=[shown]), row).lm_sum.backward()
    return clock() - started


def _smolvlm(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import SmolVLMConfig, SmolVLMImageProcessor, SmolVLMProcessor, SmolVLMVideoProcessor

    special = {"image_token": "<image>", "fake_image_token": "<fake_token_around_image>", "video_token": "<video>",
               "global_image_token": "<global-img>", "end_of_utterance_token": "<end_of_utterance>"}  # fmt: skip
    _add(tokenizer, special)
    edge = {"longest_edge": 512}
    pictures = SmolVLMImageProcessor(size=edge, max_image_size=edge, do_image_splitting=False)
    videos = SmolVLMVideoProcessor(size=edge, max_image_size=edge)
    processor = SmolVLMProcessor(pictures, tokenizer, videos, image_seq_len=64, chat_template=_template("<image>"))
    image = tokenizer.convert_tokens_to_ids("<image>")
    config = SmolVLMConfig(text_config=SMOLVLM["text"], vision_config=SMOLVLM["vision"], scale_factor=4,
                           image_token_id=image, tie_word_embeddings=False)  # fmt: skip
    return processor, config


def _qwen3_vl(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import Qwen2VLImageProcessor, Qwen3VLConfig, Qwen3VLProcessor, Qwen3VLVideoProcessor

    names = ("image_pad", "video_pad", "vision_start", "vision_end")
    special = {f"{name.replace('pad', 'token')}{'_token' if 'vision' in name else ''}": f"<|{name}|>" for name in names}
    _add(tokenizer, special)
    options = {"patch_size": 16, "merge_size": 2, "temporal_patch_size": 2,
               "size": {"shortest_edge": 4096, "longest_edge": 16 * 128 * 32 * 32}}  # fmt: skip
    shown = "<|vision_start|><|{}_pad|><|vision_end|>"
    processor = Qwen3VLProcessor(Qwen2VLImageProcessor(**options), tokenizer, Qwen3VLVideoProcessor(**options),
                                 chat_template=_template(shown.format("image"), shown.format("video")))  # fmt: skip
    ids = {f"{key}_id": tokenizer.convert_tokens_to_ids(token) for key, token in special.items()}
    config = Qwen3VLConfig(text_config=QWEN["text"], vision_config=QWEN["vision"], tie_word_embeddings=True, **ids)
    return processor, config


def _add(tokenizer: Any, special: dict[str, str]) -> None:
    """Give a tokenizer the tokens that a family's processor asks for."""
    tokenizer.add_special_tokens({"extra_special_tokens": list(special.values())})
    for key, token in special.items():
        setattr(tokenizer, key, token)
        setattr(tokenizer, f"{key}_id", tokenizer.convert_tokens_to_ids(token))


def _template(image: str, video: str = "<video>") -> str:
    return (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% for c in m['content'] %}{% if c['type'] == 'image' %}"
        f"{image}{{% elif c['type'] == 'video' %}}{video}"
        "{% else %}{{ c['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    )


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A base in its real shapes, with random weights.")
    parser.add_argument("base", help="smolvlm2-500m, qwen3-vl-2b, or the folder of any base")
    parser.add_argument("--clip", default="", help="a clip to look at; without one: noise")
    parser.add_argument("--dtype", default="", choices=("", "float32", "bfloat16"), help="default: best on the device")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda …")
    parser.add_argument("--plain", action="store_true", help="heads as they are, instead of mixed ones")
    parser.add_argument("--build", default="", help=argparse.SUPPRESS)
    parser.add_argument("--busy", action="store_true", help="processor seconds on one thread, not the clock's")
    parser.add_argument("--no-train", dest="train", action="store_false", help="leave the training step out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
