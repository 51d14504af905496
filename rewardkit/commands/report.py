"""`rewardkit report`: judged rows as one HTML file."""

import webbrowser
from pathlib import Path

from rewardkit.commands import console
from rewardkit.commands.report_options import ReportOptions
from rewardkit.commands.rows import without_meta
from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.output.writers import refuse_inputs
from rewardkit.reporting.plots import plots
from rewardkit.reporting.run import data_of, write_page

LARGE_BYTES = 200_000_000


def run(options: ReportOptions) -> None:
    """Writes the report, and says where it is."""
    console.set_up_logging(quiet=False, verbose=False)
    files = without_meta(options.files)
    refuse_inputs(options.output, files)
    data = data_of(files, limit=options.limit, mapping=options.mapping, row_format=options.format)
    title = options.title or ", ".join(Path(name).name for name in files)
    target = write_page(data, options.output, title)
    if options.svg is not None:
        with os_errors_as_output_errors(options.svg):
            options.svg.mkdir(parents=True, exist_ok=True)
            for name, drawn in plots(data).items():
                (options.svg / f"{name}.svg").write_text(drawn, encoding="utf-8")
    size = target.stat().st_size
    console.console().print(f"{console.safe(str(target))}: {data.count:,} rows, {size / 1000:,.0f} KB", soft_wrap=True)
    if size > LARGE_BYTES:
        console.note("a browser needs time for a page of this size; --limit takes the first rows alone")
    if options.open:
        webbrowser.open(target.resolve().as_uri())
