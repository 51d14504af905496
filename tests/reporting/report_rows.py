"""Judged rows for reports, as `rewardkit score` and trainers' journals write them."""

HOSTILE = (
    "</script><script>window.hit = 1</script>",
    "<img src='https://example.com/x.png' onerror='window.hit = 2'>",
    "<!-- <script> \u2028 alert(1) \u2029",
    "<a href='javascript:window.hit=3'>x</a> \x1b[2J \ud800 {{script}} {{texts}}",
)


def judged(number, *, step=None, value=None, completion=None):
    value = (number % 3 == 0) * 1.0 if value is None else value
    text = (
        f"<think>\nrow {number} thinks about {number * 7}\n</think>\n\nThe answer is {number}."
        if completion is None
        else completion
    )
    score = {"value": value, "status": "scored", "kind": "judged", "weight": 1.0, "reason": f"answer {number}"}
    score["details"] = {"ground_truth": "12", "answer": str(number)}
    form = {"value": 1.0, "status": "scored", "kind": "judged", "weight": 0.1, "reason": "", "details": {}}
    row = {"prompt": f"Question {number // 4}?", "completion": text, "ground_truth": "12", "group": f"q{number // 4}"}
    if step is not None:
        row["training"] = {"step": step, "mode": "train", "progress": 0.5}
    scores = {"math": score, "format": form}
    return row | {"rewardkit": {"version": 1, "reward": value + 0.1, "scores": scores}}
