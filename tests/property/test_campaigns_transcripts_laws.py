"""Laws of transcripts: what is written is read back, what is renamed can be named back."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from campaigns.errors import Invalid
from campaigns.transcripts import (
    COLOURS,
    Turn,
    colours,
    digest,
    edit,
    export_text,
    folded,
    marked,
    parse_json,
    parse_text,
    read_stored,
    rename,
    render_json,
    render_text,
    rewrite,
    search,
    speakers,
    turn,
)

# The machine may be busy, and many drawn texts are no turns.
law = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

# Characters that mean something in one of the forms come often.
TEXTS = st.text(
    st.one_of(st.sampled_from("[]:.,<>&\t\n -0123459é\u2028"), st.characters()), max_size=40
)
TIMES = st.none() | st.integers(-9_000_000_000, 9_000_000_000).map(lambda ms: ms / 1000)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """Any turn that can be stored."""
    try:
        return turn("line", draw(TIMES), draw(st.none() | TEXTS), draw(TEXTS))
    except Invalid:
        assume(False)
        raise


TRANSCRIPTS = st.lists(turns(), min_size=1, max_size=6).map(tuple)


@law
@given(TRANSCRIPTS)
def test_the_text_export_is_read_back(said: tuple[Turn, ...]) -> None:
    assert parse_text(export_text(said)) == said


@law
@given(TRANSCRIPTS)
def test_the_stored_text_is_read_back_without_its_times(said: tuple[Turn, ...]) -> None:
    assert parse_text(render_text(said)) == tuple(replace(one, t_seconds=None) for one in said)


@law
@given(TRANSCRIPTS)
def test_the_document_is_read_back(said: tuple[Turn, ...]) -> None:
    assert parse_json(render_json(said).encode()) == said
    stored = read_stored(render_text(said), render_json(said))
    assert (stored.turns, stored.document) == (said, render_json(said))


@law
@given(TRANSCRIPTS, st.data())
def test_an_edited_line_changes_no_other(said: tuple[Turn, ...], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(said) - 1))
    new = replace(data.draw(turns()), t_seconds=said[position].t_seconds)
    changed = edit(said, position, new)
    for document in (render_json(said), None):
        after = rewrite(read_stored(render_text(said), document), changed)
        assert after.text == render_text(changed)
        again = read_stored(after.text, after.document)
        assert again.turns == (changed if document else parse_text(after.text))


@law
@given(TRANSCRIPTS)
def test_a_speaker_is_renamed_and_named_back(said: tuple[Turn, ...]) -> None:
    names = {one.speaker for one in said}
    assume("Somebody new" not in names)
    for name in names - {None}:
        assert name is not None
        renamed = rename(said, name, "Somebody new")
        assert name not in {one.speaker for one in renamed}
        assert rename(renamed, "Somebody new", name) == said


@law
@given(TRANSCRIPTS, st.data())
def test_search_finds_what_is_there(said: tuple[Turn, ...], data: st.DataObject) -> None:
    """Any piece of any text is found in its turn, and every hit says what was searched for."""
    position = data.draw(st.integers(0, len(said) - 1))
    text = said[position].text
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : data.draw(st.integers(start + 1, len(text)))].strip()
    assume(folded(piece))
    hits = search(said, piece.upper() if folded(piece.upper()) == folded(piece) else piece)
    assert position in {hit.position for hit in hits}
    for hit in hits:
        found = said[hit.position].text[hit.start : hit.end]
        assert folded(piece) in folded(found)


@law
@given(st.text(), st.text(min_size=1))
def test_marks_hide_nothing(text: str, words: str) -> None:
    said = (Turn(None, None, text),)
    hits = [(hit.start, hit.end) for hit in search(said, words)]
    assert "".join(part.text for part in marked(text, hits)) == text


@law
@given(TRANSCRIPTS)
def test_everybody_is_counted_once(said: tuple[Turn, ...]) -> None:
    found = speakers(said)
    assert sum(one.turns for one in found) == len(said)
    assert {one.name for one in found} == {one.speaker for one in said}


@law
@given(st.lists(st.text(), unique=True, max_size=COLOURS))
def test_few_speakers_have_different_colours(names: list[str]) -> None:
    assert len(set(colours(names).values())) == len(names)


@law
@given(turns(), turns())
def test_different_turns_have_different_digests(one: Turn, other: Turn) -> None:
    assert (digest(one) == digest(other)) == (one == other)
