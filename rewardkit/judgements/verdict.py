"""The verdict on a row: right, wrong, or not judged, by the scores that read the ground truth."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from rewardkit.errors import InputError, RewardkitError
from rewardkit.input.row import Row
from rewardkit.judgements.reading import REWARD, Judgement, Scores
from rewardkit.output.group_figures import PASS
from rewardkit.output.meta import meta_path
from rewardkit.registry import built_in
from rewardkit.registry.registry import load_registry
from rewardkit.score import is_paid
from rewardkit.suggestions import nearest


class Verdict:
    """Tells right completions from wrong ones; which scores decide is settled once for each set of scores."""

    def __init__(
        self, name: str | None = None, *, pass_at: float = PASS, readers: Collection[str] | None = None
    ) -> None:
        """The rule of a verdict.

        name     the value that decides: an alias, a named value, or `reward`; None: the scores of the rewards that read
                 the ground truth (by the file's meta file, else by their aliases), all of those that judged the row;
                 where a row has no scores, its reward
        pass_at  a value from which on a completion is right
        readers  the aliases of the rewards that read the ground truth, where they are known
        """
        self.name = name
        self.pass_at = pass_at
        self._readers = readers
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._reads: dict[str, bool] = {}
        self._meta: dict[str, Mapping[str, str]] = {}

    def __call__(self, judgement: Judgement, row: Row) -> bool | None:
        """True for a right completion, False for a wrong one, None where nothing that decides has judged it.

        What a closed gate kept from being judged is wrong: it is worth 0.

        raises  InputError where the scores do not say which of them decides
        """
        verdict = None
        for name in self.names(judgement.scores, row):
            value = judgement.value(name)
            if value is None:
                if _is_behind_closed_gate(judgement, name):
                    return False
            elif value < self.pass_at:
                return False
            else:
                verdict = True
        return verdict

    def names(self, scores: Scores, row: Row) -> tuple[str, ...]:
        """The values that decide on a row with these scores."""
        aliases = tuple(scores)
        names = self._names.get(aliases)
        if names is None:
            names = self._names[aliases] = self._deciding(scores, row)
        return names

    def alias_of(self, reward: str, scores: Scores, row: Row) -> str | None:
        """The alias under which a built-in reward judged the row; None where it did not."""
        return next((alias for alias in scores if self._reward_name(alias, row) == reward), None)

    def _deciding(self, scores: Scores, row: Row) -> tuple[str, ...]:
        if self.name is not None:
            known = [*scores, REWARD]
            if self.name.partition(".")[0] not in known:
                raise InputError(
                    f"{row.where}: no score {self.name!r} says whether it is correct{nearest(self.name, known)}"
                )
            return (self.name,)
        if not scores:
            return (REWARD,)
        reads = [alias for alias in scores if self._is_reader(alias, row)]
        paid = [alias for alias in reads if is_paid(scores[alias]["weight"])]
        if paid or reads:
            return tuple(paid or reads)
        if len(scores) == 1:
            return tuple(scores)
        raise InputError(
            f"{row.where}: none of its scores ({', '.join(scores)}) is known to say whether a completion is correct; "
            f"name the one that does: --verdict {next(iter(scores))}, or --verdict reward"
        )

    def _reward_name(self, alias: str, row: Row) -> str:
        """The name of the built-in reward behind an alias: from the file beside the scored one, else the alias."""
        names = self._meta.get(row.source)
        if names is None:
            names = self._meta[row.source] = _names_in_meta(row.source)
        return names.get(alias, alias)

    def _is_reader(self, alias: str, row: Row) -> bool:
        if self._readers is not None:
            return alias in self._readers
        name = self._reward_name(alias, row)
        if name not in self._reads:
            self._reads[name] = name in built_in.REWARDS and _reads(name)
        return self._reads[name]


def _is_behind_closed_gate(judgement: Judgement, name: str) -> bool:
    score = judgement.scores.get(name) or judgement.scores.get(name.partition(".")[0])
    return score is not None and score["kind"] == "not_asked" and bool((score.get("details") or {}).get("gate"))


def _reads(name: str) -> bool:
    try:
        return "ground_truth" in load_registry(()).get(name).reward.reads
    except RewardkitError:
        return False


def _names_in_meta(source: str) -> Mapping[str, str]:
    """The rewards by alias in the file that `score` wrote beside its output; those of ours by their short names."""
    try:
        content = json.loads(meta_path(Path(source)).read_bytes())
        rewards = content["rewards"]
        return {alias: str(one["reward"]).removeprefix(f"{built_in.DISTRIBUTION}:") for alias, one in rewards.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
