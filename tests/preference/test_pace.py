"""The pace of requests and tokens, by moments that the tests choose."""

from rewardkit_preference.pace import Pace


def test_work_begins_no_faster_than_its_units_allow():
    pace = Pace(per_minute=600)  # one unit in 0.1 s
    assert pace.next_s(10.0) == 10.0
    pace.begin(10.0, units=30)
    assert pace.next_s(11.0) == 13.0
    assert pace.next_s(14.0) == 14.0


def test_what_work_took_takes_the_place_of_its_estimate():
    pace = Pace(per_minute=600)
    pace.begin(10.0, units=30)
    pace.correct(-20)
    assert pace.next_s(10.0) == 11.0
    pace.correct(10)
    assert pace.next_s(10.0) == 12.0


def test_without_a_limit_nothing_waits():
    pace = Pace(None)
    pace.begin(10.0, units=1e9)
    pace.correct(1e9)
    assert pace.next_s(10.0) == 10.0
