"""The conversation in a browser, on made-up experts: fast however long, folded, removable, in view."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import ready, running
from make_browser import ask, browser, open_page, show

from pvchat import PVChat

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture
def url(chat: PVChat):
    with running(ready(chat)) as (_, address):
        yield address


@pytest.fixture
def page(chromium, url: str):
    opened = open_page(chromium, url)
    yield opened
    opened.close()


def test_a_late_turn_draws_itself_alone(page, party: Path) -> None:
    show(page, party)
    for number in range(4):
        ask(page, f"Is Ana there? {number}")
    page.evaluate(
        """() => { window.touched = 0; new MutationObserver((all) => { for (const one of all)
             for (const node of [...one.addedNodes, ...one.removedNodes])
               if (node.nodeType === 1 && node.dataset.turn) window.touched += node.matches(':last-child') ? 0 : 1; })
             .observe(document.querySelector('.pv-log'), {childList: true});
           document.querySelectorAll('.pv-turn').forEach((turn) => { turn.old = true; }); }"""
    )
    ask(page, "Where is Ana?")
    assert page.locator("#pv-chat .pv-turn").count() == 5
    kept = page.evaluate("[...document.querySelectorAll('.pv-turn')].map((turn) => Boolean(turn.old))")
    assert kept == [True, True, True, True, False]
