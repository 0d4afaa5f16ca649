"""Mixture-of-Heads in a pretrained model of transformers, without changing its output at first.

In: the decoder of a video language model (never the whole of it: vision towers have attention too). Out: the same whose
chosen attention modules weigh their heads by a `HeadMixer`. The modules' own code and weights stay: a mixer and two
hooks are added to each, so tensor names don't change and stock checkpoints still load. Call it after peft has put
adapters in, if both are wanted: the weights must apply before the output projection and its adapter.

Legend: B batch, L tokens, H heads, d width of one head, R routed heads.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from pvchat.model.heads import HeadMixer, Heads, RoutingStats

MIXER = "moh_mixer"  # attribute of a retrofitted attention module
# Attention classes by the end of their name; each has an output projection `o_proj` that takes the joined heads.
KINDS = (  # SmolVLM has Llama's, InternVL and LLaVA-OneVision have Qwen2's
    "Qwen2VLAttention", "Qwen2_5_VLAttention", "LlamaAttention", "Qwen2Attention", "Qwen3Attention",
    "Qwen3VLTextAttention",
)  # fmt: skip


def retrofit_moh(model: nn.Module, shared: int) -> None:
    """Give attention modules of the upper half mixed heads, in place; the output is unchanged until a mixer is trained.

    The model has none yet. The first `shared` heads are always on, the rest are routed.
    """
    found = [(name, module) for name, module in model.named_modules() if type(module).__name__.endswith(KINDS)]
    layers = [next(int(part) for part in reversed(name.split(".")) if part.isdigit()) for name, _ in found]
    start = (max(layers) + 1) // 2
    upper: list[Any] = [module for (_, module), layer in zip(found, layers, strict=True) if layer >= start]
    for attention in upper:
        mixer = KeptMixer(attention.q_proj.in_features, Heads(head_count(attention), shared))
        # fp32, whatever the module computes in
        setattr(attention, MIXER, mixer.to(next(attention.q_proj.parameters()).device))
        attention.register_forward_pre_hook(mixer.route, with_kwargs=True)
        attention.o_proj.register_forward_pre_hook(mixer.weigh)


class KeptMixer(HeadMixer):
    """A mixer that keeps what it gave in the last pass. Copy it before: tensors in a graph can't be copied."""

    def __init__(self, width: int, heads: Heads) -> None:
        super().__init__(width, heads)
        self.z: Tensor | None = None  # [B, L, R] offsets to the router's logits for the pass to come, if it is as long
        self.weights: Tensor | None = None  # of the last pass, as `stats`
        self.stats: RoutingStats | None = None

    def route(self, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Before the attention runs: weigh its heads by the hidden states it is given."""
        hidden = args[0] if args else kwargs["hidden_states"]
        z = self.z if self.z is not None and self.z.shape[:2] == hidden.shape[:2] else None
        self.weights, self.stats = self(hidden, z)

    def weigh(self, _: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Before an output projection: the joined heads [B, L, H · d] times their weights [B, L, H]."""
        assert self.weights is not None
        heads = args[0].unflatten(-1, (self.weights.shape[-1], -1))
        return ((heads * self.weights[..., None].to(heads.dtype)).flatten(-2), *args[1:])


def mixers(model: nn.Module) -> list[tuple[str, KeptMixer]]:
    """Names and mixers of all retrofitted attention modules."""
    return [(name, module) for name, module in model.named_modules() if isinstance(module, KeptMixer)]


def routing_stats(model: nn.Module) -> list[RoutingStats]:
    """What the routers did in the last forward pass, module by module; feed them to `train.losses`."""
    return [mixer.stats for _, mixer in mixers(model) if mixer.stats is not None]


def head_count(module: Any) -> int:
    """H of an attention module; newer ones have it in their configuration only."""
    own = getattr(module, "num_attention_heads", None) or getattr(module, "num_heads", None)
    return int(own or module.config.num_attention_heads)
