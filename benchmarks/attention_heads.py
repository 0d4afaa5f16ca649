"""Time of Mixture-of-Heads attention at 100, 75, 50 and 33 % active heads against dense attention, side by side.

Run `python benchmarks/attention_heads.py`. 12 heads of width 32; keys are 1,600 context tokens; 1, 16 and 256 queries.
Two ways of being inactive: "same" (the same heads are off for every token, as z can do) and "mixed" (each token has its
own). Variants take turns within one loop, so that a busy machine slows them alike; the lower decile over rounds is
printed, with its ratio to dense. Heads are switched by hand here: this times the module and says nothing about a
trained router.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from pvchat.model.heads import Heads, MixtureOfHeadsAttention

WIDTH, HEADS, KEYS = 384, 12, 1600


class FixedRouter(nn.Module):
    """Gates given from outside."""

    adaptive = True

    def __init__(self, gates: Tensor) -> None:
        super().__init__()
        self.gates = gates

    def forward(self, logits: Tensor) -> Tensor:
        return self.gates


def gates(queries: int, routed: int, share: float, mixed: bool) -> Tensor:
    """[1, Q, R] with `share` of ALL heads on, shared ones counted."""
    on = round(share * HEADS) - (HEADS - routed)
    generator = torch.Generator().manual_seed(0)
    score = torch.rand(1, queries if mixed else 1, routed, generator=generator).expand(1, queries, routed)
    rank = score.argsort(-1).argsort(-1)
    return (rank < on).float()


def variants(queries: int) -> dict[str, MixtureOfHeadsAttention]:
    """Dense and mixed modules with the same projections, 4 shared and 8 routed heads."""
    torch.manual_seed(0)
    dense = MixtureOfHeadsAttention(WIDTH, Heads(HEADS)).eval()
    made = {"dense": dense}
    for share in (1.0, 0.75, 0.5, 0.33):
        for mixed in (False, True):
            for skip in (True, False):
                module = MixtureOfHeadsAttention(WIDTH, Heads(HEADS, 4), skip=skip).eval()
                module.load_state_dict(dense.state_dict(), strict=False)
                module.mixer.router = FixedRouter(gates(queries, 8, share, mixed))
                name = f"{share:4.0%} {'mixed' if mixed else 'same ':5s} {'skipping' if skip else 'not'}"
                made[name] = module
    return made


def measure(queries: int, rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Lower decile of the milliseconds of each variant."""
    made, x, context = variants(queries), torch.randn(1, queries, WIDTH), torch.randn(1, KEYS, WIDTH)
    taken: dict[str, list[float]] = {name: [] for name in made}
    with torch.inference_mode():
        for turn in range(rounds + 2):
            for name, module in made.items():
                start = clock()
                module(x, context)
                if turn >= 2:  # the first rounds warm up
                    taken[name].append(1e3 * (clock() - start))
    return {name: statistics.quantiles(times, n=10)[0] for name, times in taken.items()}


def main() -> None:
    """Print one table for each number of queries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of wall time (busy machine)")
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    torch.set_num_threads(options.threads)
    for queries in (1, 16, 256):
        result = measure(queries, options.rounds, clock)
        sys.stdout.write(f"\n{queries} queries, {KEYS} keys, {options.threads} threads\n")
        for name, value in result.items():
            sys.stdout.write(f"  {name:18s} {value:7.2f} ms  {value / result['dense']:5.2f} of dense\n")


if __name__ == "__main__":
    main()
