"""Scores that were given before: found again only where nothing that decides them has changed, and never spoiled."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from rewardkit import ConfigError, Reward, Rubric, Scorer
from rewardkit.cache import keys
from rewardkit.cache import store as stores
from rewardkit.cache.keys import reward_keys, sample_digest
from rewardkit.cache.store import Entry, Store
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve
from rewardkit.sample import Sample

COUNTING = """
from pathlib import Path
import rewardkit

LOG = Path({log!r})

def note(name):
    with LOG.open("a") as log:
        log.write(name + "\\n")

@rewardkit.reward
def length(completion, factor: int = 1):
    note("length")
    return float(len(completion) * factor)

@rewardkit.reward(deterministic=False)
def drawn(completion):
    note("drawn")
    return 1.0

@rewardkit.reward
def failing(completion):
    note("failing")
    raise ValueError("no")

@rewardkit.reward(sees="group")
def rank(completions):
    note("rank")
    return [float(sorted(completions).index(one)) for one in completions]

@rewardkit.reward(needs=["length"])
def half(completion, length):
    note("half")
    return length.value / 2

@rewardkit.reward
def fixed(completion, value: float = 1):
    return value

@rewardkit.reward(runs="service")
def served(completion):
    note("served")
    return {{"value": 1.0}}["value"]
"""


@pytest.fixture
def counted(tmp_path):
    """A plugin file whose rewards note each question, a folder for the cache, and a way to judge with both."""
    file, log, folder = tmp_path / "counting.py", tmp_path / "log", tmp_path / "cache"
    file.write_text(COUNTING.format(log=str(log)))

    def judge(rewards, rows, **options):
        log.write_text("")
        with Scorer({"rewards": rewards, **options}, workers=1, plugins=[file], cache=folder) as scorer:
            results = scorer.score(rows)
        asked = log.read_text().split()
        return [result.model_dump() for result in results], {name: asked.count(name) for name in set(asked)}

    return SimpleNamespace(judge=judge, file=file, folder=folder, log=log)


ROWS = [{"completion": text, "prompt": "p", "ground_truth": "g"} for text in ("a", "bb", "ccc")]


def test_what_is_known_is_not_asked_again_and_is_the_same(counted):
    first, asked = counted.judge({"length": {}, "rank": {}}, ROWS)
    again, asked_again = counted.judge({"length": {}, "rank": {}}, ROWS)
    assert asked == {"length": 3, "rank": 1}
    assert (again, asked_again) == (first, {})


def test_new_rows_among_known_ones_are_asked_alone(counted):
    counted.judge({"length": {}}, ROWS)
    results, asked = counted.judge({"length": {}}, [*ROWS, {"completion": "dddd"}])
    assert asked == {"length": 1}
    assert [result["reward"] for result in results] == [1, 2, 3, 4]


def test_a_weight_decides_no_score(counted):
    counted.judge({"length": {}}, ROWS)
    results, asked = counted.judge({"length": {"weight": 3}}, ROWS)
    assert asked == {}
    assert [result["reward"] for result in results] == [3, 6, 9]


@pytest.mark.parametrize(
    "field",
    [
        {"completion": "z"},
        {"prompt": "q"},
        {"ground_truth": "h"},
        {"ground_truth": ["g"]},
        {"ground_truth": 1},
        {"ground_truth": None},
        {"columns": {"extra": 1}},
        {"renamed": {"extra": 1}},
        {"reasoning": "r"},
        {"prefill": "<think>"},
        {"reasoning_format": "think"},
        {"group": "x"},
        {"truncated": True},
        {"completion_tokens": 3},
        {"completion": [{"role": "assistant", "content": "a"}]},
    ],
    ids=str,
)
def test_each_field_of_a_sample_decides(field):
    assert sample_digest(Sample(**ROWS[0] | field)) != sample_digest(Sample(**ROWS[0]))


def test_another_column_makes_another_question(counted):
    counted.judge({"length": {}}, ROWS)
    assert counted.judge({"length": {}}, [*ROWS[:2], ROWS[2] | {"step": 7}])[1] == {"length": 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (1, "1"), ([1], (1,)), ({1: 2}, {"1": 2}), (0.0, -0.0), (None, float("nan"))],
)
def test_values_that_only_look_alike_are_told_apart(one, other):
    digests = {sample_digest(Sample(completion="a", columns={"x": value})) for value in (one, other)}
    assert len(digests) == 2


def test_equal_samples_have_one_digest_however_they_were_made():
    text = " ".join(made_now for made_now in ("some", "text"))
    made = Sample(completion=text, prompt="some text", columns={"a": text, "b": "some text"})
    assert sample_digest(made) == sample_digest(Sample.model_validate_json(made.model_dump_json()))


def test_a_sample_of_more_than_plain_data_is_asked_each_time(counted):
    rows = [Sample(completion="a", columns={"x": Path("x")})]
    counted.judge({"length": {}}, rows)
    assert counted.judge({"length": {}}, rows)[1] == {"length": 1}


def key_of_math(**rubric):
    built = Rubric.of({"rewards": {"math": {}}} | rubric)
    return reward_keys(built, resolve(built, load_registry()))["math"]


@pytest.mark.parametrize(
    "rubric",
    [
        {"rewards": {"math": {"params": {"percent": "strict"}}}},
        {"rewards": {"math": {"limits": {"deadline_s": 3}}}},
        {"limits": {"memory_mb": 1024}},
        {"sandbox": "docker"},
        {"rewards": {"math": {"reward": "math_verify"}}},
    ],
    ids=str,
)
def test_parameters_limits_and_sandbox_decide(rubric):
    assert key_of_math(**rubric) not in (key_of_math(), None)


@pytest.mark.parametrize(
    "rubric", [{"rewards": {"math": {"weight": 3}}}, {"combine": "product"}, {"clip": [0, 1]}], ids=str
)
def test_what_only_composes_decides_nothing(rubric):
    assert key_of_math(**rubric) == key_of_math()


@pytest.mark.parametrize("what", ["python", "a dependency", "the source", "the judge model"])
def test_what_a_reward_stands_on_decides(what, monkeypatch):
    before = key_of_math()
    change = {
        "python": lambda: monkeypatch.setattr("platform.python_version", lambda: "3.99"),
        "a dependency": lambda: monkeypatch.setattr(keys, "versions", lambda *_, **__: {"sympy": "99"}),
        "the source": lambda: monkeypatch.setattr(keys, "_hash_of_source", lambda _: "other"),
        "the judge model": lambda: monkeypatch.setattr(Reward, "provenance", classmethod(lambda *_: {"model": "m"})),
    }
    change[what]()
    assert key_of_math() not in (before, None)


def test_the_source_of_a_plugin_file_and_of_modules_beside_it_decides(counted):
    counted.judge({"length": {}}, ROWS)
    counted.file.write_text(counted.file.read_text() + "\n# changed\n")
    assert counted.judge({"length": {}}, ROWS)[1] == {"length": 3}
    (counted.file.parent / "helper.py").write_text("X = 1\n")
    assert counted.judge({"length": {}}, ROWS)[1] == {"length": 3}


def test_what_failed_is_asked_again(counted):
    counted.judge({"failing": {}}, ROWS)
    results, asked = counted.judge({"failing": {}}, ROWS)
    assert asked == {"failing": 3}
    assert results[0]["scores"]["failing"]["status"] == "failed"


def test_what_is_not_deterministic_is_asked_again(counted):
    counted.judge({"drawn": {}, "length": {}}, ROWS)
    assert counted.judge({"drawn": {}, "length": {}}, ROWS)[1] == {"drawn": 3}


def test_a_python_function_is_asked_again(tmp_path):
    log = tmp_path / "log"

    def noting(completion):
        with log.open("a") as out:
            out.write("x")
        return 1.0

    for _ in range(2):
        with Scorer({"rewards": {"noting": noting}}, workers=1, cache=tmp_path / "cache") as scorer:
            scorer.score(ROWS)
    assert log.read_text() == "x" * 6


def test_a_score_that_another_one_needs_decides(counted):
    rewards = {"length": {"weight": 0}, "half": {}}
    first, _ = counted.judge(rewards, ROWS)
    assert counted.judge(rewards, ROWS) == (first, {})
    doubled = {"length": {"weight": 0, "params": {"factor": 2}}, "half": {}}
    results, asked = counted.judge(doubled, ROWS)
    assert asked == {"length": 3, "half": 3}
    assert [result["reward"] for result in results] == [1, 2, 3]


def test_a_closed_gate_leaves_nothing_behind(counted):
    closed = {"length": {"gate": {"brief": 1}}, "brief": {"reward": "fixed", "params": {"value": 0}}}
    opened = {"length": {"gate": {"brief": 1}}, "brief": {"reward": "fixed", "params": {"value": 1}}}
    results, asked = counted.judge(closed, ROWS)
    assert (asked, results[0]["scores"]["length"]["kind"]) == ({}, "not_asked")
    assert counted.judge(opened, ROWS)[1] == {"length": 3}
    assert counted.judge(closed, ROWS) == (results, {})


def test_a_group_is_known_only_whole_and_in_its_order(counted):
    rewards = {"rank": {}}
    counted.judge(rewards, ROWS)
    assert counted.judge(rewards, ROWS[:2])[1] == {"rank": 1}
    assert counted.judge(rewards, ROWS[::-1])[1] == {"rank": 1}
    assert counted.judge(rewards, ROWS)[1] == {}


def test_a_service_is_asked_only_what_is_new(counted):
    rewards = {"served": {}, "length": {}}
    first, asked = counted.judge(rewards, ROWS)
    assert asked == {"served": 3, "length": 3}
    assert counted.judge(rewards, ROWS) == (first, {})
    with sqlite3.connect(counted.folder / "scores.sqlite") as database:
        served = "SELECT id FROM rewards WHERE name LIKE '%:served'"
        database.execute(f"DELETE FROM scores WHERE reward IN ({served})")
    results, asked = counted.judge(rewards, [*ROWS, {"completion": "new"}])
    assert asked == {"served": 4, "length": 1}
    assert results[:3] == first


def test_the_folder_tells_nothing_of_the_samples(tmp_path):
    secret = "the launch code is 7316"
    row = {"completion": f"I think that {secret}. \\boxed{{4242}}", "ground_truth": "4242"}
    with Scorer({"rewards": {"math": {}}}, workers=1, cache=tmp_path) as scorer:
        (result,) = scorer.score([row])
    assert "4242" in json.dumps(result.model_dump())
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert stored
    assert not [word for word in (b"launch", b"7316", b"4242", b"reason", b"scored") if word in stored]


def test_a_second_run_at_the_same_time_only_reads(tmp_path):
    first = Store(tmp_path)
    first.put([ENTRY])
    second = Store(tmp_path)
    assert (first.writes, second.writes) == (True, False)
    second.put([ENTRY._replace(secret=b"other")])
    assert second.get([ENTRY.secret, b"other"]) == {ENTRY.secret: ENTRY.score}
    with pytest.raises(ConfigError, match="another run writes"):
        second.prune(before=0)
    second.close()
    first.close()
    third = Store(tmp_path)
    assert third.writes
    third.close()


ENTRY = Entry("dist:name", b"reward", b"secret" * 5, b"[[1.0]]")


def test_a_spoiled_entry_is_never_used(tmp_path):
    store = Store(tmp_path)
    store.put([ENTRY, ENTRY._replace(secret=b"other")])
    store.close()
    with sqlite3.connect(tmp_path / "scores.sqlite") as database:
        (key, score), *_ = database.execute("SELECT key, score FROM scores").fetchall()
        database.execute("UPDATE scores SET score = ? WHERE key = ?", (score[:-1] + bytes([score[-1] ^ 1]), key))
    store = Store(tmp_path)
    assert len(store.get([ENTRY.secret, b"other"])) == 1
    assert store.damaged() == 1
    store.close()


def test_an_entry_does_not_stand_for_another(tmp_path):
    store = Store(tmp_path)
    store.put([ENTRY, ENTRY._replace(secret=b"other", score=b"[[0.0]]")])
    store.close()
    with sqlite3.connect(tmp_path / "scores.sqlite") as database:
        (key, _), (_, score) = database.execute("SELECT key, score FROM scores").fetchall()
        database.execute("UPDATE scores SET score = ? WHERE key = ?", (score, key))
    store = Store(tmp_path)
    assert store.damaged() == 1
    store.close()


def test_a_file_that_is_no_cache_is_refused(tmp_path):
    (tmp_path / "scores.sqlite").write_bytes(b"something else, much longer than a header of SQLite" * 100)
    with pytest.raises(ConfigError, match=r"cache .*not a database; name another folder, or delete this one"):
        Store(tmp_path)


def test_a_cache_of_another_version_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "scores.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="another version of rewardkit made it"):
        Store(tmp_path)


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    mounts = [("/", "ext4"), (str(tmp_path), "nfs4"), (str(tmp_path / "local"), "tmpfs")]
    monkeypatch.setattr(stores, "_mounts", lambda: iter(mounts))
    with pytest.raises(ConfigError, match=r"network file system \(nfs4\)"):
        Store(tmp_path / "cache")
    Store(tmp_path / "local").close()


def test_pruning_by_age_reward_and_size(tmp_path, monkeypatch):
    store = Store(tmp_path)
    for day in range(4):
        monkeypatch.setattr(stores, "time", lambda day=day: day * 86400)
        many = [
            Entry(f"dist:{name}", name.encode(), f"{name}{day}{number}".encode(), os.urandom(4000))
            for name in ("math", "code")
            for number in range(20)
        ]
        store.put(many)
    assert (store.info().entries, store.info().oldest) == (160, 0)
    assert store.prune(before=86400) == 40
    assert store.prune(reward="code") == 60
    assert [reward.name for reward in store.info().rewards] == ["dist:math"]
    store.prune(larger_than=150_000)
    left = store.info()
    assert left.size <= 150_000
    assert left.entries > 10
    assert left.oldest > 86400
    assert store.prune(before=float("inf")) == left.entries
    store.close()


WRITER = """
import sys
from rewardkit.cache.store import Entry, Store
store = Store(sys.argv[1])
print("ready", flush=True)
for batch in range(10**6):
    store.put([Entry("d:r", b"key", b"%d %d" % (batch, n), b"score %d %d" % (batch, n)) for n in range(20)])
"""


def test_a_writer_that_is_killed_leaves_whole_batches(tmp_path):
    points = Random(7)
    for _ in range(int(os.environ.get("REWARDKIT_KILLS", "3"))):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        writer.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(points.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        store = Store(tmp_path)
        assert store.damaged() == 0
        assert store.info().entries % 20 == 0
        known = store.get([b"%d %d" % (batch, n) for batch in range(50) for n in range(20)])
        assert all(score == b"score " + secret for secret, score in known.items())
        store.close()


def test_the_reason_and_the_details_come_back_as_they_were(tmp_path):
    file = tmp_path / "detailed.py"
    file.write_text(
        "import rewardkit\n"
        "@rewardkit.reward(values=['x', 'y'])\n"
        "def detailed(completion):\n"
        "    return rewardkit.Score.scored({'x': None, 'y': 0.1}, 'because \\u2603', turns=[None, 1.5],\n"
        "                                  big=2**80, nested={'a': [1, 2.5, None, 'é']}, kind='no_answer')\n"
    )
    told = []
    for _ in range(2):
        with Scorer({"rewards": {"detailed": {}}}, workers=1, plugins=[file], cache=tmp_path / "c") as scorer:
            told.append(scorer.score(ROWS)[0].scores["detailed"])
    assert told[0] == told[1]
    assert told[0].details["big"] == 2**80
    assert told[1].values == {"x": None, "y": 0.1}


def cli(*arguments):
    command = [sys.executable, "-m", "rewardkit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


def test_repeating_lists_what_is_not_deterministic(tmp_path):
    plugin = tmp_path / "flaky.py"
    plugin.write_text(
        "import itertools, rewardkit\nCOUNT = itertools.count()\n"
        "@rewardkit.reward\ndef flaky(completion):\n    return float(next(COUNT)) if completion == 'bb' else 1.0\n"
    )
    rubric, rows = tmp_path / "rubric.yaml", tmp_path / "rows.jsonl"
    rubric.write_text("rewards: {flaky: {}, format: {}}\n")
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    run = cli("score", rows, "-c", rubric, "--plugin", plugin, "--workers", 1, "--repeat", 3, "--json")
    assert run.returncode == 0
    assert json.loads(run.stdout)["repeat"]["differing"] == {"flaky": 1}
    assert "judged 3 times: 'flaky' gave different scores on 1 rows" in run.stderr
    assert "row 2, flaky: " in run.stderr


def test_the_command_line_judges_once(tmp_path):
    rows, folder = tmp_path / "rows.jsonl", tmp_path / "cache"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    outputs = []
    for number in range(2):
        run = cli("score", rows, "-c", "default", "-o", tmp_path / f"{number}.jsonl", "--cache", folder)
        assert run.returncode == 0, run.stderr
        outputs.append((tmp_path / f"{number}.jsonl").read_bytes())
    assert outputs[0] == outputs[1]
    assert "0 are new" in run.stderr
    shown = cli("cache", "info", folder)
    assert "rewardkit:format" in shown.stdout
    assert json.loads(cli("cache", "info", folder, "--json").stdout)["entries"] > 3
    assert cli("cache", "verify", folder).returncode == 0
    assert "name --older-than" in cli("cache", "prune", folder).stderr
    assert "0 left" in cli("cache", "prune", folder, "--everything").stderr
    assert "0 entries" in cli("cache", "prune", folder, "--older-than", "30d").stderr
    assert cli("cache", "info", tmp_path / "nothing").returncode == 2
    assert cli("score", rows, "--cache", folder, "--repeat", 2).returncode == 2
