"""A wish typed as a question has one button under its answer: it plays the clip, or opens the tab that does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import ANA, BEN, Scenery, session_asking
from make_browser import ask, show, tab
from pvchat_app.backend import Backend
from pvchat_app.turncard import turn_card

CARL = 7
NO_BUTTON = ("Forget Zoe", "Forget everybody but Ana", "Jump to 59:00", "Jump to shot 9", "Jump to Zoe", "Is she in?")


def button_under(backend: Backend, clip: Path, question: str) -> str:
    """The tag of the button under the answer to a wish; "" for none."""
    session = session_asking(backend, clip)
    list(backend.ask(session, question))
    _, found, rest = turn_card(session.turns[-1]).partition('<p><button type="button" class="pv-button" ')
    return rest.split("</button>")[0] if found else ""


@pytest.mark.weights
@pytest.mark.parametrize(
    ("wish", "sent", "says"),
    [
        ("Forget Ana.", ('data-who="{ana}"', 'data-name=""'), "Forget Ana …"),
        ("rename Ana to Anna Maria, please", ('data-who="{ana}"', 'data-name="Anna Maria"'), "Rename Ana …"),
        ("Call Ana Annie", ('data-who="{ana}"', 'data-name=""'), "Rename Ana …"),
        ("Save this one as Bob.", ('data-name="Bob"',), "Enroll Bob …"),
        ("Remember him", ('data-name=""',), "Enroll from this clip …"),
        ("Save her as <b>.", ('data-name="&lt;b&gt;"',), "Enroll &lt;b&gt; …"),
        ("Take me to where Ana shows up", ('data-seek="0.00"',), "Play from 0:00"),
        ("Jump to 0:01.", ('data-seek="1.00"',), "Play from 0:01"),
    ],
)
def test_a_wish_has_a_button(backend: Backend, party: Path, wish: str, sent: tuple[str, ...], says: str) -> None:
    drawn = button_under(backend, party, wish)
    assert all(part.format(ana=backend.engine.people.get("Ana").id) in drawn for part in sent)
    assert drawn.endswith(f">{says}")


@pytest.mark.weights
@pytest.mark.parametrize("text", NO_BUTTON)
def test_what_no_button_can_do_has_none(backend: Backend, party: Path, text: str) -> None:
    assert button_under(backend, party, text) == ""


@pytest.mark.weights
def test_a_photo_is_not_played(backend: Backend, party: Path) -> None:
    session = session_asking(backend, party)
    object.__setattr__(session.clips[-1].probe, "kind", "photo")
    list(backend.ask(session, "Take me to where Ana shows up"))
    assert "data-seek" not in turn_card(session.turns[-1])


@pytest.mark.weights
@pytest.mark.browser
def test_the_button_leads_to_the_filled_in_tab_and_changes_nothing(page, served, one_server, studio: Scenery) -> None:
    people = one_server[0].people
    one_server[0].enroll(studio.clip("ben", BEN), "Ben")
    show(page, studio.clip("party", ANA, BEN, CARL))
    wishes = page.locator("#pv-chat .pv-turn [data-wish]")
    ask(page, "rename Ben to Benjamin")
    wishes.last.click()
    page.wait_for_selector("#pv-new-name", state="visible")
    page.wait_for_timeout(1000)  # what the tab asks for when it opens has come
    assert page.input_value("#pv-who input") == "Ben"
    assert page.get_by_label("New name").input_value() == "Benjamin"
    assert people.names() == ["Ana", "Ben"]
    page.click("#pv-rename")
    page.wait_for_selector("#pv-people [data-name=Benjamin]")
    tab(page, "Chat")
    ask(page, "forget Benjamin")
    pick_ana(page)
    tab(page, "Chat")
    wishes.last.click()
    page.wait_for_function("document.querySelector('#pv-who input')?.value === 'Benjamin'")
    page.wait_for_timeout(1000)
    assert page.input_value("#pv-who input") == "Benjamin"
    assert not page.locator("#pv-forget button").is_visible()
    assert people.names() == ["Ana", "Benjamin"]
    page.click("#pv-forget summary")
    page.wait_for_selector("#pv-forget p:has-text('Forget Benjamin?')")


def pick_ana(page) -> None:
    """Somebody else is picked on the people tab."""
    tab(page, "People")
    page.click("#pv-people [data-name=Ana]")
    page.wait_for_function("document.querySelector('#pv-who input')?.value === 'Ana'")


@pytest.mark.weights
@pytest.mark.browser
def test_enrolling_takes_the_clip_and_the_name_and_a_jump_plays_at_once(page, studio: Scenery) -> None:
    show(page, studio.clip("carl", CARL))
    ask_wish(page, "Jump to 0:01.")
    page.click("#pv-chat .pv-turn [data-seek='1.00']")
    page.wait_for_function("document.querySelector('#pv-chat-player video').currentTime >= 0.95")
    ask_wish(page, "Save this one as Bob.")
    page.locator("#pv-chat .pv-turn [data-wish]").click()
    page.wait_for_selector("#pv-enroll-player figcaption:has-text('carl.mp4')")
    assert page.get_by_label("Name", exact=True).first.input_value() == "Bob"
    page.get_by_label("This person has agreed").check()
    page.click("#pv-enroll")
    page.wait_for_selector("#pv-enroll-result .pv-good:has-text('Bob is enrolled')")


def ask_wish(page, wish: str) -> None:
    """Ask, and wait for the button under the answer; nobody is named, so that no evidence comes."""
    before = page.locator("#pv-chat .pv-turn .bot .pv-button").count()
    page.fill("#pv-question textarea", wish)
    page.press("#pv-question textarea", "Enter")
    page.wait_for_function(f"document.querySelectorAll('#pv-chat .pv-turn .bot .pv-button').length > {before}")
