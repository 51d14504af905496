"""The reward `lean`: a Lean 4 proof of the theorem that was asked for, checked by Lean itself."""

import hashlib
import importlib.util
import re
import shutil
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import Field

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score, fenced_blocks

COLUMNS = ("formal_statement", "lean4_statement", "theorem", "extra_info.formal_statement")
AXIOMS = frozenset(("propext", "Classical.choice", "Quot.sound"))
"""Axioms that Lean's own library rests on; a proof by any other proves nothing."""

_STATEMENT = re.compile(r"\b(?:theorem|lemma)\s+([\w.'«»]+)(.*)", re.DOTALL)
_FORBIDDEN = re.compile(
    r"\b(?:sorry|admit|axiom|constant|unsafe|opaque|native_decide|implemented_by|extern|csimp|macro|macro_rules|syntax"
    r"|notation3?|infix[lr]?|prefix|postfix|elab|elab_rules|by_elab|set_option|instance|attribute|run_cmd|run_meta|run_elab|run_tac"
    r"|initialize|builtin_initialize|deriving|import|export|reduceBool|ofReduceBool|unseal|irreducible_def|[ds]?simproc|simproc_decl"
    r"|declare_syntax_cat|binder_predicate|include_str|Lean|MetaM|TacticM|TermElabM|CommandElabM|CoreM|MacroM|IO)\b|\beval%"
    r"|#\w+|@\[|\bopen\s+.*\bhiding\b"
)
_USED = re.compile(r"depends on axioms: \[([^\]]*)\]")
_INSTALL = "pip install lean-interact, and Lean by https://lean-lang.org/install (elan)"


class LeanParams(RewardParams):
    statement: str | None = None
    """The column that holds the theorem; left out: `formal_statement`, `theorem` or the ground truth."""
    header: str = "import Mathlib\nopen BigOperators Real Nat Topology\n"
    """Text before the theorem, such as imports; `""` for plain Lean."""
    project: str | None = None
    """A folder with a Lake project that has what the header imports; left out, Lean alone."""
    timeout_s: float = Field(default=60.0, gt=0)
    """Seconds for one proof."""


class Theorem(NamedTuple):
    """A theorem without its proof."""

    name: str
    signature: str
    """Its arguments and what it claims, up to `:=`."""


class LeanReward(Reward):
    """1.0 if Lean accepts the proof, and it proves the theorem of the row.

    The theorem is stated in the row's words before the completion's code, so that no definition, `variable` or
    `namespace` of the completion changes its meaning; behind the code it must follow from the completion's theorem
    alone, and the axioms that it rests on are looked at. Without Lean the reward abstains.
    """

    name = "lean"
    Params = LeanParams
    cost_ms = 5000.0
    value_range = (0.0, 1.0)

    params: LeanParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        self._server = None if missing() else self._started()

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def close(self) -> None:
        if self._server is not None:
            self._server.kill()

    def _score(self, sample: Sample) -> Score:
        paths = (*COLUMNS, "ground_truth") if self.params.statement is None else (self.params.statement,)
        written = next((value for path in paths if (value := sample.column(path)) is not None), None)
        if written is None:
            return Score.abstained("the row has no theorem", kind="no_ground_truth")
        theorem = theorem_of(str(written))
        if theorem is None:
            return Score.abstained("the theorem cannot be read", kind="unreadable_ground_truth")
        code = code_of(sample.parts.answer)
        if not code:
            return Score.scored(0.0, "there is no proof", kind="no_answer")
        if fault := fault_of(code, theorem):
            return Score.scored(0.0, fault, kind="malformed")
        if self._server is None:
            return Score.abstained(f"Lean is not installed: {_INSTALL}", kind="unsupported")
        return self._checked(program(code, theorem, self.params.header))

    def _checked(self, text: str) -> Score:
        from lean_interact import Command

        try:
            answer = self._server.run(Command(cmd=text), timeout=self.params.timeout_s)
        except TimeoutError:
            return Score.failed(f"Lean took more than {self.params.timeout_s} s", kind="timeout")
        except (ConnectionAbortedError, BrokenPipeError, OSError) as error:
            return Score.failed(f"Lean has stopped: {type(error).__name__}", kind="unavailable")
        messages = getattr(answer, "messages", None)
        if messages is None:
            return Score.failed(f"Lean answered {answer!r:.100}", kind="unavailable")
        errors = [message.data for message in messages if message.severity == "error"]
        if errors:
            return Score.scored(0.0, errors[0][:200], errors=len(errors))
        if getattr(answer, "sorries", None):
            return Score.scored(0.0, "the proof is left open")
        told = "\n".join(message.data for message in messages)
        used = {name.strip() for group in _USED.findall(told) for name in group.split(",") if name.strip()}
        if used - AXIOMS:
            return Score.scored(0.0, f"the proof rests on {', '.join(sorted(used - AXIOMS))}")
        if "depends on axioms" not in told and "does not depend on any axioms" not in told:
            return Score.failed("Lean did not tell the axioms of the proof", kind="unavailable")
        return Score.scored(1.0, axioms=sorted(used))

    def _started(self) -> Any:
        from lean_interact import AutoLeanServer, LeanREPLConfig, LocalProject

        project = None if self.params.project is None else LocalProject(directory=self.params.project)
        return AutoLeanServer(LeanREPLConfig(project=project))


def missing() -> bool:
    """True if lean-interact or Lean itself is not installed."""
    return importlib.util.find_spec("lean_interact") is None or shutil.which("lake") is None


def theorem_of(written: str) -> Theorem | None:
    """The last theorem of a text, without its proof; None where there is none."""
    bare = without_comments(written)
    found = _STATEMENT.search(bare, max(bare.rfind("theorem "), bare.rfind("lemma "), 0))
    if found is None:
        return None
    signature = re.split(r":=\s*(?:by\b|sorry\b|$)|:=\s*$", found[2], maxsplit=1)[0].rstrip()
    return Theorem(found[1], signature) if ":" in signature else None


def code_of(answer: str) -> str:
    """The last fenced block of Lean in an answer; else all of it where it holds a theorem."""
    blocks = [block.text for block in fenced_blocks(answer) if block.language in ("lean", "lean4", "")]
    code = blocks[-1] if blocks else answer if re.search(r"^\s*(?:theorem|lemma)\s", answer, re.MULTILINE) else ""
    return "\n".join(line for line in code.splitlines() if not line.startswith("import ")).strip()


def fault_of(code: str, theorem: Theorem) -> str:
    """Why code proves nothing whatever Lean says of it; empty where nothing speaks against it."""
    # In a text, `"/-"` begins no comment: where there are texts, comments are searched too, so that none hides code.
    bare = code if '"' in code else without_comments(code)
    if found := _FORBIDDEN.search(bare):
        return f"`{found[0]}` could make anything true"
    if not re.search(rf"\b(?:theorem|lemma)\s+{re.escape(theorem.name)}(?![\w.'])", bare):
        return f"the theorem {theorem.name} is not proved"
    return ""


def without_comments(code: str) -> str:
    """Code with a blank in place of each comment; comments of several lines may stand in each other."""
    kept: list[str] = []
    at = depth = 0
    while at < len(code):
        if code.startswith("/-", at):
            kept.append(" ")
            depth, at = depth + 1, at + 2
        elif depth:
            closes = code.startswith("-/", at)
            depth, at = depth - closes, at + 1 + closes
        elif code.startswith("--", at):
            at = max(code.find("\n", at), 0) or len(code)
        else:
            kept.append(code[at])
            at += 1
    return "".join(kept)


def program(code: str, theorem: Theorem, header: str) -> str:
    """The text for Lean: the theorem in the row's words, the completion's code, what follows from it, and its axioms.

    The first statement is an axiom, since it has no proof: a proof that uses it is told by its axioms. The section's
    name is a hash of the code, which the code cannot hold: it cannot leave the section, and its variables end with it.
    """
    digest = hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    stated, goal, section = f"rewardkit_stated_{digest}", f"rewardkit_goal_{digest}", f"rewardkit_{digest}"
    name = theorem.name
    lines = [
        header,
        f"axiom {stated}{theorem.signature}",
        "",
        f"section {section}",
        code,
        f"end {section}",
        "",
        f"theorem {goal} : type_of% @{stated} := by",
        "  first",
        f"  | exact @{name}",
        f"  | exact {name}",
        f"  | (intros; apply {name} <;> assumption)",
        "",
        f"#print axioms {goal}",
    ]
    return "\n".join(lines) + "\n"
