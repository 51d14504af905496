"""The printed output of rewards is seen, with the reward's name and within bounds."""

import sys
import threading
import warnings

import pytest

from rewardkit import Scorer
from rewardkit.workers.prints import CHARACTERS, LINES, Printed, PrintLog, Prints


def test_prints_of_a_reward_reach_the_log_with_its_name(caplog: pytest.LogCaptureFixture):
    def loud(completion):
        print("got", completion)
        print("odd", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return 1.0

    with Scorer({"rewards": {"loud": loud}}, workers=1) as scorer:
        assert scorer.score([{"completion": "x\x1b[31m"}])[0].reward == 1.0
    assert "loud printed: got x␛[31m" in caplog.text
    assert "loud printed: odd" in caplog.text
    assert "UserWarning: careful" in caplog.text


def test_what_was_printed_before_a_hang_is_seen(caplog: pytest.LogCaptureFixture):
    def stuck(completion):
        print("here")
        while True:
            pass

    with Scorer({"rewards": {"stuck": stuck}, "limits": {"deadline_s": 0.3}}, workers=1) as scorer:
        assert scorer.score([{"completion": "x"}])[0].scores["stuck"].status == "failed"
    assert "stuck printed: here" in caplog.text


def test_a_reward_that_prints_much_is_cut_off(caplog: pytest.LogCaptureFixture):
    def loud(completion):
        for number in range(1000):
            print(number, "x" * 10_000)
        return 1.0

    with Scorer({"rewards": {"loud": loud}}, workers=2) as scorer:
        scorer.score([{"completion": "x"}] * 50)
    lines = [record.message for record in caplog.records if record.message.startswith("loud")]
    assert len(lines) == LINES + 1
    assert max(map(len, lines)) < CHARACTERS + 100
    assert "more than 20 lines" in lines[-1]


def test_lines_are_handed_on_whole_and_by_their_reward():
    asked = ["a"]
    got: list[Printed] = []
    prints = Prints(lambda: asked[0], got.append)
    prints.write("one ")
    asked[0] = "b"
    prints.write("two\n")
    asked[0] = "a"
    prints.write("line\nrest")
    assert got == [("b", "two"), ("a", "one line")]


def test_threads_of_a_reward_may_print():
    got: list[Printed] = []
    prints = Prints(lambda: "a", got.append)
    threads = [threading.Thread(target=prints.write, args=("x\n",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [("a", "x")] * 8


def test_all_workers_together_show_a_bounded_number_of_lines(caplog: pytest.LogCaptureFixture):
    log = PrintLog()
    for number in range(100):
        log.add(Printed("a", str(number)))
    assert len(caplog.records) == LINES + 1
