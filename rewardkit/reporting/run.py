"""A report from end to end: files of judged rows, or results of a Scorer, to one HTML file."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rewardkit.errors import InputError
from rewardkit.input.files import read_files
from rewardkit.input.input_reader import InputReader
from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.output.partial_file import create_hidden
from rewardkit.output.writers import refuse_inputs
from rewardkit.reporting.data import ReportData, collected
from rewardkit.reporting.judged import judged_rows
from rewardkit.reporting.page import page_of


def report(
    files: Iterable[str | Path],
    output: str | Path,
    *,
    title: str | None = None,
    limit: int | None = None,
    mapping: Mapping[str, str] | None = None,
    row_format: str | None = None,
) -> Path:
    """Writes the report of judged files as one HTML file, which appears whole.

    files    outputs of `rewardkit score`, journals, or dumps with a column of rewards
    output   the HTML file
    title    its heading; None: the names of the files
    limit    only the first rows
    mapping, row_format  where rows keep their fields, as for `rewardkit score`
    returns  the path of the file
    raises   InputError for rows without a judgement, OutputError
    """
    named = [str(file) for file in files]
    refuse_inputs(str(output), named)
    data = data_of(named, limit=limit, mapping=mapping, row_format=row_format)
    return write_page(data, output, title or ", ".join(Path(name).name for name in named))


def data_of(
    files: Sequence[str],
    *,
    limit: int | None = None,
    mapping: Mapping[str, str] | None = None,
    row_format: str | None = None,
) -> ReportData:
    """The data of judged files.

    raises  InputError
    """
    data = collected(judged_rows(read_files(files, limit=limit), InputReader(mapping, row_format)))
    if not data.count:
        raise InputError(f"{', '.join(files)}: no rows")
    return data


def write_page(data: ReportData, output: str | Path, title: str) -> Path:
    """Writes a page, which appears whole.

    raises  OutputError
    """
    target = Path(output)
    with os_errors_as_output_errors(target):
        hidden, file = create_hidden(target, f"{secrets.token_hex(4)}.new")
        try:
            with file:
                for piece in page_of(data, title):
                    file.write(piece)
            hidden.replace(target)
        finally:
            hidden.unlink(missing_ok=True)
    return target
