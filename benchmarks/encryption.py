"""What encryption at rest costs: the same work in a plain home and in an encrypted one, side by side.

    python benchmarks/encryption.py [--people 60] [--clips 20] [--rounds 3] [--out FILE]

In: made-up people of the size that enrollments have, and made-up analyses of a clip's size (1.4 MB); nothing of yours
is read. Out: processor milliseconds of each step, plain and encrypted, medians over rounds that take turns; what the
first look at a home costs a process (scrypt, once); and the bytes that a sealed file is longer.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.people.store import PeopleStore, Person
from pvchat.schemas import ClipAnalysis, SceneFacts
from pvchat.storage import conversion, keys, private, stores
from pvchat.storage.clips import ClipCache

PASSPHRASE = "correct horse battery staple"
FRAMES, CELLS, WIDTH = 40, 14, 1280  # float16: 1.4 MB, as the analyses of a held-back set take


def main(argv: list[str] | None = None) -> None:
    """Measure, print, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="also write the result as JSON")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="pvchat-encryption-") as folder:
        found = measure(Path(folder), args)
    text = json.dumps(found, indent=1)
    sys.stdout.write(text + "\n")
    if args.out:
        args.out.write_text(text + "\n")


def measure(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds by step and kind of home."""
    times: dict[str, dict[str, list[float]]] = {}
    extra = 0
    for number in range(args.rounds):
        for kind in ("plain", "encrypted"):
            home = folder / f"{kind}-{number}"
            os.environ["PVCHAT_HOME"] = str(home)
            os.environ.pop(keys.VARIABLE, None)
            if kind == "encrypted":
                os.environ[keys.VARIABLE] = PASSPHRASE
                keys.create(PASSPHRASE)
            for step, call in steps(args.people, args.clips).items():
                times.setdefault(step, {}).setdefault(kind, []).append(timed(call))
            if kind == "encrypted":
                keys._opened.clear()  # as another process
                times.setdefault("open the key, once a process", {}).setdefault(kind, []).append(timed(keys.current))
                path = stores.files_of_kind(home / "people", sealed=True)[0]
                extra = path.stat().st_size - len(private.read(path))
            else:
                os.environ[keys.VARIABLE] = PASSPHRASE
                keys.create(PASSPHRASE)
                times.setdefault("encrypt the home", {}).setdefault(kind, []).append(timed(conversion.encrypt))
                times.setdefault("decrypt the home", {}).setdefault(kind, []).append(timed(conversion.decrypt))
            shutil.rmtree(home)
    told = {step: {kind: round(statistics.median(ms), 1) for kind, ms in rows.items()} for step, rows in times.items()}
    return {"people": args.people, "clips": args.clips, "rounds": args.rounds, "bytes_longer": extra, "ms": told}


def steps(people: int, clips: int) -> dict[str, Callable[[], Any]]:
    """What is done with a home, in order."""
    rng = np.random.default_rng(0)
    everyone = [person(f"Person {i}", rng) for i in range(people)]
    analyses = [analysis(f"{i:064x}", rng) for i in range(clips)]
    cache = ClipCache()
    return {
        f"enroll {people} people": lambda: [PeopleStore().add(one) for one in everyone],
        "a first look at everybody's names": lambda: PeopleStore().names(),
        f"read {people} people": lambda: PeopleStore().all(),
        f"keep {clips} analyses": lambda: [cache.save(one, "1") for one in analyses],
        f"read {clips} analyses": lambda: [cache.load(one.key, "1") for one in analyses],
    }


def person(name: str, rng: np.random.Generator) -> Person:
    """Somebody with the arrays of an instant enrollment."""
    arrays = {
        "prototypes": rng.standard_normal((8, 128)).astype(np.float32),
        "body": rng.random((4, 1280)).astype(np.float16),
        "frame": rng.random(1280).astype(np.float16),
        "tokens": rng.standard_normal((16, 256)).astype(np.float16),
    }
    return Person(name, arrays=arrays)


def analysis(key: str, rng: np.random.Generator) -> ClipAnalysis:
    """A clip in which nobody is seen, as large as one."""
    features = rng.standard_normal((FRAMES, CELLS, WIDTH)).astype(np.float16)
    shots = np.float32([[0, 10]])
    return ClipAnalysis(key, 10.0, 1280, 720, np.linspace(0, 10, FRAMES, dtype=np.float32), features, [], SceneFacts(),
                        shots)  # fmt: skip


def timed(call: Callable[[], Any]) -> float:
    """Processor milliseconds: what encryption adds is computing; it waits for the disk as often as before."""
    started = time.process_time()
    call()
    return 1e3 * (time.process_time() - started)


if __name__ == "__main__":
    main()
