"""The reward `code`: the program in an answer, judged by its tests in a sandbox."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from rewardkit import ConfigError, Reward, RewardContext, RewardParams, Sample, Score, strip_end_tokens
from rewardkit_code.assemble import assembled, could_be_program
from rewardkit_code.extract import Language, Program, extract_program, foreign_language
from rewardkit_code.judge import Isolation, judge
from rewardkit_code.layouts import GroundTruthError, UnsupportedTestsError, read_tests
from rewardkit_code.outcomes import Outcome, Verdict, by_group, by_test
from rewardkit_code.runner import BudgetError, Kept
from rewardkit_code.tests_model import InteractiveTests, PredictionTests, StdinTests, Tests, TypedTests, size
from rewardkit_code.ways.prediction import predicted_text
from rewardkit_sandbox import (
    LazySandbox,
    Limits,
    SandboxBrokeError,
    SandboxUnavailableError,
    SandboxUnsupportedError,
    open_sandbox,
)

MIB = 1024 * 1024
TESTS_IN_DEADLINE = 20
"""Tests that lengthen the time for a sample by a deadline."""
RISK_OF_READERS = "in_process: a program that reads its tests can pass"
"""The line on verdicts of tests that ran in the program's own process with what they expect."""
CppStd = Literal[
    "gnu++20", "gnu++11", "gnu++14", "gnu++17", "gnu++23", "c++11", "c++14", "c++17", "c++20", "c++23"
]  # fmt: skip


class CodeParams(RewardParams):
    """Parameters of the reward `code`."""

    score: Literal["all", "share"] = "all"
    """`all`: 1 if every test passes, else 0. `share`: the share of tests that pass."""
    take: Literal["last", "first", "all"] = "last"
    """Which of several fenced blocks is the program; `all` puts them after each other."""
    languages: tuple[Language, ...] = Field(default=("python",), min_length=1)
    """Languages that a program may be written in; all but Python for tests on standard input, and for tests that are
    written in that language themselves. A fence that names none is taken for the first."""
    std: CppStd = "gnu++20"
    """Standard of programs in C++."""
    unfenced: bool = True
    """True if an answer without any fence is taken for a program as it stands."""
    isolation: Isolation = "auto"
    """How tests written in Python are kept from the program. `separate`: they run in another process, and no expected
    value enters the program's. `taken_out`: they run in the program's process without their expected values, which are
    compared outside; only where every one can be taken out. `auto`: the first, and the second for what it cannot carry.
    `in_process`: they run there as they are: a program that reads its tests can pass. The sandbox holds as ever.
    """
    cpu_s: int = Field(default=8, ge=1)
    """CPU seconds of one test: of a case on standard input, of a call, of an assertion. All tests of a sample may take
    together what its deadline leaves; if that is too little though no test was slow, the score is `failed`."""
    memory_mb: int = Field(default=512, ge=32)
    """Megabytes (MiB) of all processes of a run together."""
    output_mb: int = Field(default=16, ge=1)
    """Megabytes (MiB) that a run may write."""


class CodeReward(Reward):
    """1 if the program in the answer passes its tests, judged in a sandbox; else 0."""

    name = "code"
    Params = CodeParams
    cost_ms = 15.0
    value_range = (0.0, 1.0)
    control_completion = "```python\npass\n```"
    deadlines = 6.0
    reads = ("ground_truth",)

    def __init__(self, params: CodeParams, context: RewardContext) -> None:
        super().__init__(params, context)
        self._limits = Limits(
            cpu_s=params.cpu_s, memory_bytes=params.memory_mb * MIB, output_bytes=params.output_mb * MIB
        )
        self._kept = Kept()
        try:
            self._sandbox = LazySandbox(context.sandbox)
        except SandboxUnavailableError as error:
            raise ConfigError(f"sandbox: {error}") from error

    @classmethod
    def provenance(cls, params: CodeParams, context: RewardContext) -> Mapping[str, Any]:
        """The sandbox that is used here: its backend, how it isolates, and its image if it has one."""
        del params
        with open_sandbox(context.sandbox) as sandbox:
            known = {"sandbox": sandbox.name, "isolation": sandbox.isolation, "image": sandbox.image}
        return {name: value for name, value in known.items() if value}

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        return [self._score(sample) for sample in samples]

    def close(self) -> None:
        self._sandbox.close()

    def _score(self, sample: Sample) -> Score:
        try:
            tests = read_tests(sample)
        except UnsupportedTestsError as exc:
            return Score.abstained(f"ground truth: {exc}", kind="unsupported")
        except GroundTruthError as exc:
            return Score.abstained(f"ground truth: {exc}", kind="unreadable_ground_truth")
        if tests is None:
            return Score.abstained("the ground truth holds no tests", kind="no_ground_truth")
        params = self.params
        # Without reasoning the text itself, since the first line of a function's body may be indented.
        answer = strip_end_tokens(sample.completion_text) if sample.parts.reasoning is None else sample.parts.answer
        if isinstance(tests, PredictionTests):
            return self._judged(tests, Program("python", predicted_text(answer)))
        needed = tests.language if isinstance(tests, TypedTests) else None
        if needed and needed not in params.languages:
            reason = f"tests in {needed}, which this rubric does not run: languages is {list(params.languages)}"
            return Score.abstained(reason, kind="unsupported")
        program = extract_program(
            answer,
            params.languages if needed is None else (needed, *params.languages),
            take=params.take,
            unfenced=params.unfenced,
            fits=lambda text: could_be_program(text, tests),
        )
        if program is None:
            if isinstance(tests, StdinTests | InteractiveTests) and (other := foreign_language(answer)):
                reason = f"a program in {other}, which this rubric does not run: languages is {list(params.languages)}"
                return Score.abstained(reason, kind="unsupported")
            verdict = Verdict.COMPILE_ERROR.value
            return Score.scored(0.0, "the answer holds no program", kind="no_answer", verdict=verdict)
        if program.language != (needed or "python") and not isinstance(tests, StdinTests | InteractiveTests):
            reason = f"the tests call {(needed or 'python').capitalize()}, the program is {program.language}"
            return Score.scored(0.0, reason, verdict=Verdict.COMPILE_ERROR.value)
        std = params.std if program.language == "c++" else ""
        program = program._replace(text=assembled(program.text, tests), std=std)
        return self._judged(tests, program)

    def _judged(self, tests: Tests, program: Program) -> Score:
        budget_s = self._budget_s(tests)
        try:
            outcome = self._judge(tests, program, budget_s)
        except (UnsupportedTestsError, SandboxUnsupportedError) as exc:
            return Score.abstained(str(exc), kind="unsupported")
        except GroundTruthError as exc:
            return Score.abstained(f"ground truth: {exc}", kind="unreadable_ground_truth")
        except BudgetError as exc:
            return Score.failed(str(exc), kind=exc.kind)
        except SandboxUnavailableError as exc:
            return Score.failed(str(exc), kind="sandbox_error")
        except SandboxBrokeError as exc:
            return self._again(tests, program, budget_s, exc)
        return self._scored(outcome, tests)

    def _budget_s(self, tests: Tests) -> float:
        """Seconds for all runs of a sample: a deadline, and a twentieth of one for each test, up to `deadlines`."""
        deadline_s = self.context.deadline_s
        granted_s = min(self.deadlines, 1 + size(tests) / TESTS_IN_DEADLINE) * deadline_s
        # A tenth less, and half a second at least, so that this gives up before the worker is killed.
        return granted_s - max(0.5, 0.1 * deadline_s)

    def _again(self, tests: Tests, program: Program, budget_s: float, first: SandboxBrokeError) -> Score:
        """Once more in a fresh sandbox: a program that breaks that one too is at fault, unless it breaks without it."""
        self.close()
        try:
            return self._scored(self._judge(tests, program, budget_s), tests)
        except (UnsupportedTestsError, SandboxUnsupportedError) as exc:
            return Score.abstained(str(exc), kind="unsupported")
        except BudgetError as exc:
            return Score.failed(str(exc), kind=exc.kind)
        except SandboxUnavailableError as exc:
            return Score.failed(str(exc), kind="sandbox_error")
        except SandboxBrokeError as second:
            self.close()
            try:
                self._judge(tests, Program("python", "pass"), 5.0)
            except (SandboxBrokeError, SandboxUnavailableError, BudgetError) as exc:
                return Score.failed(
                    f"the sandbox is broken: {exc}", kind="sandbox_error", verdict=Verdict.NO_VERDICT.value
                )
            return Score.scored(
                0.0, f"the program broke its sandbox twice: {first}; {second}", verdict=Verdict.RUNTIME_ERROR.value
            )

    def _judge(self, tests: Tests, program: Program, budget_s: float) -> Outcome:
        stop = self.params.score == "all"
        return judge(
            tests,
            program,
            self._sandbox.get(),
            self._limits,
            budget_s,
            stop_at_failure=stop,
            isolation=self.params.isolation,
            kept=self._kept,
        )

    def _scored(self, outcome: Outcome, tests: Tests) -> Score:
        sandbox = self._sandbox.get()
        passed = outcome.verdict is Verdict.PASSED
        if outcome.verdict is Verdict.WRONG and isinstance(tests, StdinTests) and tests.other_outputs:
            reason = f"{outcome.failure}; other outputs may be right, and the task's checker cannot be run here"
            return Score.abstained(reason, kind="unsupported")
        value = 1.0 if passed else 0.0
        if self.params.score == "share" and outcome.total:
            value = outcome.passed / outcome.total if not passed else 1.0
        reason = (
            f"passed: {outcome.passed} of {outcome.total} tests"
            + (f" ({RISK_OF_READERS})" if outcome.isolation == "in_process" else "")
            if passed
            else f"{outcome.verdict.value}: {outcome.failure}"
        )
        return Score.scored(
            value,
            reason,
            kind="judged" if passed else _KINDS.get(outcome.verdict, "judged"),
            verdict=outcome.verdict.value,
            passed=outcome.passed,
            tests=outcome.total,
            first_failure=outcome.failure or None,
            results=by_test(outcome),
            groups=by_group(outcome) or None,
            tests_isolation=outcome.isolation,
            risk=RISK_OF_READERS if outcome.isolation == "in_process" else None,
            assertions=f"{outcome.total} of {outcome.total}" if outcome.isolation == "taken_out" else None,
            sandbox=sandbox.name,
            isolation=sandbox.isolation,
        )


_KINDS: dict[Verdict, Literal["malformed", "time_limit", "memory_limit", "output_limit"]] = {
    Verdict.TIME: "time_limit",
    Verdict.MEMORY: "memory_limit",
    Verdict.OUTPUT: "output_limit",
    Verdict.COMPILE_ERROR: "malformed",
}
