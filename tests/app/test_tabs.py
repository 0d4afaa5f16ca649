"""The other tabs in a browser, on made-up experts: known people, consent, hints, merges, where manifests lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_analysis import make_analysis, make_track
from make_app import ANA, BEN, Scenery, real_clip
from make_browser import enroll, pick, see, tab

from pvchat import video

pytestmark = pytest.mark.browser

CARL = 7


def found(page, clip: Path) -> None:
    tab(page, "Enroll")
    see(page, "enroll", clip)
    page.wait_for_selector(f"#pv-enroll-player figcaption:has-text('{clip.name}')")
    page.wait_for_selector("#pv-subjects .pv-subject")


def test_who_is_enrolled_already_is_noticed_and_gets_the_clip(page, studio: Scenery) -> None:
    found(page, studio.clip("ana at home", ANA))
    page.wait_for_selector("#pv-whose:has-text('This looks like Ana, who is enrolled')")
    page.get_by_label("Name", exact=True).first.fill("Zoe")
    page.get_by_label("This person has agreed").check()
    page.click("#pv-enroll")
    page.wait_for_selector("#pv-enroll-result .pv-error:has-text('looks like Ana')")
    page.get_by_label("Add this clip to Ana").check()
    page.wait_for_selector("#pv-enroll:has-text('Add to Ana')")
    assert not page.get_by_label("Name", exact=True).first.is_visible()
    page.click("#pv-enroll")
    page.wait_for_selector("#pv-enroll-result .pv-good:has-text('Added to Ana')")
    tab(page, "People")
    page.wait_for_selector("#pv-people .pv-person:has-text('2 clips')")
    assert page.locator("#pv-people .pv-person b").all_inner_texts() == ["Ana"]


def test_consent_is_asked_for_each_person_anew(page, studio: Scenery) -> None:
    consent = page.get_by_label("This person has agreed")
    found(page, studio.clip("two", CARL, BEN))
    assert page.locator("#pv-subjects img").count() == 2
    consent.check()
    page.locator("#pv-subjects input").nth(1).check()
    page.wait_for_function("!document.querySelector('#pv-consent input').checked")
    consent.check()
    found(page, studio.clip("three", BEN))
    page.wait_for_function("!document.querySelector('#pv-consent input').checked")
    page.get_by_label("Name", exact=True).first.fill("Ben")
    page.click("#pv-enroll")
    page.wait_for_selector("#pv-enroll-result .pv-error:has-text('consent tick is missing')")
    consent.check()
    page.click("#pv-enroll")
    page.wait_for_selector("#pv-enroll-result .pv-good:has-text('Ben is enrolled')")
    page.wait_for_function("!document.querySelector('#pv-consent input').checked")
    name = page.get_by_label("Name", exact=True).first.element_handle()
    page.wait_for_function("(name) => name.value === ''", arg=name)


def test_a_poor_clip_says_what_would_help(page, studio: Scenery) -> None:
    clip = real_clip(studio.folder, "far away")
    track = make_track(CARL, box=(0.5, 0.5, 0.53, 0.56), quality=0.2)
    studio.known[video.content_key(clip)] = make_analysis(track, key=video.content_key(clip))
    found(page, clip)
    page.wait_for_selector("#pv-enroll-hints:has-text('Come closer')")
    found(page, studio.clip("carl", CARL))
    page.wait_for_function("!document.querySelector('#pv-enroll-hints').innerText.includes('closer')")


def test_a_merge_asks_shows_both_and_is_undone(page, studio: Scenery) -> None:
    enroll(page, studio.clip("carl one", CARL), "Carl")
    enroll(page, studio.clip("carl two", CARL), "Karl")
    tab(page, "People")
    pick(page, "who", "Carl")
    pick(page, "other", "Karl")
    page.click("#pv-merge summary")
    page.wait_for_selector("#pv-merge .pv-pair")
    pick(page, "other", "Ana")
    page.wait_for_selector("#pv-merge button", state="hidden")  # another is picked: what was asked is taken back
    pick(page, "other", "Karl")
    refused = list[str]()
    page.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
    page.click("#pv-merge summary")
    page.wait_for_selector("#pv-merge p:has-text('look like one person')")
    assert page.locator("#pv-merge img").count() == 2
    assert "Karl" in page.locator("#pv-people").inner_text()  # nothing happened yet
    page.click("#pv-merge button")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('are one person now')")
    page.click("#pv-merge-undo")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('are two people again')")
    page.wait_for_function("document.querySelectorAll('#pv-people .pv-person').length >= 3")
    page.wait_for_timeout(500)
    assert not refused


def test_who_is_renamed_stays_picked(page, studio: Scenery) -> None:
    enroll(page, studio.clip("dora", 9), "Dora")
    tab(page, "People")
    pick(page, "who", "Dora")
    page.get_by_label("New name").fill("Theodora")
    page.click("#pv-rename")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('is called Theodora now')")
    page.wait_for_function("document.querySelector('#pv-who input').value === 'Theodora'")  # follows the notice
    page.wait_for_selector("#pv-people .pv-person:has-text('Theodora')")  # the lists are drawn anew
    assert page.locator("#pv-who input").input_value() == "Theodora"


def test_a_question_about_one_person_goes_when_another_is_picked(page, studio: Scenery) -> None:
    enroll(page, studio.clip("eva", 11), "Eva")
    tab(page, "People")
    for name in ("Eva", "Ana", "Eva"):
        pick(page, "who", name)
        page.wait_for_selector("#pv-forget button", state="hidden")
        page.click("#pv-forget summary")
        page.wait_for_selector("#pv-forget button")
        assert f"Forget {name}?" in page.inner_text("#pv-forget p")
    page.click("#pv-forget button")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('Eva is forgotten')")
    page.wait_for_function("!document.querySelector('#pv-people').innerText.includes('Eva')")


def test_evaluate_says_where_manifests_lie_and_offers_the_demo_set(page) -> None:
    tab(page, "Evaluate")
    assert "manifests" in page.locator("#pv-manifests-where code").inner_text()
    assert page.locator("#pv-demo-set").is_visible()
    assert page.locator("#pv-evaluate").is_disabled()
