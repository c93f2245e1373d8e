"""Wheels of both distributions, installed as a user has them: nothing is read from the sources."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Wheels:
    """The wheels of one build.

    Attributes:
        library: of `crossfade`.
        application: of `crossfade-campaigns`.
    """

    library: Path
    application: Path


def build_wheels(folder: Path) -> Wheels:
    """Build both wheels into a folder, without the network."""
    return Wheels(
        _build(ROOT, folder / "library"), _build(ROOT / "campaigns", folder / "application")
    )


def _build(project: Path, folder: Path) -> Path:
    options = ("--target", "wheel", "--directory", str(folder))
    command = (sys.executable, "-m", "hatchling", "build", *options)
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_wheels(folder: Path, *wheels: Path) -> Path:
    """Install wheels into a new environment, beside links to all that they depend on.

    Returns:
        The folder of the environment's programs.
    """
    uv, programs = str(TOOLS / "uv"), folder / "bin"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    options = ("--quiet", "--offline", "--no-deps", "--python", str(programs / "python"))
    subprocess.run([uv, "pip", "install", *options, *wheels], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "crossfade" not in entry.name and not (packages / entry.name).exists():
            (packages / entry.name).symlink_to(entry)
    return programs
