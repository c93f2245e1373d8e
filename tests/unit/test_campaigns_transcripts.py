"""What is done with turns: stored forms, search, speakers, exports."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from campaigns.transcripts import (
    COLOURS,
    Hit,
    Part,
    Turn,
    colours,
    digest,
    edit,
    export_markdown,
    export_text,
    file_name,
    folded,
    marked,
    read_stored,
    render_json,
    render_text,
    rewrite,
    search,
    snippet,
    speakers,
    words_said,
)

SAID = (
    Turn(4, "GM", "The lamp is dark."),
    Turn(9.5, "Odile", "Ninety-nine waves…"),
    Turn(None, "GM", "Straße und Café, CAFÉ."),
)


def test_times_come_from_a_document_with_the_same_text() -> None:
    text, document = render_text(SAID), render_json(SAID)
    assert read_stored(text, document).turns == SAID
    assert read_stored(None, document).turns == SAID
    untimed = tuple(Turn(None, one.speaker, one.text) for one in SAID)
    assert read_stored(text, None).turns == untimed
    # The text is newer than the document, or was not made from it.
    assert [one.text for one in read_stored("[GM] Other.", document).turns] == ["Other."]


@pytest.mark.parametrize("document", [None, "[1]", '{"turns": 5}', '{"words": []}', "{}"])
def test_any_stored_form_can_be_shown(document: str | None) -> None:
    assert read_stored(None, document).turns == ()
    text = "[99:99] x\n\n  \n[a] b\nc\t"
    shown = read_stored(text, document).turns
    assert shown == (
        Turn(None, None, "[99:99] x"),
        Turn(None, "a", "b"),
        Turn(None, None, "c"),
    )


def test_an_edit_changes_one_line_and_one_entry() -> None:
    """Blank lines, unknown fields and numbers stay as they are written."""
    text = "[GM] a\n[Odile] b"
    document = (
        '{"by": 12345678901234567890.10, "turns": [{"t": 1.50, "text": "a", "speaker": "GM"},'
        ' {"t": 2, "text": "b", "speaker": "Odile", "confidence": 0.910}]}'
    )
    stored = read_stored(text, document)
    after = rewrite(stored, edit(stored.turns, 1, Turn(2, None, "c: d")))
    assert after.text == "[GM] a\n[] c: d"
    assert json.loads(after.document or "", parse_float=Decimal) == {
        "by": Decimal("12345678901234567890.10"),
        "turns": [
            {"t": Decimal("1.50"), "text": "a", "speaker": "GM"},
            {"t": 2, "text": "c: d", "confidence": Decimal("0.910")},
        ],
    }


def test_an_edit_of_a_text_alone_keeps_its_times_and_blank_lines() -> None:
    text = "\n[00:00:05] GM: a\n\n[00:00:09] Odile: b\nc\n"
    stored = read_stored(text, "[1]")
    after = rewrite(stored, edit(stored.turns, 1, Turn(9, "Odile", "d")))
    assert after.text == "\n[00:00:05] GM: a\n\n[00:00:09] [Odile] d\nc\n"
    assert after.document is None


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("lamp", [Hit(0, 4, 8)]),
        ("LAMP IS", [Hit(0, 4, 11)]),
        ("cafe", [Hit(2, 11, 15), Hit(2, 17, 21)]),
        ("strasse", [Hit(2, 0, 6)]),
        ("ss", [Hit(2, 4, 5)]),
        ("...", [Hit(1, 17, 18)]),
        ("nowhere", []),
        ("  ", []),
        ("\u0301", []),
    ],
)
def test_search_knows_neither_case_nor_accents(words: str, hits: list[Hit]) -> None:
    assert list(search(SAID, words)) == hits


def test_search_stops_at_its_limit() -> None:
    assert len(search((Turn(None, None, "a" * 50),) * 10, "a", hits_max=77)) == 77


def test_folding_keeps_letters_of_other_scripts() -> None:
    assert folded("İstanbul Ⅻ 龍 ñ") == "istanbul xii 龍 n"


def test_a_snippet_is_cut_at_words() -> None:
    text = "one two three four five six seven eight"
    assert snippet(text, (14, 18), around=10) == (
        Part("…three "),
        Part("four", is_hit=True),
        Part(" five six…"),
    )
    assert snippet("four", (0, 4)) == (Part("four", is_hit=True),)
    assert marked("a b a", [(0, 1), (4, 5)]) == (
        Part("a", is_hit=True),
        Part(" b "),
        Part("a", is_hit=True),
    )


def test_speakers_are_counted_in_the_order_of_their_first_turns() -> None:
    found = speakers((*SAID, Turn(None, None, "a b")))
    assert [(one.name, one.turns, one.words) for one in found] == [
        ("GM", 2, 8),
        ("Odile", 1, 2),
        (None, 1, 2),
    ]


def test_colours_are_the_names_own_and_differ_from_each_other() -> None:
    alone = {name: colours([name])[name] for name in ("GM", "Odile", "Pim")}
    assert colours(["GM", "Odile", "Pim"]).items() >= {("GM", alone["GM"])}
    many = colours(f"Speaker {number}" for number in range(COLOURS + 5))
    assert set(many.values()) == set(range(COLOURS))


def test_the_text_export_has_times() -> None:
    assert export_text(SAID[:2]) == (
        "[00:00:04] [GM] The lamp is dark.\n[00:00:09.500] [Odile] Ninety-nine waves…\n"
    )


def test_the_markdown_export_shows_every_character_as_it_is() -> None:
    said = (Turn(4, "*GM*", "# <b>not</b> [a](b) &amp; 1. _x_"), Turn(None, None, "plain"))
    assert export_markdown("One\n# two", said) == (
        "# One \\# two\n\n"
        "**\\*GM\\*** (00:00:04): \\# \\<b\\>not\\</b\\> \\[a\\]\\(b\\) \\&amp; 1\\. \\_x\\_\n\n"
        "plain\n"
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Lamp at Gull Rock", "The-Lamp-at-Gull-Rock.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ('a"; filename="b.exe\r\nSet-Cookie: x=1', "a-filename-b.exe-Set-Cookie-x-1.md"),
        ("龍", "transcript.md"),
        ("x" * 300, "x" * 80 + ".md"),
    ],
)
def test_the_name_of_a_download_is_neither_a_path_nor_a_header(title: str, name: str) -> None:
    assert file_name(title, "md") == name


def test_a_digest_is_that_of_the_values() -> None:
    assert digest(SAID[0]) == digest(Turn(4.0, "GM", SAID[0].text))


def test_words_are_counted_without_names_and_times() -> None:
    assert words_said("[00:00:01] GM: one two\n\n[Odile] three [00:00:02] four\nfive") == 6
