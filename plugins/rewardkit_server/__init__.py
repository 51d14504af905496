"""`rewardkit serve`: a rubric as an HTTP server, in its own API and in the shapes that trainers ask for.

    client ── connections.py ── guard.py ── api.py, protocols/*.py ── judging.py ── Scorer ══ worker processes
              idle and slow     who may ask,   rows to Samples,        joins requests,
              clients end       size, time     Results to answers      bounds the queue

`command.py` starts it, `settings.py` has its bounds, `metrics.py` counts, `page.py` is the page for people.
"""
