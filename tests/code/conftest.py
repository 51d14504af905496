"""One sandbox for the tests of the reward: programs are judged one after the other in it, as in a worker."""

import os

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward
from rewardkit_code.typed import OPENS
from rewardkit_sandbox import LANGUAGES, SandboxUnavailableError, build_image, open_sandbox

ALL_LANGUAGES = "REWARDKIT_TEST_LANGUAGES"
"""Environment variable: where it is set, all languages are tested and must be there (`make test-languages`)."""
ALWAYS = ("c", "c++", "javascript")


def pytest_generate_tests(metafunc):
    """A test that takes `language`, or `typed_language`, runs for each: those that are always tested, or all."""
    tested = sorted(LANGUAGES) if os.environ.get(ALL_LANGUAGES) else ALWAYS
    if "language" in metafunc.fixturenames:
        metafunc.parametrize("language", tested)
    if "typed_language" in metafunc.fixturenames:
        metafunc.parametrize("typed_language", [language for language in tested if language in OPENS])


@pytest.fixture(scope="session")
def reward(_works):
    opened = CodeReward(CodeParams(cpu_s=2), RewardContext(deadline_s=8.0))
    yield opened
    opened.close()


def judged_by(reward):
    def run(program, tests, **columns):
        sample = Sample(completion=f"```python\n{program}\n```", ground_truth=tests, columns=columns)
        (score,) = reward.score([sample])
        return score

    return run


@pytest.fixture
def judge(reward):
    """Scores a program by tests: `judge(program, tests)`."""
    return judged_by(reward)


@pytest.fixture(scope="session")
def judge_without_namespaces():
    """As `judge`, in the sandbox of reduced isolation."""
    choice = {"backend": "landlock", "reduced_isolation": True}
    try:
        open_sandbox(choice).close()
    except SandboxUnavailableError as exc:
        if os.environ.get("REWARDKIT_REQUIRE_ALL"):
            raise
        pytest.skip(str(exc))
    reward = CodeReward(CodeParams(cpu_s=2), RewardContext(deadline_s=8.0, sandbox=choice))
    yield judged_by(reward)
    reward.close()


@pytest.fixture(scope="session")
def engine():
    """A Docker engine that has the sandbox's image."""
    try:
        build_image()
    except SandboxUnavailableError as exc:
        if os.environ.get("REWARDKIT_REQUIRE_ALL"):
            raise
        pytest.skip(str(exc))
