"""All checks, in the order in which they run: name, the property that should hold, and the function that looks."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from rewardkit.testing import earning_checks as earning
from rewardkit.testing import interface_checks as interface
from rewardkit.testing import judging_checks as judging
from rewardkit.testing.report import CheckResult
from rewardkit.testing.subject import InapplicableError, Subject

FAULTS_SHOWN = 3


class Check(NamedTuple):
    """A property of a reward. `run` gives a line for each breach of it."""

    name: str
    about: str
    run: Callable[[Subject], Iterable[str]]


_ALL = (
    Check("starts_and_closes", "it can be built and closed", interface.starts_and_closes),
    Check("imports_nothing_heavy", "listing rewards imports it, so heavy modules wait for __init__",
          interface.imports_nothing_heavy),
    Check("documented", "a user reads what it and each parameter mean", interface.documented),
    Check("params_round_trip", "parameters survive JSON, and a misspelt one is refused", interface.params_round_trip),
    Check("judges", "each ordinary sample gets a sound, finite Score", judging.judges),
    Check("full_earns_most", "right completions earn the most", earning.full_earns_most),
    Check("zero_earns_nothing", "wrong completions are scored, and earn nothing", earning.zero_earns_nothing),
    Check("malformed_earns_nothing", "unreadable completions earn nothing, and do not make it fail",
          earning.malformed_earns_nothing),
    Check("expected_values", "samples get the values that they expect", earning.expected_values),
    Check("same_twice", "the same sample gets the same score again", judging.same_twice),
    Check("order_is_irrelevant", "the order of samples changes no score", judging.order_is_irrelevant),
    Check("batch_equals_singles", "samples in one call are judged as each alone", judging.batch_equals_singles),
    Check("messages_like_text", "a chat message is judged as the same text", judging.messages_like_text),
    Check("thread_safe", "it judges in a thread that is not the main one", judging.thread_safe),
    Check("event_loop_safe", "it judges while an event loop runs", judging.event_loop_safe),
    Check("empty_earns_nothing", "saying nothing earns nothing", earning.empty_earns_nothing),
    Check("echo_earns_nothing", "repeating the prompt earns nothing", earning.echo_earns_nothing),
    Check("ground_truth_earns_nothing", "tests or criteria, repeated as the completion, earn nothing",
          earning.ground_truth_earns_nothing),
    Check("missing_ground_truth_abstains", "without a ground truth it abstains, and never gives 0",
          earning.missing_ground_truth_abstains),
    Check("keeps_deadline", "no text that a model can write makes it hang or crash", judging.keeps_deadline),
    Check("never_raises", "no text that a model can write makes it raise", judging.never_raises),
    Check("values_in_range", "values stay in the range that it declares", judging.values_in_range),
)  # fmt: skip

START = "starts_and_closes"
"""The check without which no other says anything."""

CHECKS = {check.name: check for check in _ALL}
"""By name."""


def run(check: Check, subject: Subject) -> CheckResult:
    """Runs one check. What the reward raises outside of `score` is a fault too."""
    try:
        faults = list(islice(check.run(subject), FAULTS_SHOWN + 1))
    except InapplicableError as reason:
        return CheckResult(check.name, check.about, "not checked", str(reason))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's code may raise anything
        return CheckResult(check.name, check.about, "fault", f"it raised {type(error).__name__}: {error}"[:500])
    if len(faults) > FAULTS_SHOWN:
        faults[FAULTS_SHOWN:] = ["and more"]
    return CheckResult(check.name, check.about, "fault" if faults else "passed", "; ".join(faults))
