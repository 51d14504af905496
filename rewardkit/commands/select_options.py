"""The options of `rewardkit select`; the criteria among them have the names of the fields of `Criteria`."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Any

import typer

from rewardkit.commands import complete
from rewardkit.commands.options import EngineOptions, JudgeOptions


@dataclass(frozen=True, kw_only=True)
class JudgementOptions:
    """Options about the judgements in a file of rows."""

    reward: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of the reward, for rows that rewardkit has not judged."),
    ] = None
    verdict: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Score that says whether a completion is correct, such as math, or reward itself."
        ),
    ] = None
    pass_at: Annotated[float, typer.Option(metavar="VALUE", help="Value from which on a completion is correct.")] = 1.0


@dataclass(frozen=True, kw_only=True)
class CriteriaOptions:
    """The criteria of a selection, in the order in which they work."""

    min_pass_rate: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="SHARE", help="Prompts of which so many completions are correct."),
    ] = None
    max_pass_rate: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="SHARE", help="Prompts of which at most so many are correct."),
    ] = None
    solved_by_some: Annotated[
        bool | None, typer.Option("--solved-by-some", help="Prompts with a correct and a wrong completion (DAPO).")
    ] = None
    correct: Annotated[
        bool | None, typer.Option("--correct/--any", help="Correct completions, or also wrong ones.")
    ] = None
    right_format: Annotated[
        bool | None, typer.Option("--right-format/--any-format", help="Completions in the right format.")
    ] = None
    not_truncated: Annotated[
        bool | None, typer.Option("--whole/--truncated", help="Completions that the token limit did not cut off.")
    ] = None
    language: Annotated[
        str | None, typer.Option(metavar="NAME", help="Reasoning in this language: en, German, zh-Hant, …")
    ] = None
    language_share: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="SHARE", help="Words in it, or in one language.  [0.9]")
    ] = None
    no_mixed_languages: Annotated[
        bool | None, typer.Option("--one-language/--mixed-languages", help="Completions in one language.")
    ] = None
    max_paragraph_words: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="No paragraph of the reasoning with more words.")
    ] = None
    no_code_in_reasoning: Annotated[
        bool | None, typer.Option("--no-code/--code", help="No code block in the reasoning.")
    ] = None
    max_repetition: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="SHARE", help="At most this share of repeated n-grams.")
    ] = None
    unique: Annotated[
        bool | None, typer.Option("--unique/--duplicates", help="One of several equal completions of a prompt.")
    ] = None
    distinct_equations: Annotated[
        bool | None, typer.Option("--distinct-equations", help="One of several with the same equations (RFT).")
    ] = None
    near_duplicates: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="SHARE", help="One of several completions that are so similar: 0.8, …"),
    ] = None
    per_prompt: Annotated[
        int | None,
        typer.Option("--per-prompt", "-k", min=1, metavar="N", help="The best of each prompt, then the shortest."),
    ] = None
    decontaminate: Annotated[
        list[str],
        typer.Option(metavar="FILE", help="No prompt with eight words in a row of this benchmark. Repeatable."),
    ] = field(default_factory=list)
    min_words: Annotated[int | None, typer.Option(min=1, metavar="N", help="Words of a completion.")] = None
    max_words: Annotated[int | None, typer.Option(min=1, metavar="N", help="Words of a completion.")] = None
    min_tokens: Annotated[int | None, typer.Option(min=1, metavar="N", help="Tokens, where rows count them.")] = None
    max_tokens: Annotated[int | None, typer.Option(min=1, metavar="N", help="Tokens, where rows count them.")] = None
    to: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help="What is written: sft (messages, for TRL), dpo (pairs, for TRL), rows, prompts."
        ),
    ] = None

    @property
    def criteria(self) -> dict[str, Any]:
        """The criteria that were given, by the names of the fields of `Criteria`."""
        given = {one.name: getattr(self, one.name) for one in fields(CriteriaOptions)}
        given["format"] = given.pop("right_format")
        given["decontaminate"] = tuple(given["decontaminate"]) or None
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class SelectOptions(CriteriaOptions, JudgementOptions, EngineOptions, JudgeOptions):
    """Options of `rewardkit select`."""

    files: Annotated[
        list[str],
        typer.Argument(metavar="FILES", help="Files that `score` wrote, or a trainer's; with -c also rollouts."),
    ] = field(default_factory=list)
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="JSONL, CSV, Parquet or Arrow (also .gz, .zst), or - for stdout."
        ),
    ] = None
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            "-p",
            metavar="NAME",
            help="A recipe: r1, open-r1, dapo, best-of-n, rft, dpo-pairs. Other options go before its own.",
            autocompletion=complete.presets,
        ),
    ] = None
    presets: Annotated[bool, typer.Option("--presets", help="List the presets with their sources.")] = False
    rejected: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the other rows here, each with its step and reason.")
    ] = None
    seed: Annotated[int, typer.Option(metavar="N", help="Settles ties, and the wrong half of a pair.")] = 0
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON on standard output.")] = False
