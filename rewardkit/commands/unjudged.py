"""The message about a run in which nothing could be judged: what happened, what the input has, and the fix."""

from collections.abc import Mapping
from typing import Any

from rewardkit.input.input_reader import InputReader
from rewardkit.text import one_line

REASONS_SHOWN = 3


def unjudged_report(content: Mapping[str, Any], reader: InputReader, *, redact: bool) -> str:
    """The message about a summary whose `unjudged` is set; empty otherwise.

    reader  what has read the input, and knows its columns
    redact  without values of the rows
    """
    silent = {alias: score for alias, score in content["scores"].items() if score["weight"] and not score["count"]}
    if content["unjudged"] == "failed":
        failed = {alias: score for alias, score in silent.items() if score["failed"]}
        lines = [f"nothing was judged by {', '.join(failed)}: it failed on every row"]
        lines += _reasons(failed, "failed_because", redact=redact)
        lines.append("fix what the reasons name; `rewardkit doctor` checks this machine, --debug shows tracebacks")
    elif content["unjudged"] == "abstained":
        silent = {alias: score for alias, score in silent.items() if score["abstained"]}
        start = f"nothing was judged: {', '.join(silent)} found no ground truth to judge by"
        lines = [start if redact else reader.nothing_judged(silent)]
        lines += _reasons(silent, "abstained_because", redact=redact)
        lines.append("if there should be no ground truth, --allow-unjudged accepts that")
    else:
        return ""
    return "\n".join(lines)


def _reasons(scores: Mapping[str, Any], key: str, *, redact: bool) -> list[str]:
    found = []
    for alias, score in scores.items():
        for reason in score[key][:REASONS_SHOWN]:
            sentence = reason["kind"] if redact else reason["reason"] or reason["kind"]
            found.append(f"  {alias}, {reason['count']:,} ×: {one_line(sentence)}")
    return found
