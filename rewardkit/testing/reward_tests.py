"""A class to inherit: each check of a reward is a test of pytest."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rewardkit.sample import Sample
from rewardkit.testing.checks import CHECKS
from rewardkit.testing.examine import examine
from rewardkit.testing.report import CheckResult
from rewardkit.testing.target import targets_of


class RewardTests:
    """Tests of a reward; a subclass says which, and brings samples. The attributes are those of `check_reward`."""

    reward: ClassVar[Any]
    """A class or function, a name, a file, a module or a distribution."""
    samples: ClassVar[Sequence[Sample | Mapping[str, Any]]] = ()
    params: ClassVar[Mapping[str, Any]] = {}
    skip: ClassVar[Mapping[str, str]] = {}
    idle_reward: ClassVar[float] = 0.0
    deadline_s: ClassVar[float] = 10.0

    @classmethod
    def _results(cls) -> Mapping[str, list[CheckResult]]:
        """The results of each check, of all rewards that are meant; found out by the first test, for all of them."""
        if "_found" not in vars(cls):
            reports = [
                examine(
                    target,
                    cls.samples,
                    params=cls.params,
                    skip=cls.skip,
                    idle_reward=cls.idle_reward,
                    deadline_s=cls.deadline_s,
                )
                for target in targets_of(cls.reward)
            ]
            cls._found = {  # type: ignore[attr-defined]
                name: [result for report in reports for result in report.results if result.check == name]
                for name in CHECKS
            }
        return cls._found  # type: ignore[attr-defined, no-any-return]

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Makes a test of each check."""
        if "check" in metafunc.fixturenames:
            metafunc.parametrize("check", list(CHECKS))

    def test_reward(self, check: str) -> None:
        """Fails with what the check has found."""
        import pytest  # noqa: PLC0415 - who runs this has it

        results = self._results()[check]
        faults = [result for result in results if result.outcome == "fault"]
        if faults:
            pytest.fail("\n".join(f"{fault.about}: {fault.found}" for fault in faults), pytrace=False)
        if all(result.outcome == "not checked" for result in results):
            pytest.skip("; ".join(dict.fromkeys(result.found for result in results)))
