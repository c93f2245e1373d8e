"""Start a server program in this process, by ``execve``.

Run as a script: ``python -I -S launch.py JSON``. It writes its process id to a file, changes to
the folder of that file, drops root privileges if the program demands it, ties its life to its
parent if asked to, and replaces itself by the program. ``execve`` keeps the process id, so no
helper process remains.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
"""Source: prctl(2), Linux. Sent to this process when the thread that started it ends."""


def become(plan: dict[str, object]) -> None:
    """Replace this process by the program of the plan. Does not return.

    Args:
        plan: ``argv``, ``pid_file``, ``account`` ([uid, gid] or null), and ``parent`` with
            ``death_signal`` (both null for a server that outlives its parent).
    """
    argv = [str(argument) for argument in _listed(plan["argv"])]
    pid_file = Path(str(plan["pid_file"]))
    pid_file.write_text(f"{os.getpid()}\n")
    os.chdir(pid_file.parent)
    if plan["account"] is not None:
        uid, gid = (int(str(number)) for number in _listed(plan["account"]))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if plan["parent"] is None:
        os.setsid()
    else:
        _tie(int(str(plan["parent"])), int(str(plan["death_signal"])))
    os.execv(argv[0], argv)  # noqa: S606 - there is no shell; the arguments are a list


def _listed(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("the plan needs a list here")
    return value


def _tie(parent: int, death_signal: int) -> None:
    # After setuid, which clears the setting; then check that the parent has not ended meanwhile.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this server has ended")


if __name__ == "__main__":
    become(json.loads(sys.argv[1]))
