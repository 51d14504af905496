"""Judgements as files hold them, read for what works on scored rows: `select`, `diff`."""
