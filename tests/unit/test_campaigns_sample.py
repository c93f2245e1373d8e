"""Files of recorded sessions: what is accepted, and where a mistake is."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from campaigns.errors import Invalid
from campaigns.sample import PACKAGED, read_mission, read_missions, session_of, transcript_of

MISSION: dict[str, Any] = {
    "campaign": "Apollo",
    "description": "d",
    "launched_unix_s": -14552880,
    "speakers": ["CC"],
    "sessions": [
        {
            "number": 1,
            "name": "Launch",
            "starts_at_s": -20,
            "ends_at_s": 884.5,
            "turns": [
                {"t": -4, "speaker": "CC", "text": "4, 3, 2 …"},
                {"t": 1.5, "speaker": "CDR", "text": "Roger. Clock."},
            ],
        }
    ],
}


def written(folder: Path, mission: object, name: str = "a.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(mission), encoding="utf-8")
    return file


def test_the_packaged_sample_is_well_formed() -> None:
    missions = read_missions()
    assert len(missions) >= 2
    assert sum(len(mission.sessions) for mission in missions) >= 3
    for mission in missions:
        spoken = {turn.speaker for session in mission.sessions for turn in session.turns}
        assert spoken == set(mission.speakers)
        for session in mission.sessions:
            times = [turn.t for turn in session.turns]
            assert times == sorted(times)
            assert session.starts_at_s <= times[0] <= times[-1] <= session.ends_at_s
    assert PACKAGED.is_dir()


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "c.txt"):
        written(tmp_path, {**MISSION, "campaign": name}, name)
    assert [mission.campaign for mission in read_missions(tmp_path)] == ["a.json", "b.json"]


def test_a_session_is_timed_from_its_campaigns_start(tmp_path: Path) -> None:
    mission = read_mission(written(tmp_path, MISSION))
    session = session_of(mission, mission.sessions[0], "0f0e0d0c-0b0a-0908-0706-050403020100")
    assert session.started_at is not None
    assert session.started_at.isoformat() == "1969-07-16T13:31:40+00:00"
    assert session.duration_ms == 904_500
    assert session.speaker_names == {"CC": "CC", "CDR": "CDR"}


def test_turns_become_lines_and_json(tmp_path: Path) -> None:
    mission = read_mission(written(tmp_path, MISSION))
    transcript = transcript_of(mission.sessions[0], 7)
    assert transcript.text == "[CC] 4, 3, 2 …\n[CDR] Roger. Clock."
    assert transcript.document is not None
    assert json.loads(transcript.document) == {"turns": MISSION["sessions"][0]["turns"]}
    assert transcript.expected_revision == 7


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (["campaign"], 7, "campaign"),
        (["launched_unix_s"], 1e300, "launched_unix_s"),
        (["sessions", 0, "name"], None, "sessions[0].name"),
        (["sessions", 0, "turns", 1, "t"], "hunter2", "sessions[0].turns[1].t"),
        (["sessions", 0, "turns", 1], "hunter2", "sessions[0].turns[1]"),
        (["sessions", 0, "hunter"], 2, "sessions[0]"),
        (["sessions"], {}, "sessions"),
    ],
)
def test_a_mistake_is_named_by_file_and_field(
    tmp_path: Path, path: list[str | int], value: object, named: str
) -> None:
    mission: Any = copy.deepcopy(MISSION)
    place = mission
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    file = written(tmp_path, mission)
    with pytest.raises(Invalid) as refusal:
        read_missions(tmp_path)
    [problem] = refusal.value.problems
    assert problem.field == f"{file}: {named}"
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize("missing", MISSION)
def test_a_missing_field_is_named(tmp_path: Path, missing: str) -> None:
    mission = {name: value for name, value in MISSION.items() if name != missing}
    with pytest.raises(Invalid, match=missing):
        read_mission(written(tmp_path, mission))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"campaign": "\xff"}', b"1 2"]
)
def test_what_is_no_such_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(Invalid) as refusal:
        read_missions(tmp_path)
    assert refusal.value.problems[0].field.startswith(str(file))


def test_a_folder_without_files_and_a_file_without_content_are_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no \*\.json"):
        read_missions(tmp_path)
    with pytest.raises(Invalid, match="nowhere"):
        read_missions(tmp_path / "nowhere")
    (tmp_path / "a.json").mkdir()
    with pytest.raises(Invalid, match=r"a\.json"):
        read_missions(tmp_path)
