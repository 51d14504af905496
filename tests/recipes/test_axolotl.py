"""Axolotl finds the recipe's function by the name that its configuration has."""

import ast
import importlib
import importlib.util
import inspect
from pathlib import Path


def test_axolotl_finds_the_function_and_it_pays_by_the_rubric(recipe, rubric):
    recipe("axolotl_rewards")
    found = loader()("axolotl_rewards.rubric")
    values = found(prompts=["q"] * 2, completions=["ab", "raise"], completion_ids=[[1], [2]])
    assert values == [2.5, None]


def loader():
    """Axolotl's `get_reward_func`, the one function of its file: the rest imports what only GPUs have."""
    folder = importlib.util.find_spec("axolotl").submodule_search_locations[0]
    source = (Path(folder) / "core/trainers/grpo/__init__.py").read_text()
    (function,) = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "get_reward_func"
    ]
    function.decorator_list, function.returns = [], None
    names = {"importlib": importlib, "inspect": inspect}
    exec(compile(ast.fix_missing_locations(ast.Module([function], [])), "axolotl", "exec"), names)
    return lambda name: names["get_reward_func"](None, name)
