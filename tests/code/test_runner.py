"""A run that is out of time is the program's fault or the machine's, by what each of its processes waited."""

import pytest

from rewardkit_code.runner import BudgetError, Runner
from rewardkit_sandbox import Driven, Limits, RunResult, Usage

WALL_S = 8.0


class Scripted:
    """A sandbox in which every run ends as it is told."""

    def __init__(self, result):
        self.result = result

    def run(self, job, limits):
        return self.result


def driven(driver_waited_s, program_waited_s):
    """A program that was ended for its wall time, and its driver, which ended then."""
    program = RunResult("wall", 9, usage=Usage(wall_s=WALL_S, waited_s=program_waited_s))
    return RunResult(
        "exit", 0, usage=Usage(wall_s=WALL_S + 1, waited_s=driver_waited_s, quiet_s=WALL_S), program=program
    )


def run(result):
    return Runner(Scripted(result), Limits(cpu_s=2, wall_s=WALL_S), 60.0, stop=True)(Driven("", {}), tests=1)


def test_what_a_driver_waits_while_its_program_is_ended_does_not_excuse_the_program():
    result = driven(driver_waited_s=5.0, program_waited_s=0.0)
    assert run(result) is result


def test_a_program_that_waited_for_a_processor_most_of_the_time_is_not_blamed():
    with pytest.raises(BudgetError) as raised:
        run(driven(driver_waited_s=0.0, program_waited_s=7.0))
    assert raised.value.kind == "overloaded"
