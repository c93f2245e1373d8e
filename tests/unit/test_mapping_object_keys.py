"""Names of objects: one per row and content, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from crossfade.errors import InvalidKey, Unmappable
from crossfade.mapping.object_keys import ObjectKey, object_key, parse_object_key

DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("row_id", "component"),
    [
        ("6f9619ff-8b86-d011-b42d-00cf4fc964ff", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        ("a.b", "a.b"),
        (".", "%2E"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("a/b", "a%2Fb"),
        ("50%", "50%25"),
        ("a,b", "a%2Cb"),
        ("sitzung 7 ✨", "sitzung%207%20%E2%9C%A8"),
        (("a", "b"), "a,b"),
        (("a,b", "..c"), "a%2Cb,%2E.c"),
    ],
)
def test_row_ids_are_percent_encoded(row_id: str | tuple[str, ...], component: str) -> None:
    text = object_key("transcripts", row_id, DIGEST)
    assert text == f"transcripts/{component}/{DIGEST}"
    expected = (row_id,) if isinstance(row_id, str) else row_id
    assert parse_object_key(text) == ObjectKey("transcripts", expected, DIGEST)
    assert str(parse_object_key(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        f"transcripts//{DIGEST}",
        f"/a/{DIGEST}",
        f"a/{DIGEST}",
        f"transcripts/../{DIGEST}",
        f"transcripts/./{DIGEST}",
        f"../a/{DIGEST}",
        f"transcripts/../a/{DIGEST}",
        f"transcripts/a/b/../{DIGEST}",
        f"transcripts/.hidden/{DIGEST}",
        f"transcripts/%2e/{DIGEST}",
        f"transcripts/%61/{DIGEST}",
        f"transcripts/%FF/{DIGEST}",
        f"transcripts/%/{DIGEST}",
        f"transcripts/a b/{DIGEST}",
        f"transcripts/é/{DIGEST}",
        f"transcripts/\ud800/{DIGEST}",
        f"transcripts/a,/{DIGEST}",
        f"transcripts/a/{DIGEST.upper()}",
        f"transcripts/a/{DIGEST}0",
        f"transcripts/a/{DIGEST}\n",
        f"transcripts/a/{DIGEST}/",
        f"s3://bucket/a/{DIGEST}",
    ],
)
def test_a_foreign_text_is_no_object_key(text: str) -> None:
    with pytest.raises(InvalidKey):
        parse_object_key(text)


def test_a_foreign_prefix_is_refused_when_the_prefixes_are_known() -> None:
    text = object_key("covers", "a", DIGEST)
    assert parse_object_key(text, {"covers"}).prefix == "covers"
    with pytest.raises(InvalidKey, match="not under an accepted prefix"):
        parse_object_key(text, {"transcripts"})


@pytest.mark.parametrize(
    "prefix", ["", "/", "a/", "/a", "a//b", ".", "a/..", "a b", "ä", "a" * 300]
)
def test_a_malformed_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidKey, match="prefix"):
        object_key(prefix, "a", DIGEST)


def test_an_id_too_long_for_a_file_name_is_refused_by_its_encoded_length() -> None:
    assert object_key("t", "a" * 255, DIGEST)
    with pytest.raises(Unmappable, match="258 bytes when percent-encoded"):
        object_key("t", "é" * 43, DIGEST)


@pytest.mark.parametrize("row_id", ["", (), ("a", "")])
def test_an_empty_id_is_refused(row_id: str | tuple[str, ...]) -> None:
    with pytest.raises(Unmappable, match="empty"):
        object_key("t", row_id, DIGEST)
