"""Rubric files: how YAML is read, how large they may be, what they extend, what needs consent, which ones we ship."""

from pathlib import Path

import pytest

from rewardkit import ConfigError, Rubric, Scorer
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.named import NAMES, description_of
from rewardkit.rubrics.parsing import parsed
from rewardkit.rubrics.resolution import resolve


def content(folder: Path, text: str, name: str = "r.yaml") -> object:
    (folder / name).write_text(text, encoding="utf-8")
    return parsed(folder / name)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31 10:00:00", "2024-01-31 10:00:00"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("010", 10),
        ("-7", -7),
        ("0o17", 15),
        ("0x1f", 31),
        ("1e-3", 0.001),
        ("-1E3", -1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
    ],
)
def test_scalars_are_read_by_yaml_1_2(tmp_path: Path, scalar: str, value: object):
    assert content(tmp_path, f"key: {scalar}") == {"key": value}


def test_a_condition_on_norwegian_matches(tmp_path: Path):
    (tmp_path / "r.yaml").write_text("rewards: {math: {when: {lang: no}}}")
    assert Rubric.load(tmp_path / "r.yaml").rewards["math"].when == {"lang": ("no",)}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (BOMB, "r.yaml", "keys and values, with its aliases written out"),
        ("a: &a {" + ", ".join(f"k{n}: x" for n in range(500)) + "}\n" + "".join(
            f"m{n}: {{<<: *a}}\n" for n in range(500)), "r.yaml", "with its aliases written out"),
        ("[" * 3000, "r.yaml", "levels deep"),
        ("\n".join(" " * n + "a:" for n in range(1000)), "r.yaml", "levels deep"),
        ("x = " + "[" * 3000 + "]" * 3000, "r.toml", "it does not parse"),
        ("x = " + "[" * 60 + "]" * 60, "r.toml", "levels deep"),
        ("a" + ".a" * 300 + " = 1", "r.toml", "levels deep"),
        ("x: " + "y" * 2_000_000, "r.yaml", "bytes long"),
        ("x: " + "9" * 10_000, "r.yaml", "does not parse"),
        ("x: &a [*a]", "r.yaml", ""),
        ("x: *nothing", "r.yaml", "does not parse"),
        ("\x00", "r.yaml", "does not parse"),
    ],
)  # fmt: skip
def test_a_file_that_would_take_over_is_refused_at_once(quick, tmp_path: Path, text: str, name: str, said: str):
    (tmp_path / name).write_text(text, encoding="utf-8")

    def refusal() -> str:
        with pytest.raises(ConfigError) as caught:
            Rubric.load(tmp_path / name)
        return str(caught.value)

    found = quick(refusal, seconds=2.0)
    assert said in found
    assert len(found) < 4000


def test_aliases_within_bounds_are_fine(tmp_path: Path):
    text = "x: &all {weight: 0.5}\nrewards: {math: *all}\n"
    assert content(tmp_path, text) == {"x": {"weight": 0.5}, "rewards": {"math": {"weight": 0.5}}}


def test_a_rubric_extends_another_key_by_key(tmp_path: Path):
    (tmp_path / "base.yaml").write_text(
        "rewards:\n  math: {weight: 2, params: {percent: strict}}\n  format: {weight: 0.1}\nclip: [0, 1]\n"
    )
    (tmp_path / "r.yaml").write_text(
        "extends: base.yaml\nrewards:\n  math: {params: {tolerance: 0.1}}\n  format:\n"
        "  language: {weight: 0}\nclip: [0, 2]"
    )
    rubric = Rubric.load(tmp_path / "r.yaml")
    assert rubric.rewards["math"].weight == 2
    assert rubric.rewards["math"].params == {"percent": "strict", "tolerance": 0.1}
    assert rubric.rewards["format"].weight == 0.1
    assert list(rubric.rewards) == ["math", "format", "language"]
    assert rubric.clip == (0, 2)
    assert Rubric.of({"extends": "r1", "rewards": {"language": {"weight": 0}}}).rewards["language"].weight == 0


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("dappo", "no rubric 'dappo'; did you mean 'dapo'?"),
        ("a.yaml", "extends itself"),
        ("none.yaml", "no rubric 'none.yaml'"),
        ("[r1]", "wanted the name or the file of a rubric, found ['r1']"),
        ("list.yaml", "it must be a mapping"),
    ],
)
def test_a_base_that_does_not_fit_is_named(tmp_path: Path, extends: str, said: str):
    (tmp_path / "list.yaml").write_text("[1]")
    (tmp_path / "a.yaml").write_text(
        f"extends: {'b.yaml' if extends == 'a.yaml' else extends}\nrewards: {{math: {{}}}}"
    )
    (tmp_path / "b.yaml").write_text("extends: a.yaml")
    with pytest.raises(ConfigError) as caught:
        Rubric.load(tmp_path / "a.yaml")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("plugins: [mine.py]\nrewards: {math: {}}", "plugins: it runs the code in "),
        ("sandbox: dangerous-subprocess\nrewards: {math: {}}", "sandbox: it runs programs outside of any sandbox"),
        ("sandbox: {backend: dangerous-subprocess}\nrewards: {math: {}}", "sandbox: it runs programs outside"),
        ("sandbox: {backend: landlock, reduced_isolation: true}\nrewards: {math: {}}", "separates less"),
        ("sandbox: {backend: bubblewrap, bwrap: ./bwrap}\nrewards: {math: {}}", "sandbox.bwrap: it runs ./bwrap"),
        ("sandbox: {python: venv/bin/python}\nrewards: {math: {}}", "sandbox.python: it runs venv/bin/python"),
        ("rewards: {judge_model: {params: {api_key_env: AWS_SECRET}}}", "uses the environment variable AWS_SECRET"),
        ("extends: base.yaml", "plugins: it runs the code in "),
    ],
)  # fmt: skip
def test_a_file_needs_consent_for_code_secrets_and_weaker_sandboxes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, needs: str
):
    (tmp_path / "base.yaml").write_text("plugins: [mine.py]\nrewards: {math: {}}")
    path = tmp_path / "r.yaml"
    path.write_text(text)
    for load in (Rubric.load, lambda path: Scorer(path, workers=1)):
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert needs in str(caught.value)
        assert "--trust" in str(caught.value)
    assert Rubric.load(path, trust=True)
    monkeypatch.setenv("REWARDKIT_TRUST", "1")
    assert Rubric.load(path)


@pytest.mark.parametrize(
    "text", ["rewards: {math: {}}", "sandbox: auto\nrewards: {judge_model: {params: {api_key_env: null}}}"]
)
def test_other_files_need_none(tmp_path: Path, text: str):
    (tmp_path / "r.yaml").write_text(text)
    assert Rubric.load(tmp_path / "r.yaml")


def test_plugin_files_of_a_rubric_are_found_from_its_folder(tmp_path: Path, misbehaving: Path, monkeypatch):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "mine.py").write_text(misbehaving.read_text())
    (tmp_path / "conf" / "r.yaml").write_text("plugins: [mine.py]\nrewards: {constant: {params: {value: 0.25}}}")
    monkeypatch.chdir(tmp_path)
    with Scorer("conf/r.yaml", workers=1, trust=True) as scorer:
        assert scorer.score([{"completion": "x"}])[0].reward == 0.25


@pytest.mark.parametrize("name", NAMES)
def test_each_rubric_that_we_ship_loads_and_says_what_it_is(name: str):
    rubric = Rubric.load(name)
    assert resolve(rubric, load_registry())
    assert 20 < len(description_of(name)) < 140


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="no rubric and no file of that name; did you mean 'dapo'"):
        Rubric.load("dappo")


@pytest.mark.parametrize("alias", ["a\nb", "\u202ealias", "", " ", "\x1b[2J"])
def test_an_alias_can_be_shown(alias: str):
    with pytest.raises(ConfigError, match="the alias"):
        Rubric.of({"rewards": {alias: {"reward": "math"}}})


def test_rubrics_are_equal_by_content_and_immutable(tmp_path: Path):
    (tmp_path / "r.yaml").write_text("rewards: {math: {}}")
    rubric = Rubric.load(tmp_path / "r.yaml")
    assert rubric == Rubric.of({"rewards": {"math": {}}})
    assert rubric.where == f"rubric {tmp_path / 'r.yaml'}"
    with pytest.raises(ValueError, match="frozen"):
        rubric.combine = "product"
