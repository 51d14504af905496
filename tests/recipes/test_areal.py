"""AReaL's wrapper runs the recipe in its pool of processes, and never comes to pay its own 0."""

import asyncio
import importlib.util
import sys
import types
from pathlib import Path

import pytest


@pytest.fixture
def wrapper():
    """AReaL's AsyncRewardWrapper: its file alone, since the package imports what only GPUs have."""
    import logging

    found = importlib.util.find_spec("areal")
    path = next(Path(found.submodule_search_locations[0]).rglob("reward_api.py"))
    for name in ("areal", "areal.utils"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["areal.utils"].logging = logging
    spec = importlib.util.spec_from_file_location("areal_reward_api", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.AsyncRewardWrapper
    for name in ("areal", "areal.utils"):
        del sys.modules[name]


def test_areal_pays_by_the_rubric_in_its_own_pool(recipe, rubric, wrapper):
    reward_fn = recipe("areal_reward").reward_fn
    pay = wrapper(reward_fn, max_workers=1)

    async def paid(text):
        return await pay("what is 1 + 1", text, [1], [2, 3], answer="2")

    async def run():
        return [await paid("ab"), await paid("raise")]

    assert asyncio.run(run()) == [2.5, 2.5]  # what has no reward gets the mean of its prompt


def test_a_completion_that_hangs_its_judge_is_answered_within_areals_limit(recipe, rubric, wrapper):
    rubric.write_text(rubric.read_text() + "limits: {deadline_s: 60}\n")
    reward_fn = recipe("areal_reward").reward_fn
    pay = wrapper(reward_fn, max_workers=1, max_retries=0)

    async def run():
        return [await pay("q", "ab", [1], [2]), await pay("q", "hang", [1], [2])]

    assert asyncio.run(run()) == [2.5, 2.5]
