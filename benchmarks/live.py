"""A camera that breaks off again and again: are its events those of the offline scan, how late, does memory grow?

In: a film of labelled clips as `planted.py` makes it (its JSON beside it says who is planted), and the folder of
clips, from which these people are enrolled. The film is repeated to the length that is wanted. Out: how many of the
events that the spans of its offline scan make are told by the live road within a second, what it tells beside them,
delays, drops, memory; `.live.json` beside the film holds each. What happens in a gap can't be seen: it is wanted where
the pictures end, or begin again; nobody leaves in a gap who is there after it, and of whom a gap leaves less than a
sample's time nothing is wanted.

    python benchmarks/planted.py ../shared/devset runs/film.mp4 --minutes 4
    python benchmarks/live.py runs/film.mp4 ../shared/devset --minutes 30 --breaks 50            over RTSP, in real time
    python benchmarks/live.py runs/film.mp4 ../shared/devset --minutes 4 --breaks 8 --by-processor

Over RTSP the film is GStreamer's (`tests/make_rtsp.py`), and a break closes the connection, which is refused for
`BREAK_S` then; the gap lasts until there are pictures again. Every event is told to a webhook and to a mosquitto
(`tests/make_receivers.py`), each of which is killed for `DOWN_S` `KILLS` times: the ids that came are compared with
those in the log. `--by-processor` needs neither a server nor an idle machine: pictures are read from the file, those of
a break left out, none is dropped, and a delay is what passes on the film plus the processor time that the part took.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import av
import labelled
import numpy as np
from camera import TESTS, Camera, Proxy
from film import _held_mb
from planted import lengthened

from pvchat import PVChat
from pvchat.chat.spans import Span, common, merged
from pvchat.config import Settings
from pvchat.library.live.courier import Courier
from pvchat.library.live.live import FPS, Live
from pvchat.library.live.parts import Sampler
from pvchat.library.live.ring import Ring
from pvchat.library.live.window import GONE_S
from pvchat.library.recognise import follow
from pvchat.storage.library import connect
from pvchat.video import Picture, probe

sys.path.append(str(TESTS))
from make_receivers import Broker, Receiver  # noqa: E402

BREAK_S = 2.0
WITHIN_S = 1.0
KILLS, DOWN_S = 3, 20.0
ALL = 10**9
ZERO = datetime(2026, 1, 1).timestamp()


@dataclass(frozen=True)
class Told:
    """An event: what, who, when in the film (seconds); and how much later it was told."""

    kind: str
    name: str
    at: float
    delay: float = 0.0


@dataclass
class Run:
    """What a run has come to: events, gaps between pictures, memory now and again (MB), and the rest in words."""

    told: list[Told]
    gaps: list[Span]
    growth: list[float]
    words: str


def offline(chat: PVChat, film: Path, length_s: float, gaps: list[Span]) -> list[Told]:
    """The events that the spans of the film's offline scan make, as far as they can be seen between the gaps.

    Who is there at the end doesn't leave.
    """
    found, seen, lasts = list[Told](), _between(gaps, length_s), probe(film, chat.settings.video).duration_s
    for one in chat.presence(chat.analyse(film, stage="who")):
        again = [k * lasts for k in range(int(length_s / lasts) + 1)] if one.decision == "present" else []
        spans = common(merged([(at + start, at + end) for at in again for start, end in one.spans]), seen)
        spans = [(start, end) for start, end in spans if end - start >= 1 / FPS]  # no sample shows less than that
        for start, end in _joined_over(spans, gaps):
            found.append(Told("appears", one.name, start))
            found += [Told("leaves", one.name, end)] if end < length_s - GONE_S else []
    return found


def _between(gaps: list[Span], length_s: float) -> list[Span]:
    """When there are pictures."""
    return list(zip([0.0, *(end for _, end in gaps)], [*(start for start, _ in gaps), length_s], strict=True))


def _joined_over(spans: list[Span], gaps: list[Span]) -> list[Span]:
    """Spans, those joined between which nobody has left in all the time that there were pictures."""
    out: list[Span] = []
    for start, end in sorted(spans):
        blind = sum(b - a for a, b in gaps if out and out[-1][1] <= a + 1e-6 and b <= start + 1e-6)
        if out and start - out[-1][1] - blind <= GONE_S:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def by_processor(chat: PVChat, film: Path, gaps: list[Span]) -> Run:
    """Live events of a film that is read as fast as it can be looked at; see above."""
    told, rows, growth = list[Told](), list[dict](), list[float]()
    live = chat.library.live(str(film), on_event=rows.append)
    with closing(connect(chat.people.root)) as tables:
        follow(tables, chat)
        ring = Ring(tables, chat, live._source, live.how.fps)
        sampler, spent = Sampler(live.how.fps, chat.settings.video), 0.0
        for picture in _broken(film, gaps):
            if (part := sampler.add(picture)) is None:
                continue
            began = time.process_time()
            live.feed(tables, ring, part)
            took = time.process_time() - began
            spent += took
            told += [_told(row, ZERO, picture.time - ZERO + took) for row in rows]
            rows.clear()
            growth.append(_held_mb())
        ring.end()
    status = live.status()
    took = f"{spent / (picture.time - ZERO):.2f} s of processor a second of film"
    return Run(told, gaps, growth, f"{status.looked_at} samples looked at, {status.still} still; {took}")


def over_rtsp(chat: PVChat, film: Path, breaks: list[float], length_s: float, folder: Path) -> Run:
    """Live events of a film that GStreamer serves in real time, by way of a proxy that breaks."""
    camera, rows, began = Camera(film), list[tuple[dict, float]](), time.process_time()
    proxy = Proxy(camera.port)
    live: Live = chat.library.live(
        f"rtsp://127.0.0.1:{proxy.port}/camera", on_event=lambda row: rows.append((row, time.time()))
    )
    receivers = Receivers(chat, folder)
    live.start()
    acts = [(at, lambda: proxy.pause(BREAK_S)) for at in breaks] + receivers.kills(length_s) + [(length_s, live.stop)]
    gaps, growth, late = [(0.0, 0.0)], list[float](), list[float]()
    for at, act in sorted(acts, key=lambda one: one[0]):
        while (now := time.time() - camera.zero) < at:
            status = live.status()
            if not status.connected and gaps[-1][1]:
                gaps.append((now, 0.0))
            elif status.connected and not gaps[-1][1]:
                gaps[-1] = (gaps[-1][0], now)
            late.append(status.latency_s)
            growth += [_held_mb()] if now > len(growth) else []
            time.sleep(0.05)
        act()
    camera.stop()
    gaps[-1] = (gaps[-1][0], gaps[-1][1] or length_s)
    told = [_told(row, camera.zero, at - camera.zero) for row, at in rows]
    status, took = live.status(), (time.process_time() - began) / length_s
    words = [
        f"{status.looked_at} samples looked at, {status.still} still, {status.dropped} dropped, {status.breaks} breaks",
        f"no pictures for {sum(end - start for start, end in gaps):.0f} s; {took:.2f} s of processor a second",
        f"a part is looked at {np.median(late):.1f} s after it came, 95 % {np.percentile(late, 95):.1f} s",
        receivers.compared(),
    ]
    return Run([one for one in told if one.at <= length_s], gaps, growth, "\n".join(words))


class Receivers:
    """A webhook and a mosquitto that are told of every event, and are killed in between."""

    def __init__(self, chat: PVChat, folder: Path) -> None:
        self.chat, self.hook, self.broker = chat, Receiver(), Broker(folder)
        self.hook.start()
        self.broker.start()
        self._came = list[str]()  # ids, by MQTT
        self._client = self._subscribed()
        kinds = [f"{name} {does}" for name in chat.people.names() for does in ("is seen", "leaves")]
        for target in (self.hook.url, f"mqtt://127.0.0.1:{self.broker.port}"):
            for words in [*kinds, "somebody unknown is seen"]:
                chat.library.events.add(words, target, quiet_s=0)

    def kills(self, length_s: float) -> list[tuple[float, Callable[[], object]]]:
        """When which of them is gone, and comes back."""
        acts = list[tuple[float, Callable[[], object]]]()
        for k in range(KILLS):
            hook, broker = (k + 0.25) / KILLS * length_s, (k + 0.75) / KILLS * length_s
            acts += [(hook, self.hook.stop), (hook + DOWN_S, self.hook.start)]
            acts += [(broker, self.broker.kill), (broker + DOWN_S, self.broker.start)]
        return acts

    def compared(self, wait_s: float = 120.0) -> str:
        """Which ids came, once nothing waits any more; another courier tells the rest, as after a restart."""
        log, end = self.chat.library.events, time.time() + wait_s
        courier = Courier(self.chat.people.root, self.chat.people.ids)
        while any(row["state"] == "waiting" for row in log.deliveries(ALL)) and time.time() < end:
            courier.step()
            time.sleep(0.5)
        time.sleep(2.0)
        self._client.loop_stop()
        self.hook.stop()
        self.broker.kill()
        events, targets = len(log.since(0, ALL)), {rule["id"]: rule["target"] for rule in log.rules()}
        hooked = [headers["X-PVChat-Delivery"] for headers, _ in self.hook.got]
        out = []
        for kind, came in (("http", hooked), ("mqtt", self._came)):
            rows = [row for row in log.deliveries(ALL) if targets[row["rule"]].startswith(kind)]
            out.append(f"{kind}: {events} events, {len(rows)} in the log, {sum(row['tries'] for row in rows)} tries; "
                       f"{_told_ids({row['id'] for row in rows}, came)}")  # fmt: skip
        return "\n".join(out)

    def _subscribed(self):  # noqa: ANN202
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        client, ready = Client(CallbackAPIVersion.VERSION2, "benchmark", clean_session=False), threading.Event()
        client.on_connect = lambda client, *_: client.subscribe("pvchat/#", qos=1)
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda client, data, message: self._came.append(json.loads(message.payload)["id"])
        client.reconnect_delay_set(1, 2)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        assert ready.wait(10)
        return client


def _told_ids(wanted: Collection[str], came: list[str]) -> str:
    """How many of the ids came, are lost, came twice."""
    lost, twice = len(set(wanted) - set(came)), len(came) - len(set(came))
    return f"{len(came)} came, {lost} lost, {twice} twice, {len(set(came) - set(wanted))} unknown"


def compared(wanted: list[Told], told: list[Told], gaps: list[Span]) -> str:
    """The numbers."""
    left, off, undisturbed, of = list(told), list[float](), 0, 0
    for one in wanted:
        near = [t for t in left if (t.kind, t.name) == (one.kind, one.name) and abs(t.at - one.at) <= WITHIN_S]
        calm = not any(start - WITHIN_S - GONE_S <= one.at <= end + WITHIN_S for start, end in gaps)
        of += calm
        if near:
            nearest = min(near, key=lambda t: abs(t.at - one.at))
            left.remove(nearest)
            off.append(nearest.at - one.at)
            undisturbed += calm
    beside = [one for one in left if one.kind != "unknown"]
    out = [
        f"offline {len(wanted)} events; told within {WITHIN_S:.0f} s: {len(off)} (by {np.median(off or [0]):+.2f} s); "
        f"of the {of} apart from gaps {undisturbed}; beside them: {len(beside)}; unknown: {len(left) - len(beside)}"
    ]
    for kind in ("appears", "leaves", "unknown"):
        those = [one for one in told if one.kind == kind]
        delays = [one.delay for one in those]
        seen = [one.delay - _blind_s(gaps, one.at, one.at + one.delay) for one in those]
        if those:
            out.append(f"{kind}: delay median {np.median(delays):.1f} s, 95 % {np.percentile(delays, 95):.1f} s; "
                       f"without the time that had no pictures {np.median(seen):.1f}, {np.percentile(seen, 95):.1f}"
                       )  # fmt: skip
    out += [f"  missing: {one}" for one in wanted if not any(
        (t.kind, t.name) == (one.kind, one.name) and abs(t.at - one.at) <= WITHIN_S for t in told)]  # fmt: skip
    return "\n".join([*out, *(f"  beside: {one}" for one in beside)])


def _blind_s(gaps: list[Span], start: float, end: float) -> float:
    """For how many seconds between two times there were no pictures."""
    return sum(max(0.0, min(end, b) - max(start, a)) for a, b in gaps)


def _told(row: dict, zero: float, now: float) -> Told:
    at = datetime.fromisoformat(row["at"]).timestamp() - zero
    return Told(row["kind"], row["name"], at, now - at)


def _broken(film: Path, gaps: list[Span]) -> Iterator[Picture]:
    """The film's pictures but for those in a gap."""
    fresh = True
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            at = float(frame.time or 0.0)
            if any(start <= at < end for start, end in gaps):
                fresh = True
                continue
            yield Picture(ZERO + at, frame, time.monotonic(), fresh)
            fresh = False


def _enroll(chat: PVChat, folder: Path, film: Path) -> None:
    """Whoever is planted in the film."""
    planted = {row["name"] for row in json.loads(film.with_suffix(".json").read_text(encoding="utf-8"))}
    for row in labelled.people(folder):
        if row["name"] in planted:
            chat.enroll(folder / row["enroll"], row["name"], track=1)


def main() -> None:
    """Prints the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("folder", type=Path, help="labelled clips")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--breaks", type=int, default=50)
    parser.add_argument("--by-processor", action="store_true", help="see above")
    asked = parser.parse_args()
    length_s = asked.minutes * 60
    breaks = [round(length_s * (k + 0.5) / asked.breaks, 1) for k in range(asked.breaks)]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        film = lengthened(asked.film.absolute(), folder / "film.mp4", asked.minutes)
        chat = PVChat(Settings(answers="facts")).with_people(folder / "people")
        _enroll(chat, asked.folder, asked.film)
        chat.analyse(asked.film, stage="who")  # before, not beside
        sys.stdout.write(f"{len(chat.people.names())} people enrolled, {len(breaks)} breaks of {BREAK_S:.0f} s\n")
        if asked.by_processor:
            run = by_processor(chat, film, [(at, at + BREAK_S) for at in breaks])
        else:
            run = over_rtsp(chat, film, breaks, length_s, folder)
        sys.stdout.write(f"{run.words}\n")
        wanted = offline(chat, asked.film, length_s, run.gaps)
        kept = {"wanted": [asdict(one) for one in wanted], "told": [asdict(one) for one in run.told], "gaps": run.gaps}
        asked.film.with_suffix(".live.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    quarter = len(run.growth) // 4
    memory = f"memory {np.mean(run.growth[quarter : 2 * quarter]):.0f} MB in the second quarter, "
    memory += f"{np.mean(run.growth[-quarter:]):.0f} MB in the last"
    sys.stdout.write(f"{compared(wanted, run.told, run.gaps)}\n{memory}\n")


if __name__ == "__main__":
    main()
