"""How an output was made, for the file beside it: program, rubric, rewards, versions, and how the judging ended."""

import hashlib
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from rewardkit.commands.judging import Judging
from rewardkit.output.meta import MADE_BY, without_secrets
from rewardkit.registry import built_in
from rewardkit.registry.built_in import DISTRIBUTION
from rewardkit.registry.versions import versions
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric


class Provenance:
    """The provenance of a run: its command, inputs, versions, rubric and times."""

    def __init__(self, scorer: Judging, inputs: Sequence[str]) -> None:
        """Notes the time and the command."""
        self._scorer = scorer
        self._inputs = [without_secrets([name])[0] for name in inputs]
        self._command = without_secrets(["rewardkit", *sys.argv[1:]])
        self._began = datetime.now(UTC)
        self._began_s = monotonic()

    def as_dict(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """All of it at the end of the run. No text of a prompt or a completion is in it.

        summary  the figures of the run
        """
        rubric, steps = self._scorer.rubric, self._scorer.steps
        return {
            MADE_BY: f"rewardkit {built_in.version()}",
            "command": self._command,
            "inputs": self._inputs,
            "began": self._began.isoformat(timespec="seconds"),
            "duration_s": round(monotonic() - self._began_s, 3),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "distributions": versions({step.installed.distribution for step in steps} | {DISTRIBUTION}),
            "files": {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in self._scorer.files},
            "rubric": {"name": rubric.where.removeprefix("rubric "), "sha256": rubric_hash(rubric)},
            "sandbox": rubric.sandbox,
            "rows": summary["rows"],
            "unrewarded": summary["unrewarded"],
            "mean_reward": summary["reward"].get("mean"),
            "rewards": {step.alias: self._of_reward(step, summary["scores"][step.alias]) for step in steps},
        }

    def _of_reward(self, step: Step, score: Mapping[str, Any]) -> dict[str, Any]:
        known = {"reward": step.installed.qualified_name, "version": step.installed.version, "kinds": score["kinds"]}
        if not score["count"]:  # it judged nothing, and what it would have judged with may not even be there
            return known
        try:
            context = self._scorer.rubric.context_of(step.alias)
            judged_with = dict(step.installed.reward.provenance(step.params, context))
            json.dumps(judged_with)
        except Exception as error:  # noqa: BLE001 - a third party's code must not cost the output
            judged_with = {"error": f"{type(error).__name__}: {error}"[:200]}
        return known | ({"judged_with": judged_with} if judged_with else {})


def rubric_hash(rubric: Rubric) -> str:
    """A hash of all that a rubric says, however it is written."""
    return hashlib.sha256(repr(_ordered(rubric.model_dump())).encode("utf-8", "backslashreplace")).hexdigest()


def _ordered(value: Any) -> Any:
    """The value with mappings in order of their keys, and lists and tuples alike."""
    if isinstance(value, Mapping):
        return sorted(((repr(key), _ordered(one)) for key, one in value.items()), key=lambda pair: pair[0])
    return [_ordered(one) for one in value] if isinstance(value, list | tuple) else value
