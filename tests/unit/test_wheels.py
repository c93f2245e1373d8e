"""What a user installs: each wheel is whole, its types are found, and the two fit each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from support.wheels import ROOT, TOOLS, Wheels, install_wheels

SAMPLE = ROOT / "tests" / "typed" / "sample.py"
MISTAKES = 7


def contents(wheel: Path) -> set[str]:
    """Return the names of a wheel's files, without those that describe it."""
    return {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}


def sources(folder: Path) -> set[str]:
    """Return the names of a package's files."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return {str(file.relative_to(folder.parent)) for file in files}


def project(folder: Path) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return found


def test_the_library_is_whole_and_alone(wheels: Wheels) -> None:
    found = contents(wheels.library)
    assert found == sources(ROOT / "src" / "crossfade")
    assert {name.split("/")[0] for name in found} == {"crossfade"}
    assert {Path(name).suffix for name in found} >= {".sql", ".j2", ".css", ".js", ".pyi"}
    assert "crossfade/py.typed" in found


def test_the_application_is_whole_and_alone(wheels: Wheels) -> None:
    found = contents(wheels.application)
    assert found == sources(ROOT / "campaigns" / "src" / "campaigns")
    assert {name.split("/")[0] for name in found} == {"campaigns"}
    assert found >= {
        "campaigns/migrations/versions/v0001_tables.sql",
        "campaigns/missions/gull_rock.json",
        "campaigns/py.typed",
        "campaigns/web/static/site.css",
        "campaigns/web/templates/base.html.j2",
    }


def test_both_have_one_version_and_one_licence() -> None:
    library, application = project(ROOT), project(ROOT / "campaigns")
    assert library["version"] == application["version"]
    assert f"crossfade[web]=={library['version']}" in str(application["dependencies"])
    assert (ROOT / "LICENSE").read_text() == (ROOT / "campaigns" / "LICENSE").read_text()


def test_without_the_application_the_demonstration_says_what_to_install(
    wheels: Wheels, tmp_path: Path
) -> None:
    programs = install_wheels(tmp_path / "environment", wheels.library)
    ended = subprocess.run(
        [programs / "crossfade", "demo"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.endswith("pip install 'crossfade[demo]'\n")


@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_type_checkers_report_every_mistake_and_nothing_else(
    tool: str, installed_wheels: Path, tmp_path: Path
) -> None:
    text = SAMPLE.read_text()
    wrong = {
        number
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"\S  # wrong: ", line)
    }
    assert len(wrong) == MISTAKES
    (tmp_path / "sample.py").write_text(text)
    python = installed_wheels / "python"
    found = list(by_mypy(python, tmp_path) if tool == "mypy" else by_pyright(python, tmp_path))
    assert {line for line, _ in found} == wrong, found


def by_mypy(python: Path, folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each error."""
    said = check(folder, "mypy", "--strict", "--output=json", f"--python-executable={python}")
    for report in map(json.loads, said.splitlines()):
        if report["severity"] == "error":
            yield report["line"], report["message"]


def by_pyright(python: Path, folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each error."""
    said = check(folder, "pyright", "--outputjson", "--pythonpath", str(python))
    for report in json.loads(said)["generalDiagnostics"]:
        yield report["range"]["start"]["line"] + 1, report["message"]


def check(folder: Path, tool: str, *options: str) -> str:
    """Return what a type checker prints of the sample, with no path to the sources."""
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    environment["PATH"] = f"{TOOLS}:{environment['PATH']}"
    command = [str(TOOLS / tool), *options, "sample.py"]
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return str(ended.stdout)


def test_the_environment_has_the_wheels_and_not_the_sources(installed_wheels: Path) -> None:
    program = (
        "import crossfade, campaigns, sys; print(crossfade.__file__, campaigns.__file__, *sys.path)"
    )
    found = subprocess.run(
        [installed_wheels / "python", "-I", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert all(path.startswith(str(installed_wheels.parent)) for path in found[:2])
    assert not [path for path in found if path.endswith("/src")]
