"""What a zygote reports of a run that ended by several causes at once."""

import os
import time

import pytest

from rewardkit_sandbox.guest.zygote.zygote import Run


@pytest.mark.parametrize(("burn_s", "end"), [(0.0, "cancel"), (0.6, "cpu")])
def test_a_program_that_used_up_its_time_did_so_even_if_its_driver_ended_first(burn_s, end):
    entered, confined = os.pipe()
    pid = os.fork()
    if pid == 0:
        while time.process_time() < burn_s:
            pass
        os.write(confined, b"1")
        time.sleep(60)
    assert os.read(entered, 1) == b"1"
    os.write(confined, b"1")
    run = Run({"id": 1, "limits": {"cpu_s": 1}}, pid, entered)
    run.kill("cancel")
    assert run.report()["end"] == end
    os.close(confined)


def test_a_test_is_charged_with_the_time_since_the_last_one_ended():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    run = Run({"id": 1, "limits": {"test_cpu_s": 2.0}}, pid, os.dup(0))
    assert [run.test_is_late(cpu_s) for cpu_s in (1.5, 3.0, 3.6)] == [False, False, True]
    run.in_new_test = True
    assert [run.test_is_late(cpu_s) for cpu_s in (4.0, 5.9, 6.1)] == [False, False, True]
    os.waitpid(pid, 0)
