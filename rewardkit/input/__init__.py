"""From files and rows to samples: open a stream, read its rows, find the columns, convert their values."""
