"""Where in its author's code a reward failed: the traceback without the frames of libraries and of rewardkit."""

import traceback
from collections.abc import Sequence
from pathlib import PurePath
from types import FrameType, TracebackType

from pydantic import ValidationError

FRAMES_SHOWN = 5
_OURS = "rewardkit"


def fault_of(error: BaseException, module: str) -> str:
    """The error that a reward raised, and where, as the end of a sentence that begins with the reward's name.

    module  the name of the module that holds the reward: its package's frames are the author's
    """
    if isinstance(error, ValidationError) and error.title == "Score":
        fault = error.errors(include_url=False)[0]
        return f"made a Score that is invalid: {fault['msg'].removeprefix('Value error, ')}"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a third party's error may not even have a text
        text = "(its __str__ raises)"
    frames = author_frames(error.__traceback__, module)
    where = f" ({frames[-1]})" if frames else ""
    return f"raised {type(error).__name__}: {text}{where}"


def author_frames(trace: TracebackType | None, module: str) -> list[str]:
    """The author's frames, the last one where the error came from: `rewards.py, line 12, in mine: return row["x"]`.

    Without a frame of the author's, the last frame of all.
    """
    frames = list(traceback.walk_tb(trace))
    own = [pair for pair in frames if _is_of(pair[0], module)] or frames[-1:]
    return [_shown(frame, line) for frame, line in own[-FRAMES_SHOWN:]]


def _is_of(frame: FrameType, module: str) -> bool:
    found = frame.f_globals.get("__name__")
    root = module.partition(".")[0]
    return isinstance(found, str) and found.partition(".")[0] == root and root != _OURS


def _shown(frame: FrameType, line: int) -> str:
    code = frame.f_code
    summary: Sequence[traceback.FrameSummary] = traceback.StackSummary.from_list(
        [traceback.FrameSummary(code.co_filename, line, code.co_name)]
    )
    source = summary[0].line
    shown = f"{PurePath(code.co_filename).name}, line {line}, in {code.co_name}"
    return f"{shown}: {source}" if source else shown
