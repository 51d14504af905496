"""Judging on the nodes of a Ray cluster: `Scorer(rubric, engine="ray")`.

    driver (this process)                          node A                       node B
    Scorer ── Job ──▶ ActorPool ── part of a job ─▶ NodeJudge ─▶ Pool: workers
                       a thread ── part of a job ─────────────────────────────▶ NodeJudge ─▶ Pool: workers
                          ▲   └─── batch of a service ─▶ NodeJudge with a GPU ─▶ Pool: one process
                          └─────── results, or the news that an actor has ended

There is one actor a node, which holds that node's workers: deadlines, memory limits and what follows when a sample
kills its worker stay where they are. What is new is that a whole node may be lost.

| file | idea |
|---|---|
| `connection.py` | ray, imported on demand; the cluster |
| `places.py` | where actors belong: one a node, one for each GPU of a service |
| `parcel.py` | what a node is sent before its first job: rubric, files, and what is compared |
| `messages.py` | jobs and results as bytes |
| `open_jobs.py` | jobs in parts, and what follows when an actor is lost with some; pure |
| `node_judge.py` | the actor |
| `lanes.py` | the actors: started, compared, replaced, left out |
| `actor_pool.py` | the engine: parts to whichever actor is free |
| `file_parts.py` | parts of a file, which a node reads and writes itself |
| `engine.py` | the engine of a rubric |
"""
