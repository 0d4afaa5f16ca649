"""Manifests: our layout, the paper's, and bad rows."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from pvchat.augment import dataset
from pvchat.augment.lines import write_lines
from pvchat.augment.schemas import QuestionRow, Sample
from pvchat.errors import SettingsError
from pvchat.eval.layouts import read
from pvchat.eval.manifest import limited, write

ROW = {
    "id": "a", "set": "nhs", "video": "x.mp4", "people": ["Ana"], "kind": "single", "type": "existence",
    "question": "Is Ana there?", "answer": "yes", "present": {"Ana": True},
}  # fmt: skip


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def lay_out(folder, rows, people=({"name": "Ana", "set": "nhs", "enroll": "ana.mp4"},)):
    touch(folder, "x.mp4", "ana.mp4")
    (folder / "people.json").write_text(json.dumps(list(people)))
    (folder / "questions.jsonl").write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return folder


def test_bad_rows_are_named_and_the_good_ones_kept(tmp_path):
    rows = [
        ROW, "{not json", {**ROW, "id": "b", "type": "smell"}, {**ROW, "id": "c", "present": {"Ben": True}},
        {k: v for k, v in ROW.items() if k != "question"}, ROW, {**ROW, "id": "d", "present": {"Ana": "yes"}},
        {**ROW, "id": "e", "kind": "smell"}, {**ROW, "id": "f", "view": "far", "more": "is passed over"},
        {**ROW, "id": "g", "video": "gone.mp4"},
    ]  # fmt: skip
    found = read(lay_out(tmp_path, rows))
    assert [i.id for i in found.items] == ["a", "f"]
    assert found.items[1].view == "far"
    where = [p.where for p in found.problems]
    assert where == [*(f"questions.jsonl:{n}" for n in (2, 3, 4, 5, 7, 8)), "questions.jsonl", "gone.mp4"]
    assert "question" in found.problems[3].what
    assert "1 questions" in found.problems[-1].what


def test_a_question_that_is_too_long_to_be_read_is_named(tmp_path):
    rows = [{**ROW, "question": ROW["question"].ljust(2_000)}, {**ROW, "id": "b", "question": "Is Ana there? " * 3000}]
    found = read(lay_out(tmp_path, rows))
    assert [i.id for i in found.items] == ["a"]
    assert [(p.where, p.what) for p in found.problems] == [
        ("question b", "it has 42,000 characters; at most 2,000 are read")
    ]


def test_a_person_twice_and_a_person_without_a_clip(tmp_path):
    people = [
        {"name": "Ana", "set": "s", "enroll": "ana.mp4"}, {"name": "Ana", "set": "t", "enroll": "x.mp4"},
        {"name": "Ben", "enroll": "ben.mp4"}, {"enroll": "x.mp4"},
    ]  # fmt: skip
    found = read(lay_out(tmp_path, [ROW], people))
    assert [(p.name, p.set) for p in found.people] == [("Ana", "s")]
    assert len(found.problems) == 3


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"people": "Ana"}, "people can't be 'Ana'"),
        ({"question": "  "}, "empty"),
        ({"people": ["ana"], "present": {"ana": True}}, "'ana' isn't among the people to enroll (1 questions)"),
        ({"people": ["Zoe"], "present": {"Zoe": True}}, "'Zoe' isn't among the people to enroll (1 questions)"),
    ],
)
def test_a_row_that_could_only_count_as_wrong_is_left_out_and_named(tmp_path, change, why):
    found = read(lay_out(tmp_path, [ROW, {**ROW, "id": "b", **change}]))
    assert [i.id for i in found.items] == ["a"]
    assert len(found.problems) == 1
    assert why in found.problems[0].what


def test_one_name_in_two_spellings_is_one_person(tmp_path):
    people = [{"name": "Ana", "enroll": "ana.mp4"}, {"name": "ANA", "enroll": "x.mp4"}]
    found = read(lay_out(tmp_path, [ROW], people))
    assert [(p.name, p.clip) for p in found.people] == [("Ana", "ana.mp4")]
    assert "'ANA' stands there more than once" in found.problems[0].what


@pytest.mark.parametrize("track", ["one", 1.5, True])
def test_a_track_is_a_number(tmp_path, track):
    people = [{"name": "Ana", "enroll": "ana.mp4"}, {"name": "Ben", "enroll": "x.mp4", "track": track}]
    found = read(lay_out(tmp_path, [ROW], people))
    assert [p.where for p in found.problems] == ["people.json:2"]


def test_files_of_other_editors(tmp_path):
    lay_out(tmp_path, [{**ROW, "answer": "yes\u2028she is"}, {**ROW, "id": "b"}])
    rows = (tmp_path / "questions.jsonl").read_text(encoding="utf-8").replace("\\u2028", "\u2028")
    (tmp_path / "questions.jsonl").write_bytes(rows.replace("\n", "\r\n").encode("utf-8-sig"))
    (tmp_path / "people.json").write_bytes((tmp_path / "people.json").read_text().encode("utf-8-sig"))
    found = read(tmp_path)
    assert [(i.id, i.answer) for i in found.items] == [("a", "yes\u2028she is"), ("b", "yes")]
    assert found.problems == ()


@pytest.mark.parametrize("make", [lambda f: None, lambda f: touch(f, "a.txt"), lambda f: lay_out(f, ["{"])])
def test_what_cannot_be_asked_is_refused(tmp_path, make):
    make(tmp_path)
    with pytest.raises(SettingsError):
        read(tmp_path)
    with pytest.raises(SettingsError, match="no such manifest"):
        read(tmp_path / "nothing")


def test_limit_is_spread_evenly(tmp_path):
    found = read(lay_out(tmp_path, [{**ROW, "id": f"{n}"} for n in range(10)]))
    assert [i.id for i in limited(found, 4).items] == ["0", "2", "5", "7"]
    assert limited(found, 99) is found


def test_the_official_json(tmp_path):
    def video(name, positive, *pairs):
        rows = [{"question": q, "answer": a, "is_special": s} for q, a, s in pairs]
        return {"video_name": name, "video_path": f"/autodl/{name}", "sks_present": "<Mia>", "is_positive": positive,
                "gender": "", "age": "", "qa_pairs": rows}  # fmt: skip

    touch(tmp_path, "videos/p0.mp4", "videos/p1.mp4", "videos/n0.mp4")
    train = [
        video("n0.mp4", False),
        video("p0.mp4", True, ("Is <sks> visible anywhere?", "I've detected <sks>.", True)),
    ]
    test = [
        video("p1.mp4", True, ("Is <Mia> visible anywhere?", "<Mia> appears.", True),
              ("What is <Mia> wearing in this video?", "<Mia> wears a red coat.", False)),
        video("n0.mp4", False, ("Is <Mia> visible anywhere?", "I see no sign of <Mia>.", True),
              ("What is <Mia> wearing in this video?", "<Mia> isn't here.", False)),
        {"video_name": "p1.mp4", "is_positive": True},
    ]  # fmt: skip
    (tmp_path / "mia_train.json").write_text(json.dumps({"data": train}))
    (tmp_path / "mia_test.json").write_text(json.dumps({"videos": test}))
    found = read(tmp_path / "mia_test.json")
    assert [(p.name, p.clip) for p in found.people] == [("Mia", "videos/p0.mp4")]
    assert [(i.video, i.kind, i.type, i.present["Mia"]) for i in found.items] == [
        ("videos/p1.mp4", "single", "existence", True), ("videos/p1.mp4", "single", "appearance", True),
        ("videos/n0.mp4", "single", "existence", False), ("videos/n0.mp4", "refusal", "appearance", False),
    ]  # fmt: skip
    assert found.items[0].question == "Is Mia visible anywhere?"
    assert [p.where for p in found.problems] == ["mia_test.json: video 3"]
    assert len(read(tmp_path).items) == 4


def test_an_official_file_alone_enrolls_from_its_own_first_positive(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    pair = [{"question": "Is <sks> there?", "answer": "Yes.", "is_special": True}]
    rows = [{"video_name": f"{n}.mp4", "sks_present": "", "is_positive": True, "qa_pairs": pair} for n in "ab"]
    (tmp_path / "Sh.json").write_text(json.dumps({"data": rows}))
    found = read(tmp_path / "Sh.json")
    assert found.people[0].name == "Sh"
    assert {i.video for i in found.items} == {"b.mp4"}  # what she is enrolled from isn't asked about


def test_an_official_file_about_several_people(tmp_path):
    """Each question is about those whom it names, and each is enrolled from a clip that shows nobody else of them."""
    touch(tmp_path, *(f"{n}.mp4" for n in "abcde"))

    def video(name, there, *questions, **more):
        pairs = [{"question": q, "answer": "…", "is_special": s} for q, s in questions]
        return {"video_name": f"{name}.mp4", "sks_present1": "Ana", "sks_present2": "Ben Li", "qa_pairs": pairs,
                **({"sample_type": there} if isinstance(there, str) else
                   {f"is_positive{n}": t for n, t in enumerate(there, 1)}), **more}  # fmt: skip

    rows = [
        video("a", "both"), video("b", "person2"), video("c", (True, False)),
        video("d", "person2", ("Is <sks2> here?", True), ("What is Ana wearing?", False),
              ("Are Ana and Ben Li here?", True)),
        video("e", (False, False), ("Is anybody seen?", True)), {**video("e", "person9"), "qa_pairs": []}, "no entry",
    ]  # fmt: skip
    (tmp_path / "two_test.json").write_text(json.dumps({"videos": rows}))
    found = read(tmp_path / "two_test.json")
    assert {(p.name, p.clip) for p in found.people} == {("Ana", "c.mp4"), ("Ben Li", "b.mp4")}
    assert [(i.people, i.kind, i.type, i.present) for i in found.items] == [
        (("Ben Li",), "single", "existence", {"Ben Li": True}),
        (("Ana",), "refusal", "appearance", {"Ana": False}),
        (("Ana", "Ben Li"), "pair", "existence", {"Ana": False, "Ben Li": True}),
        (("Ana",), "single", "existence", {"Ana": False}),
    ]
    assert found.items[0].question == "Is Ben Li here?"
    assert [p.where for p in found.problems] == ["two_test.json: video 6", "two_test.json: video 7"]


def test_of_an_augmentation_the_test_split_is_asked(tmp_path):
    made = ("positive", "subclip", "train"), ("positive", "reenact:nod", "test"), ("negative", "lookalike", "test")
    samples = [
        Sample(str(n), role, recipe, "video", f"media/{n}.mp4", "k", split, {"Ana": role == "positive"})
        for n, (role, recipe, split) in enumerate(made)
    ]
    rows = [
        QuestionRow(f"{s.id}-0", s.id, "existence", "single", ["Ana"], "Is Ana there?", "No.", s.people, 1, s.split)
        for s in samples
    ]
    touch(tmp_path, *(s.media for s in samples))
    dataset.write(tmp_path, samples, rows)
    write_lines(tmp_path / dataset.SAMPLES, map(asdict, samples))
    found = read(tmp_path)
    assert [(p.name, p.clip) for p in found.people] == [("Ana", "media/0.mp4")]
    assert [(i.video, i.set, i.present) for i in found.items] == [
        ("media/1.mp4", "reenact:nod", {"Ana": True}), ("media/2.mp4", "lookalike", {"Ana": False})
    ]  # fmt: skip
    dataset.write(tmp_path, samples, rows[:1])
    with pytest.raises(SettingsError, match="its test split has no questions"):
        read(tmp_path)


def test_the_papers_layout_becomes_ours(tmp_path):
    touch(tmp_path / "papers", "a.mp4", "b.mp4", "c.mp4")
    pair = [{"question": "Is <sks> there?", "answer": "Yes.", "is_special": True}]
    rows = [{"video_name": f"{n}.mp4", "sks_present": "Ana", "is_positive": n != "c", "qa_pairs": pair} for n in "abc"]
    (tmp_path / "papers" / "ana_test.json").write_text(json.dumps({"data": rows}))
    found = read(tmp_path / "papers")
    write(found, tmp_path / "ours")
    again = read(tmp_path / "ours")
    assert [i.present for i in again.items] == [i.present for i in found.items] == [{"Ana": True}, {"Ana": False}]
    assert all(again.path(i.video).is_file() for i in again.items)


def test_the_development_set_reads_without_a_problem(shared):
    found = read(shared / "devset")
    assert (len(found.people), len(found.items), found.problems) == (62, 2716, ())
