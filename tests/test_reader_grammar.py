"""The trained reader's examples: every line of its grammar can be read, and what it makes is well labelled."""

from __future__ import annotations

from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest

from pvchat.chat.query import Query
from pvchat.chat.reader.decode import query_of
from pvchat.chat.reader.network import HEADS, TYPES, WORD_PARTS
from pvchat.chat.reader.slots import slots_of
from pvchat.chat.reader.words import Word
from recipes.reader.choices import asked_of, at_some_time, others_left_out, settled
from recipes.reader.haste import Haste
from recipes.reader.sampler import Sampler, Sources, examples, held_out, lexicon
from recipes.reader.templates import Filler, Grammar, Piece, form_of, is_tag, read_grammar, read_line, split_words
from recipes.reader.wordings import heads_of, read_plain, rule_of, tagged, wordings

RECIPES = Path(__file__).parents[1] / "recipes/reader"
LEXICON = lexicon()
SMALL = read_grammar(
    "@one\n  {~name}\n@ing\n  wearing {~worn.a}\nis @S-one not @P-ing! (today|now) => select=exists form=polar\n",
    {"name": {"alex": ["alex"]}, "worn": {"hat": ["hat"]}},
)


class Given:
    """Chances that a test decides: always the first of all, and one number for every draw."""

    def __init__(self, number: float) -> None:
        self.number = number

    def random(self) -> float:
        return self.number

    def choice(self, parts):
        return parts[0]

    def choices(self, parts, weights=None):
        return [parts[0]]

    def randrange(self, start, stop=None):
        return start if stop is not None else 0


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """Examples, made once: that takes a while."""
    return list(examples(5000, 5))


def test_words_are_split_as_they_are_read():
    assert split_words("Alex’s T-shirt isn't red, what's that?") == [
        "alex", "'s", "t-shirt", "isn't", "red", ",", "what", "'s", "that", "?"
    ]  # fmt: skip


def test_a_frame_is_filled_with_its_fragments_and_tags():
    pieces, heads = Filler(SMALL, Given(0.0)).fill(SMALL.frames[0])
    assert [(p.word, p.tag) for p in pieces] == [
        ("is", "O"), ("alex", "S-name"), ("not", "O"), ("wearing", "O"), ("a", "O"), ("hat", "P-worn!"), ("today", "O"),
    ]  # fmt: skip
    assert heads == {"select": "exists", "form": "polar"}


def test_what_a_fragment_says_of_the_sentence_holds_for_its_subject_alone():
    grammar = read_grammar("@many\n  {~name} and {~name} => quantifier=both\n", SMALL.lexicon)
    filler = Filler(grammar, Given(0.0))
    assert filler.fill(read_line("are @S-many there"))[1] == {"quantifier": "both"}
    assert filler.fill(read_line("is she with @O-many"))[1] == {}


def test_an_unknown_head_tag_or_bracket_is_refused():
    with pytest.raises(ValueError, match="no head"):
        read_line("who is there => select=whom")
    for text in ("is {Q-name} there", "is {S-nme} there", "is {S-name there", "is {name} there"):
        with pytest.raises(ValueError):
            Filler(SMALL, Given(0.0)).fill(read_line(text))


@pytest.mark.parametrize(
    ("kind", "words", "form"),
    [
        ("deed", "raising a hand", "ing"), ("deed", "sings", "s"), ("deed", "sing", "plain"), ("deed", "wrote", "past"),
        ("posture", "seated", "ing"), ("worn", "dress", "sg"), ("worn", "glasses", "pl"), ("gender", "ladies", "pl"),
        ("worn", "pair of glasses", "sg"), ("hair", "bald", "adj"), ("hair", "long hair", "pl"),
        ("holding", "cup of tea", "sg"), ("deed", "made food", "past"),
    ],
)  # fmt: skip
def test_which_form_a_word_has(kind, words, form):
    assert form_of(kind, words) == form


def test_the_lexicon_has_a_way_to_say_each_value_and_only_known_types():
    assert set(LEXICON) <= set(TYPES)
    for kind, values in LEXICON.items():
        for value, ways in values.items():
            assert ways, (kind, value)
            assert all(" ".join(split_words(way)) == way for way in ways), (kind, value)
            assert len(set(ways)) == len(ways), (kind, value)


def test_a_wording_means_one_value():
    """Else a word that was read could not be put for its value."""
    for kind, values in LEXICON.items():
        ways = [way for said in values.values() for way in said]
        assert len(set(ways)) == len(ways), (kind, sorted(way for way in ways if ways.count(way) > 1))


def test_every_line_of_the_grammar_can_be_filled():
    sources = Sources("all")
    sampler = Sampler(0, "all")
    assert len(sources.grammar.frames) >= 700
    assert len(sources.followups) >= 200
    assert len({line.text for line in sources.grammar.frames}) == len(sources.grammar.frames)
    assert sum(map(len, sources.natural.values())) >= 1500
    for line in (*sources.grammar.frames, *sources.followups, *sources.refusals, *chain(*sources.natural.values())):
        for _ in range(3):
            assert sampler.filler.fill(line)[0], line.text
    for name, lines in sources.grammar.fragments.items():
        for line in lines:
            alone = Grammar([], {**sources.grammar.fragments, name: [line]}, LEXICON)
            assert Filler(alone, sampler.rng).fill(read_line(f"@S-{name}"))[0] or "|)" in line.text, name


def test_every_frame_says_what_it_asks_for():
    sources = Sources("all")
    frames, natural = sources.grammar.frames, sources.natural
    said_alone = (*frames, *sources.refusals, *natural["frames"], *natural["refusals"])
    assert [line.text for line in said_alone if "select" not in line.heads] == []
    assert [
        line.text for line in (*sources.followups, *natural["followups"]) if not {"select", "follow"} & set(line.heads)
    ] == []
    asked = (line.heads for line in (*frames, *natural["frames"]))
    assert all(heads.get("attribute") for heads in asked if heads["select"] == "attribute")


def test_every_value_of_every_head_is_asked_for(rows):
    seen = {(name, value) for row in rows for name, value in row["heads"].items()}
    missing = [(name, value) for name, values in HEADS.items() for value in values[1:] if (name, value) not in seen]
    assert not missing


def test_examples_are_well_labelled(rows):
    for row in rows:
        assert len(row["words"]) == len(row["tags"]) > 0
        assert all(is_tag(tag) for tag in row["tags"]), row
        assert all(value in HEADS[name] for name, value in row["heads"].items()), row
        assert all(word == word.lower() and word.strip() == word and " " not in word for word in row["words"]), row
        assert -1 <= row["second"] < len(row["words"])
        assert {"select", "follow"} & set(row["heads"]), row
        for before, tag in zip(["O", *row["tags"]], row["tags"], strict=False):
            assert not tag.startswith("+") or before.removeprefix("+") == tag[1:], row


def test_the_same_seed_makes_the_same_examples():
    assert list(examples(200, 7)) == list(examples(200, 7)) != list(examples(200, 8))


def test_frames_of_val_are_never_trained_on():
    train, val = Sources("train"), Sources("val")
    for kind in ("followups", "refusals"):
        one, two = ({line.text for line in getattr(part, kind)} for part in (train, val))
        assert two
        assert not one & two
    frames = {line.text for line in val.grammar.frames}
    assert 0.05 < len(frames) / len(Sources("all").grammar.frames) < 0.15
    assert not frames & {line.text for line in train.grammar.frames}
    assert all(held_out(text) for text, _, _ in val.worded)
    with pytest.raises(ValueError, match="test"):
        next(examples(1, 0, "test"))


def test_plain_questions_tag_their_wordings():
    plain = read_plain((RECIPES / "plain.txt").read_text(encoding="utf-8"))
    assert set(plain) == set(wordings())
    line = plain["Is {0} next to {1}?"]
    rule = rule_of(line, LEXICON)
    pieces = tagged("does {0} stand alongside {1}?", rule, LEXICON, Given(0.9))
    assert [(p.word, p.tag) for p in pieces if p.tag != "O"] == [
        ("alex", "S-name"),
        ("alongside", "P-beside"),
        ("alex", "O-name"),
    ]
    assert (
        tagged("{0} and {1}, are they a pair?", rule, LEXICON, Given(0.9)) is None
    )  # its words for "next to" aren't known
    denied = tagged("{0} isn't sat beside {1}, is she?", rule, LEXICON, Given(0.9))
    assert "P-beside!" in {p.tag for p in denied}


def test_one_of_two_choices_alone_is_asked_whether():
    line = read_plain((RECIPES / "plain.txt").read_text(encoding="utf-8"))["Is this indoors or outdoors?"]
    rule = rule_of(line, LEXICON)
    both, one = (tagged(text, rule, LEXICON, Given(0.9)) for text in ("inside or outside?", "is it outdoors"))
    assert heads_of(line, both)["form"] == "choice"
    assert heads_of(line, one) == {"select": "exists", "form": "polar"}


def test_few_wordings_of_plain_questions_are_left_out():
    plain = read_plain((RECIPES / "plain.txt").read_text(encoding="utf-8"))
    asked = wordings()
    kept = [
        tagged(text, rule, LEXICON, Given(0.9)) is not None
        for question, line in plain.items()
        for rule in [rule_of(line, LEXICON)]
        for text in asked[question]
    ]
    assert sum(kept) / len(kept) > 0.9


def test_haste_keeps_tags_with_their_words():
    pieces = [Piece("what"), Piece("is"), Piece("alex", "S-name", 1), Piece("not"), Piece("wearing"), Piece("?")]
    typed = Haste(Given(0.99)).typed(pieces)
    assert [(p.word, p.tag) for p in typed if p.tag != "O"] == [("alex", "S-name")]
    typed = Haste(Given(0.3)).typed([Piece("alex", "S-name", 1), Piece("is"), Piece("not"), Piece("there"), Piece("?")])
    assert [p.word for p in typed][:3] == ["alex", "isnt", "there"]


def test_or_is_a_choice_where_somebody_certain_is_meant():
    told = {"select": "exists", "form": "polar", "join": "or"}
    conditions = [Piece("sitting", "P-posture"), Piece("or"), Piece("standing", "P-posture")]
    one = [Piece("is"), Piece("alex", "S-name"), *conditions]
    assert settled(one, told) == {"select": "attribute", "attribute": "posture", "form": "choice", "join": "or"}
    assert settled([Piece("is"), Piece("anyone"), *conditions], told) == told
    assert settled([Piece("is"), Piece("alex", "S-name"), Piece("either"), *conditions], told) == told


def test_else_leaves_out_whoever_was_spoken_of():
    asked = [Piece("who"), Piece("else"), Piece("waves", "P-deed")]
    assert others_left_out(asked)[1].tag == "X-pronoun"
    assert others_left_out([*asked, Piece("besides"), Piece("alex", "X-name")])[1].tag == "O"


def test_no_part_of_a_tag_has_a_label_twice():
    """A role named as no tag at all was never learned."""
    assert all(len(set(labels)) == len(labels) for labels in WORD_PARTS.values())
    assert all(labels[0] == "" for name, labels in WORD_PARTS.items() if name != "type")


def test_an_ellipsis_asks_the_same(rows):
    followed = [row["heads"] for row in rows if row["heads"].get("follow") in ("ellipsis", "correction")]
    assert all("select" in heads for heads in followed)
    assert any(heads["select"] == "same" for heads in followed)


def test_ever_asks_whether_there_is_such_a_time():
    asked = {"select": "exists", "form": "polar"}
    pieces = [Piece("is"), Piece("alex", "S-name"), Piece("ever"), Piece("alone", "P-alone")]
    assert at_some_time(pieces, asked) == {**asked, "throughout": "ever"}
    assert at_some_time(pieces, {**asked, "throughout": "yes"})["throughout"] == "yes"
    assert at_some_time(pieces, {"select": "who"}) == {"select": "who"}


def test_what_is_said_of_the_man_last_is_asked_of_him():
    asked = {"select": "exists", "form": "polar"}
    man = [Piece("is"), Piece("the"), Piece("man", "S-gender"), Piece("in"), Piece("red", "S-colour")]
    assert [p.tag for p in asked_of([*man, Piece("?")], asked)][2:5] == ["S-gender", "O", "P-colour"]
    assert asked_of([*man, Piece("there")], asked) == [*man, Piece("there")]
    assert asked_of([*man, Piece("sitting", "P-posture")], asked)[4].tag == "S-colour"
    assert asked_of(man, {"select": "describe"}) == man


def test_any_tags_mean_something():
    heads = {name: values[0] for name, values in HEADS.items()}
    words = [Word(one, one) for one in ("next", "to", "them", "with", "whom")]
    for first, second in product((f"{role}-{kind}" for role in "SPO" for kind in TYPES), repeat=2):
        tags = [first, first, "O", second, second]
        assert isinstance(query_of(heads, slots_of(words, tags)), Query)
