"""Several processes as one: accelerate's object, and what they said gathered with its gradients.

In: an `Outcome` of one process's share of a batch. Out: that of the whole batch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pvchat.train.person.trainee import Outcome


def make_accelerator(device: str = "cpu") -> Any:
    """Accelerate's object: one process, or all that torchrun started."""
    from accelerate import Accelerator

    return Accelerator(cpu=device == "cpu")


def gather(outcome: Outcome, accelerator: Any) -> Outcome:
    """The outcome of the whole batch from every process's share; gradients flow back to each share."""
    if accelerator.num_processes == 1:
        return outcome

    def join(x: Tensor) -> Tensor:
        return _Gather.apply(x)

    routing = [
        replace(
            s,
            logits=join(s.logits),
            gates=join(s.gates),
            alphas=join(s.alphas),
            mask=None if s.mask is None else join(s.mask.float()) > 0,
        )  # fmt: skip
        for s in outcome.routing
    ]
    rows = (join(outcome.presence), join(outcome.present), join(outcome.mask.float()) > 0)
    sums = (join(outcome.lm_sum[None]).sum(), join(outcome.lm_count[None]).sum())
    return Outcome(*rows, *sums, routing)


class _Gather(torch.autograd.Function):
    """All processes' rows; backward hands each its own, times their number, since gradients are averaged later."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        from torch import distributed

        ctx.at = (distributed.get_rank() * len(x), len(x), distributed.get_world_size())
        parts = [torch.empty_like(x) for _ in range(ctx.at[2])]
        distributed.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        first, count, processes = ctx.at
        return gradients[0][first : first + count] * processes
