"""The blocks of the pages run, generated pages are what the code says, and the reference is complete."""

import ast
import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rewardkit import Rubric
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RUN = [DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md")), *sorted((DOCS / "coming-from").glob("*.md"))]
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", RUN, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_the_blocks_of_a_page_run_in_an_empty_folder(page: Path, tmp_path: Path):
    """Blocks with a title are files; `console` blocks are commands; `python` blocks are scripts. In order."""
    for language, title, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if title:
            (tmp_path / title).write_text(text, encoding="utf-8")
        if language == "console":
            for line in text.splitlines():
                command, _, said = line.partition("  # exit code ")
                assert command.startswith("$ rewardkit "), line
                run([sys.executable, "-m", *shlex.split(command.removeprefix("$ "))], tmp_path, code=int(said or 0))
        elif language == "python" and (not title or title in ("try.py", "why.py")):
            run([sys.executable, "-c", text], tmp_path)


def run(command: list[str], folder: Path, code: int = 0) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, f"{command[1:]}\n{done.stdout}\n{done.stderr}"


def blocks(page: str, language: str) -> list[tuple[str, str]]:
    return [(title, text) for kind, title, text in BLOCK.findall((DOCS / page).read_text()) if kind == language]


def test_every_recipe_is_a_rubric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for title, text in blocks("recipes.md", "python"):
        Path(title).write_text(text)
    recipes = blocks("recipes.md", "yaml")
    assert len(recipes) > 8
    for _, text in recipes:
        rubric = Rubric.of(yaml.safe_load(text))
        resolve(rubric, load_registry([Path(file) for file in rubric.plugins]))


def test_a_recipe_with_a_name_is_that_rubric():
    page = (DOCS / "recipes.md").read_text()
    named = re.findall(r"^## [^\n]*\(`-c ([\w-]+)`\)\n.*?```yaml\n(.*?)```", page, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in named] == ["r1-zero", "r1", "dapo"]
    for name, text in named:
        assert Rubric.of(yaml.safe_load(text)) == Rubric.load(name)


def test_the_generated_reference_is_what_the_code_says():
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    for file, text in made.pages().items():
        assert (DOCS / "reference" / file).read_text(encoding="utf-8") == text, "run `python docs/make_reference.py`"


MAKES_SCORE = ("Score.scored", "Score.abstained", "_score")


def details_in_code() -> dict[str, set[str]]:
    """The keys of details that the built-in rewards write as keywords, by plugin."""
    found: dict[str, set[str]] = {}
    for file in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and ast.unparse(node.func) in ("Score.scored", "Score.abstained", "_score")
            ):
                continue
            names = {keyword.arg for keyword in node.keywords if keyword.arg} - {"kind", "turns", "status", "right"}
            found.setdefault(file.parts[len(ROOT.parts) + 1], set()).update(names)
    return found


def test_the_page_of_details_has_every_key():
    page = set(re.findall(r"`(\w+)`", (DOCS / "reference" / "details.md").read_text()))
    found = details_in_code()
    assert sum(map(len, found.values())) > 25
    missing = {plugin: keys - page for plugin, keys in found.items() if keys - page}
    assert not missing


QUESTIONS = {
    "verl rollout dump": ("score-a-dump", "questions"),
    "async reward": ("write-a-reward", "questions"),
    "Rust": ("languages", "questions"),
    "rows failed": ("questions", "why-this-reward", "score-a-dump"),
    "Slurm": ("run-code", "questions", "ray"),
    "map columns": ("row-formats", "questions", "score-a-dump"),
    "judge model": ("preference", "questions"),
    "reward model": ("preference", "questions"),
    "overlong": ("shaping", "questions", "recipes"),
    "gate format": ("rubric", "questions"),
    "probe weight 0": ("rubric", "questions"),
    "weight schedule": ("rubric", "questions"),
    "think tags": ("format", "questions"),
    "pytest unittest": ("code-layouts", "code", "questions", "testing-rewards"),
    "resume killed": ("questions", "score-a-dump", "cli", "training"),
    "cache": ("cache",),
    "advantages": ("advantages",),
    "RowScorer": ("adapters",),
    "Kubernetes": ("run-code", "ray"),
    "Math-Verify": ("math-verify", "math"),
    "statuses kinds": ("kinds",),
    "rejection sampling": ("select", "questions"),
    "compare two rubrics": ("diff", "questions"),
    "audit attacks": ("audit", "questions", "SECURITY"),
    "report model learnt": ("report", "questions"),
    "DAPO": ("recipes", "verl", "questions", "advantages"),
}


def test_every_page_is_in_the_navigation():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert pages - set(re.findall(r"[\w/-]+\.md", nav)) == set()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_no_page_asks_another_machine_for_anything(site: Path):
    asked = {
        (page.relative_to(site).as_posix(), found)
        for page in site.rglob("*.html")
        for found in re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(https?://[^"]+)"', page.read_text())
    }
    assert asked == set()


def test_a_search_for_the_words_of_a_question_finds_its_page_first(site: Path):
    lunr = pytest.importorskip("lunr")
    content = json.loads((site / "search" / "search_index.json").read_text())
    fields = [{"field_name": name, "boost": how["boost"]} for name, how in content["config"]["fields"].items()]
    documents = [{"tags": "", **document} for document in content["docs"]]
    index = lunr.lunr(ref="location", fields=fields, documents=documents)
    wrong = {}
    for question, pages in QUESTIONS.items():
        found = index.search(" ".join(f"+{word}" for word in question.split()))
        first = found[0]["ref"] if found else "nothing"
        if not any(f"{page}/" in first for page in pages):
            wrong[question] = first
    assert not wrong
