"""The forms of transcripts: what each reads, and which line or path it names when it cannot."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest

from campaigns.errors import Invalid
from campaigns.transcripts import Form, Turn, detect, form_of, parse
from campaigns.transcripts.read import TEXT_BYTES_MAX
from campaigns.transcripts.turns import SPEAKERS_MAX, TURN_CHARACTERS_MAX, TURNS_MAX


def read(text: str, form: Form) -> list[tuple[float | None, str | None, str]]:
    return [(one.t_seconds, one.speaker, one.text) for one in parse(text.encode(), form)]


def refusal(content: bytes | str, form: Form) -> str:
    """What is wrong with a file, in one line."""
    with pytest.raises(Invalid) as refused:
        parse(content.encode() if isinstance(content, str) else content, form)
    (problem,) = refused.value.problems
    assert problem.field == "transcript"
    assert problem.remedy
    assert refused.value.__cause__ is None
    return problem.kind


@pytest.mark.parametrize(
    ("line", "turn"),
    [
        ("GM: The lamp is dark.", (None, "GM", "The lamp is dark.")),
        ("[GM] The lamp is dark.", (None, "GM", "The lamp is dark.")),
        ("[00:12:03] GM: Dark.", (723, "GM", "Dark.")),
        ("[12:03.250] [GM] Dark.", (723.25, "GM", "Dark.")),
        ("[-00:00:10] LCC: 10, 9, 8", (-10, "LCC", "10, 9, 8")),
        ("[102:45:40] CDR: Contact light.", (369940, "CDR", "Contact light.")),
        ("  just a line  ", (None, None, "just a line")),
        ("[1:02:03] just a line", (3723, None, "just a line")),
        ("Mira of the Salt: hello", (None, "Mira of the Salt", "hello")),
        ("Roger. Copy: we go", (None, None, "Roger. Copy: we go")),
        ("He said to the other one: go", (None, None, "He said to the other one: go")),
        ("https://example.org", (None, None, "https://example.org")),
        ("GM:", (None, None, "GM:")),
        ("[GM] [laughs] Well.", (None, "GM", "[laughs] Well.")),
        ("[] [laughs]", (None, None, "[laughs]")),
        ("Žofie: ahoj", (None, "Žofie", "ahoj")),
    ],
)
def test_a_line_of_text(line: str, turn: tuple[float | None, str | None, str]) -> None:
    assert read(f"\ufeff\r\n{line}\r\n\n", Form.TXT) == [turn]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a\n[00:75:00] secret", "line 2: a time with more than 59 minutes or seconds"),
        ("a\r\nb\r\n\x01secret", "line 3: a control character"),
        ("a\n\0", "line 2: a control character"),
        ("", "line 1: nothing said"),
        ("\n \n", "line 1: nothing said"),
        ("a\n[00:00:01]  ", "line 2: no text"),
        ("x" * (TURN_CHARACTERS_MAX + 1), "line 1: a turn of 20001 characters"),
        ("x\n" * (TURNS_MAX + 1), f"turn {TURNS_MAX + 1}: too many turns"),
        ("\n".join(f"[n{n}] x" for n in range(SPEAKERS_MAX + 2)), "turn 202: too many speakers"),
        ("x" * (TEXT_BYTES_MAX + 1), f"the file: {TEXT_BYTES_MAX + 1} bytes"),
    ],
)
def test_text_that_cannot_be_read_names_its_line(text: str, kind: str) -> None:
    assert refusal(text, Form.TXT) == kind


def test_what_is_not_text_is_refused() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("session.txt", "x" * 10_000_000)
    for bomb in (archive.getvalue(), gzip.compress(b"x" * 10_000_000)):
        assert refusal(bomb, Form.TXT) == "the file: an archive"
    assert refusal("GM: a\nGM: é".encode("latin-1"), Form.TXT) == "line 2: not UTF-8"
    assert refusal("GM: a".encode("utf-16"), Form.SRT) == "line 1: not UTF-8"


SRT = """1
00:00:01,000 --> 00:00:04,000
<i>The lamp</i>
is dark.

2
00:00:05,500 --> 00:00:06,000 X1:10 X2:20
{\\an8}Odile: Ninety-nine &amp; a half.

3
00:00:07,000 --> 00:00:08,000

4
00:00:09,000 --> 00:00:09,500
<b></b>
"""

VTT = """WEBVTT - a session
Kind: captions

STYLE
::cue { color: lime }

NOTE
what nobody should read

intro
00:01.000 --> 00:04.000 align:start position:0%
<v.loud Odile Marsh>Ninety-nine <c.yellow>waves</c>&nbsp;&lt;3</v>

01:00:05.000 --> 01:00:06.000
Before <v Pim>After
that <v GM>and <00:00:05.500>then
"""


def test_subrip() -> None:
    assert read(SRT.replace("\n", "\r\n"), Form.SRT) == [
        (1, None, "The lamp is dark."),
        (5.5, "Odile", "Ninety-nine & a half."),
    ]


def test_webvtt() -> None:
    assert read(VTT, Form.VTT) == [
        (1, "Odile Marsh", "Ninety-nine waves\xa0<3"),
        (3605, None, "Before"),
        (3605, "Pim", "After that"),
        (3605, "GM", "and then"),
    ]


@pytest.mark.parametrize(
    ("text", "form", "kind"),
    [
        ("1\n00:00:01,000\nsecret", Form.SRT, "line 2: no times of a cue"),
        ("1", Form.SRT, "line 1: no times of a cue"),
        ("secret\n00:00:01,000 --> 00:00:02,000\nx", Form.SRT, "line 1: neither a cue's number"),
        ("1\n00:00:01,000 -->\nx", Form.SRT, "line 2: no two times around the arrow"),
        ("1\n00:00:02,000 --> 00:00:01,000\nx", Form.SRT, "line 2: a cue that ends before"),
        ("1\n00:00:1x,000 --> 00:00:21,000\nx", Form.SRT, "line 2: not a time"),
        ("1\n00:00:01,000 --> 00:00:02,000\nx\n\nsecret", Form.SRT, "line 5: neither"),
        ("00:01.000 --> 00:02.000\nx", Form.VTT, "line 1: not the first line of WebVTT"),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nx", Form.VTT, "line 1: not the first line"),
        ("WEBVTT\n\n00:01.000 --> 00:99.000\nx", Form.VTT, "line 3: a time with more than 59"),
        ("WEBVTT", Form.VTT, "line 1: nothing said"),
        ("WEBVTT\n00:01.000 --> 00:02.000\nsecret", Form.VTT, "line 2: a cue within the header"),
    ],
)
def test_subtitles_that_cannot_be_read_name_their_line(text: str, form: Form, kind: str) -> None:
    assert refusal(text, form).startswith(kind)


@pytest.mark.parametrize("piece", ["<v ", "<v.", "<v" + " " * 9, "<a", "{\\", "[", "[1:", "1:"])
def test_tags_without_an_end_cost_no_more_than_others(piece: str) -> None:
    """A search for the end from each beginning would take hours."""
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n"
    text = piece * (1_000_000 // len(piece))
    assert "characters" in refusal(cue + text, Form.VTT)
    assert "characters" in refusal(text, Form.TXT)


def test_our_document() -> None:
    turns = [{"t": 4, "speaker": "GM", "text": "a\nb"}, {"text": "c", "extra": [1]}]
    assert read(json.dumps({"turns": turns}), Form.JSON) == [(4, "GM", "a b"), (None, None, "c")]


def test_whisper() -> None:
    segments = [
        {"id": 0, "start": 0.0, "end": 2.5, "text": " The lamp is dark."},
        {"id": 1, "start": 2.5, "end": 3, "text": " "},
        {"id": 2, "start": 3.25, "text": "Dark.", "speaker": "SPEAKER_00"},
    ]
    document = {"text": "The lamp is dark.", "segments": segments, "language": "en"}
    assert read(json.dumps(document), Form.JSON) == [
        (0, None, "The lamp is dark."),
        (3.25, "SPEAKER_00", "Dark."),
    ]


def word(start: str, content: str, label: str | None = None) -> dict[str, object]:
    return {
        "type": "pronunciation",
        "start_time": start,
        "end_time": start,
        "alternatives": [{"confidence": "0.9", "content": content}],
        **({"speaker_label": label} if label else {}),
    }


STOP = {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]}


def test_amazon_transcribe_with_segments() -> None:
    segments = [
        {"id": 0, "transcript": "The lamp.", "start_time": "0.5", "speaker_label": "spk_0"},
        {"id": 1, "transcript": "Dark.", "start_time": "2.25", "speaker_label": "spk_1"},
    ]
    document = {"jobName": "x", "results": {"audio_segments": segments, "items": [STOP]}}
    assert read(json.dumps(document), Form.JSON) == [
        (0.5, "spk_0", "The lamp."),
        (2.25, "spk_1", "Dark."),
    ]


def test_amazon_transcribe_of_words() -> None:
    """Speakers are named beside the words, or in a separate list."""
    items = [STOP, word("0.5", "The"), word("0.9", "lamp"), STOP, word("2.25", "Dark"), STOP]
    labels = [
        {"start_time": "0.5", "speaker_label": "spk_0"},
        {"start_time": "0.9", "speaker_label": "spk_0"},
        {"start_time": "2.25", "speaker_label": "spk_1"},
    ]
    listed = {"items": items, "speaker_labels": {"speakers": 2, "segments": [{"items": labels}]}}
    beside = {"items": [word("0.5", "The", "spk_0"), word("2.25", "Dark", "spk_1"), STOP]}
    spoken = [(0.5, "spk_0", "The lamp."), (2.25, "spk_1", "Dark.")]
    assert read(json.dumps({"results": listed}), Form.JSON) == spoken
    assert read(json.dumps({"results": beside}), Form.JSON) == [(0.5, "spk_0", "The"), spoken[1]]


def test_a_long_speech_is_cut_at_its_sentences() -> None:
    items = [
        one
        for number in range(100)
        for one in (*(word(str(number), "word") for _ in range(20)), STOP)
    ]
    turns = read(json.dumps({"results": {"items": items}}), Form.JSON)
    assert len(turns) > 10
    assert all(text.endswith(".") for _, _, text in turns)
    assert " ".join(text for _, _, text in turns).count("word") == 2000


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ("{", "line 1: not JSON"),
        ('{"turns": [],\n secret}', "line 2: not JSON"),
        ("[]", "the top level: Expected `object`, got `array`"),
        ("{}", "the top level: an unknown format"),
        ('{"turns": []}', "line 1: nothing said"),
        ('{"turns": [{"text": "a"}, {"text": 5}]}', "turns[1].text: Expected `str`, got `int`"),
        ('{"turns": [{"text": " "}]}', "turns[0]: no text"),
        ('{"turns": [{"text": "a", "t": 1e9}]}', "turns[0]: a time out of range"),
        ('{"turns": [{"text": "a", "t": 1e400}]}', "turns[0].t: Number out of range"),
        ('{"turns": [{"text": "\\u0000"}]}', "turns[0]: a control character"),
        ('{"turns": [{"text": "a", "speaker": "[x]"}]}', "turns[0]: a speaker with a square"),
        ('{"turns": [{"text": "a", "speaker": "12:03"}]}', "turns[0]: a speaker that reads as"),
        ('{"segments": [{"start": 1}]}', "segments[0]: Object missing required field `text`"),
        ('{"results": {"items": [{"alternatives": []}]}}', "results.items[0]: no alternatives"),
        (json.dumps({"results": {"items": [word("nan", "x")]}}), "results.items[0]: a start_time"),
        ('{"x":' + "[" * 100_000 + "]" * 100_000 + "}", "the top level: nested too deeply"),
    ],
)
def test_a_document_that_cannot_be_read_names_its_path(document: str, kind: str) -> None:
    assert refusal(document, Form.JSON).startswith(kind)
    assert "secret" not in refusal(document, Form.JSON)


def test_a_lone_surrogate_is_refused() -> None:
    assert refusal('{"turns": [{"text": "\\ud800"}]}', Form.JSON) == "line 1: not JSON"


def test_the_name_of_a_file_shows_its_form() -> None:
    assert form_of("Session 3.SRT") is Form.SRT
    assert form_of("notes.json") is Form.JSON
    assert [form_of(name) for name in ("txt", "session.docx", "a.txt.zip", "")] == [
        Form.TXT,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (SRT, Form.SRT),
        (VTT, Form.VTT),
        (' {"turns": []}', Form.JSON),
        ("[GM] hello", Form.TXT),
        ("GM: from here --> there", Form.TXT),
        ("", Form.TXT),
    ],
)
def test_pasted_text_shows_its_form(text: str, form: Form) -> None:
    assert detect(text) is form


def test_turns_of_every_form_are_values() -> None:
    assert parse(b"GM: a", Form.TXT) == (Turn(None, "GM", "a"),)
