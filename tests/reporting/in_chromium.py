"""The page in a real browser, with 10,000 rows: `make test-browser`. Not part of the suite: it needs Chromium."""

import json

import pytest
from report_chromium import Chromium
from report_rows import HOSTILE, judged

from rewardkit.reporting import report

ROWS = 10_000
READY = """new Promise(done => {
    const look = () => document.documentElement.dataset.ready ? done(true) : setTimeout(look, 20);
    look();
})"""
FILTER = """(text => {
    const began = performance.now();
    $('q').value = text;
    apply();
    return [performance.now() - began, state.shown.length];
})"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    words = "therefore the remaining terms cancel and we compare both sides again " * 30
    rows = [judged(n, step=n // 100) for n in range(ROWS - len(HOSTILE))]
    for row in rows:
        row["completion"] = row["completion"].replace("thinks", f"thinks {words}")
    rows += [judged(ROWS - len(HOSTILE) + n, step=99, completion=text) for n, text in enumerate(HOSTILE)]
    file = folder / "scored.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Chromium() as opened:
        opened.open(report([file], folder / "report.html"))
        yield opened


def test_ten_thousand_rows_are_painted_in_a_second(browser):
    painted = browser.run("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first paint {painted:.0f} ms")
    assert painted < 1000


def test_a_filter_takes_less_than_a_tenth_of_a_second(browser):
    assert browser.run(READY)
    for text, found in (
        ("row 777 thinks", 1),
        ("both sides again", ROWS - len(HOSTILE)),
        ("question 25?", 4),
        ("", ROWS),
    ):
        taken, shown = browser.run(f"{FILTER}({json.dumps(text)})")
        print(f"filter {text!r}: {taken:.0f} ms")
        assert shown == found
        assert taken < 100


def test_no_request_leaves_the_page_and_no_completion_runs(browser):
    for number in range(len(HOSTILE)):
        browser.run(f"apply(); select({ROWS - 1 - number}, true)")
        assert browser.run("document.querySelector('#detail pre') !== null")
    assert browser.run("window.hit === undefined && !document.querySelector('img, a, iframe')")
    assert [url for url in browser.requests() if not url.startswith("file:")] == []
    assert not [event for event in browser.events if event.get("method") == "Runtime.exceptionThrown"]


def test_the_list_holds_only_what_is_seen(browser):
    browser.run("$('q').value = ''; apply(); $('list').scrollTop = 150000")
    browser.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert 10 < browser.run("document.querySelectorAll('#list .line').length") < 100
    assert browser.run("Math.abs(Number(document.querySelector('#list .line').firstChild.textContent) - 5000) < 20")


def test_the_keyboard_moves_opens_closes_and_searches(browser):
    browser.run("$('q').value = ''; apply(); document.activeElement.blur(); close()")
    for key in ("j", "j", "Enter"):
        browser.key(key)
    assert browser.run("state.selected === 1 && !$('detail').hidden")
    assert browser.run("$('detail').textContent.includes('row 1 thinks')")
    browser.key("Escape")
    browser.key("/")
    assert browser.run("$('detail').hidden && document.activeElement.id === 'q'")


def test_a_narrow_page_does_not_scroll_sideways(browser):
    browser.ask("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=2, mobile=True)
    browser.run("apply(); select(3, true)")
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    browser.ask("Emulation.clearDeviceMetricsOverride")


def test_kinds_groups_and_sorting_narrow_the_rows(browser):
    assert browser.run("$('q').value = ''; state.group = 25; apply(); state.shown.join()") == "100,101,102,103"
    assert browser.run("$('sort').value = 'reward|down'; apply(); ROWS.reward[state.shown[0]]") == 1.1
    browser.run("$('filters').reset()")
