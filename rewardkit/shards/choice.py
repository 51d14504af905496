"""The choice of judging a run in parts: what keeps it from that, and when it pays.

`--shards 4` judges in parts wherever that is possible; `auto` where the input is large and judging is cheap.
"""

from collections.abc import Sequence
from pathlib import Path

from rewardkit.input.csv_rows import DELIMITERS
from rewardkit.input.json_rows import is_one_document
from rewardkit.input.streams import open_bytes
from rewardkit.output.packing import PACKED
from rewardkit.rubrics.resolution import Step
from rewardkit.shards.borders import is_parquet

LARGE_BYTES = 16 << 20
"""Input from which on `auto` judges in parts."""
CHEAP_MS = 3.0
"""Milliseconds for a row, by what the rewards say of themselves, up to which `auto` judges in parts."""
PART_BYTES = 4 << 20
"""Size of a part where rewards are cheapest."""
DEAR_PART_BYTES = 256 << 10
"""Size of a part where a row takes longer: a part should be done within about a second."""
CHEAPEST_MS = 0.2

_COMPRESSED = (".gz", ".zst")


def part_bytes(steps: Sequence[Step]) -> int:
    """The size of a part, by the cost of a row."""
    return PART_BYTES if cost_ms(steps) <= CHEAPEST_MS else DEAR_PART_BYTES


def cost_ms(steps: Sequence[Step]) -> float:
    """Milliseconds that judging a row takes, by what the rewards say of themselves."""
    return sum(step.installed.reward.cost_ms for step in steps)


def pays(files: Sequence[str], steps: Sequence[Step]) -> bool:
    """True for a large input that is judged by cheap rewards."""
    return cost_ms(steps) <= CHEAP_MS and sum(Path(file).stat().st_size for file in files) >= LARGE_BYTES


def obstacle_of_rewards(steps: Sequence[Step]) -> str | None:
    """Why a rubric cannot be judged in parts; None where it can."""
    services = [step.alias for step in steps if step.installed.reward.runs == "service"]
    return f"{services[0]} is a service, which sees the samples of all processes" if services else None


def obstacle_of_output(output: str | None) -> str | None:
    """Why an output cannot be made of parts; None where it can."""
    suffix = "" if output is None else Path(output).suffix.lower()
    tables = [ending for ending in PACKED if ending not in _COMPRESSED]
    return f"{output} is made row by row; write .jsonl" if suffix in tables else None


def obstacle_of_file(file: str, *, whole_groups: bool) -> str | None:
    """Why an input cannot be cut into parts; None where it can.

    whole_groups  the run looks at whole groups, which must not be cut
    raises        InputError for a file that cannot be read
    """
    if file == "-":
        return "standard input cannot be cut into parts; name a file"
    if not Path(file).is_file():
        return f"{file} is not a file"
    with open_bytes(file) as (stream, magic):
        if magic.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
            return f"{file} is compressed, and only its whole can be unpacked"
        if is_parquet(file):
            return f"{file} is a table, and its groups may cross row groups" if whole_groups else None
        if Path(file).suffix.lower() in DELIMITERS:
            return f"{file} is separated text, whose rows may hold line breaks"
        if magic[:4] in (b"ARRO", b"\xff\xff\xff\xff"):
            return f"{file} is an Arrow file"
        if is_one_document(stream, file):
            return f"{file} is one JSON document"
    return None
