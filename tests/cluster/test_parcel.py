"""What a node is sent: it judges as the driver would, or says what it lacks."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rewardkit import ConfigError
from rewardkit.cluster.parcel import base_versions, difference, needed, packed, unpacked, versions, with_params
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve
from rewardkit.rubrics.rubric import Rubric
from rewardkit.workers.pool import WorkerConfig

PLUGIN = """
import rewardkit
from beside_parcel import WORTH

@rewardkit.reward
def worth(completion):
    return WORTH
"""
SLANG = 'import rewardkit\nclass P(rewardkit.RewardParams):\n    path: str = ""\n'
WITH_PATH = SLANG + (
    "class Listed(rewardkit.Reward):\n    name = 'listed'\n    Params = P\n    def score(self, samples):\n"
    "        return [1.0 for _ in samples]\n"
    "@rewardkit.hookimpl\ndef rewardkit_rewards():\n    return [Listed]\n"
)


@pytest.fixture
def driver(tmp_path, monkeypatch) -> Path:
    """The driver's working directory, with plugin files."""
    folder = tmp_path / "driver"
    folder.mkdir()
    (folder / "worth.py").write_text(PLUGIN)
    (folder / "beside_parcel.py").write_text("WORTH = 0.75\n")
    (folder / "listed.py").write_text(WITH_PATH)
    (folder / "words.txt").write_text("one\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield folder
    sys.modules.pop("beside_parcel", None)


def config_of(rubric: Rubric, *files: str) -> WorkerConfig:
    paths = tuple(map(Path, files))
    return WorkerConfig(rubric, resolve(rubric, load_registry(paths)), paths, False, str(Path.cwd()))


def test_a_node_without_the_drivers_files_has_copies_with_the_modules_beside_them(driver, tmp_path):
    rubric = Rubric.of({"rewards": {"worth": {"reward": "worth.py:worth"}}})
    written = packed(config_of(rubric, "worth.py"))
    (driver / "worth.py").unlink()
    (driver / "beside_parcel.py").unlink()
    own = tmp_path / "own"
    code = (  # a process that has never seen the driver's modules
        "import sys, pathlib; from rewardkit.cluster.parcel import unpacked; from rewardkit import Sample\n"
        f"made = unpacked(sys.stdin.buffer.read(), pathlib.Path({str(own)!r}), 'node n')\n"
        "from rewardkit.workers.judge import Judge, Unit\n"
        "judged = Judge(made.rubric, made.steps).judge(Unit([Sample(completion='x')], {}), {'worth': 1.0})\n"
        "print(judged[0].reward, made.rubric.rewards['worth'].reward)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=written, capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout.decode().split() == ["0.75", f"{own / '0' / 'worth.py'}:worth"]


def test_a_node_that_shares_the_drivers_files_uses_them(driver, tmp_path):
    written = packed(config_of(Rubric.of({"rewards": {"worth": {}}}), "worth.py"))
    made = unpacked(written, tmp_path / "own", "node n")
    assert made.files == (driver / "worth.py",)
    assert made.folder == str(driver)
    assert not (tmp_path / "own").exists()


def test_a_plugin_file_that_is_another_one_on_the_node_is_not_used(driver, tmp_path):
    written = packed(config_of(Rubric.of({"rewards": {"listed": {}}}), "listed.py"))
    (driver / "listed.py").write_text(WITH_PATH.replace("1.0", "0.0"))
    made = unpacked(written, tmp_path / "own", "node n")
    assert made.files[0].read_text() == WITH_PATH


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (Path.unlink, "not there"),
        (lambda path: path.write_text("two\n"), "with another content there"),
    ],
)
def test_a_file_that_a_parameter_names_must_be_the_same_on_the_node(
    driver, tmp_path, change: Callable[[Path], None], state: str
):
    rubric = Rubric.of({"rewards": {"listed": {"params": {"path": "words.txt"}}}})
    written = packed(config_of(rubric, "listed.py"))
    assert unpacked(written, tmp_path / "own", "node n").folder == str(driver)
    change(driver / "words.txt")
    found = rf"rewards\.listed\.params\.path names 'words\.txt', which on node n is {state} \(from .*driver\);"
    with pytest.raises(ConfigError, match=found):
        unpacked(written, tmp_path / "own", "node n")


def test_a_word_that_a_folder_has_by_chance_is_no_path(driver, tmp_path):
    (driver / "think").mkdir()
    written = packed(config_of(Rubric.of({"rewards": {"listed": {"params": {"path": "think"}}}}), "listed.py"))
    (driver / "think").rmdir()
    unpacked(written, tmp_path / "own", "node n")


def test_a_node_without_the_drivers_folder_works_in_one_of_its_own(driver, tmp_path):
    written = packed(config_of(Rubric.of({"rewards": {"format": {}}})))
    driver.rename(tmp_path / "gone")
    own = tmp_path / "own"
    assert unpacked(written, own, "node n").folder == str(own)


def test_a_function_goes_itself_also_where_its_module_can_be_imported_here(driver, tmp_path):
    import beside_functions

    written = packed(config_of(Rubric.of({"rewards": {"mine": beside_functions.mine}})))
    (driver / "beside_functions.py").unlink()
    code = (
        "import sys, pickle; parcel = pickle.loads(sys.stdin.buffer.read())\n"
        "print(parcel.rubric.rewards['mine'].reward('four'), 'beside_functions' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=written, capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout.decode().split() == ["4", "False"]


@pytest.fixture(autouse=True)
def functions(driver):
    (driver / "beside_functions.py").write_text("def mine(completion):\n    return len(completion)\n")
    sys.path.insert(0, str(driver))
    yield
    sys.modules.pop("beside_functions", None)


def test_a_function_that_cannot_be_sent_is_an_error_that_names_the_fix(driver):
    import threading

    lock = threading.Lock()
    with pytest.raises(ConfigError, match="cannot be sent to the nodes"):
        packed(config_of(Rubric.of({"rewards": {"mine": lambda completion: float(lock.locked())}})))


def test_only_the_rewards_of_the_workers_are_asked_on_a_node(driver, tmp_path):
    rubric = Rubric.of({"rewards": {"format": {}, "math": {}}})
    config = config_of(rubric)
    own = WorkerConfig(rubric, config.steps[:1], (), True, config.folder, nice=3)
    made = unpacked(packed(own), tmp_path / "own", "node n")
    assert [step.alias for step in made.steps] == ["format"]
    assert (made.timings, made.nice, list(made.rubric.rewards)) == (True, 3, ["format", "math"])


def test_a_copy_of_a_service_has_its_own_parameters(driver):
    rubric = Rubric.of({"rewards": {"reward_model": {"params": {"model": "m", "device": ["cuda:0", "cuda:1"]}}}})
    config = config_of(rubric)
    reward, params = config.steps[0].installed.reward, config.steps[0].params
    second = with_params(config, reward.own_gpu(reward.copies(params)[1]))
    sent = pickle.loads(packed(second)).rubric
    assert sent.rewards["reward_model"].params == {"model": "m", "device": "cuda"}
    assert reward.own_gpu(params.model_copy(update={"device": "cpu"})) is None


def test_versions_that_differ_are_named_with_both():
    here = versions(["pytest", "no-such-thing"])
    assert here["no-such-thing"] == "-"
    assert difference(here, here) == ""
    assert difference(here, {**here, "pytest": "0.1"}) == f"pytest {here['pytest']} here, 0.1 there"
    assert difference({"a": "1"}, {}) == "a 1 here, - there"
    assert {"sympy", "math-verify"} <= base_versions().keys()


def test_local_files_and_functions_are_no_distributions(driver):
    rubric = Rubric.of({"rewards": {"listed": {}, "format": {}, "mine": lambda completion: 1.0}})
    assert needed(config_of(rubric, "listed.py").steps) == ()
