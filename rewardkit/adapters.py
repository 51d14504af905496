"""The public interface for adapters, which translate their own rows to Samples and Results back to their values.

    reader = detect(Row({"prompt": "2+2", "completion": "4", "answer": "4"}, "batch", 1))
    sample = reader.sample(row)

Our own trainer adapters use these names, those of `rewardkit`, and nothing else of the core.
"""

from rewardkit.commands.options import mapping_of
from rewardkit.input.caller import Caller
from rewardkit.input.columns_found import ColumnsFound, nothing_judged
from rewardkit.input.row import Row
from rewardkit.input.row_reader import RowReader, detect
from rewardkit.output.output_row import line_of
from rewardkit.remote.identity import hash_of
from rewardkit.remote.wire import job_from_json, result_to_json
from rewardkit.rubrics.compose import term, weights_at
from rewardkit.suggestions import did_you_mean, nearest
from rewardkit.workers.engine import Engine, Job, JobResult
from rewardkit.workers.processors import local_world_size, usable_processors

__all__ = [
    "Caller",
    "ColumnsFound",
    "Engine",
    "Job",
    "JobResult",
    "Row",
    "RowReader",
    "detect",
    "did_you_mean",
    "hash_of",
    "job_from_json",
    "line_of",
    "local_world_size",
    "mapping_of",
    "nearest",
    "nothing_judged",
    "result_to_json",
    "term",
    "usable_processors",
    "weights_at",
]
