"""What a process writes is read up to its end, and nobody waits longer."""

import os
from contextlib import ExitStack

from rewardkit_sandbox.guest.zygote.follow import Follow
from rewardkit_sandbox.guest.zygote.run_process import RunProcess

FOR_EVER_S = 600.0


def followed(stack, output_bytes=1000):
    """A process that writes to one pipe, and what follows it; the third calls `Follow.ended` from `Follow.wait`."""
    process = RunProcess(1)
    theirs = os.dup(process.pipe("stdout", stack))
    stack.callback(os.close, theirs)
    process.close_their_ends()
    flooded = []
    follow = Follow([process], output_bytes, flooded.append)
    news, tell = os.pipe()
    stack.callback(os.close, news)
    stack.callback(os.close, tell)

    def reported():
        os.read(news, 1)
        follow.ended(process, {"end": "exit"})

    follow.listen(news, reported)
    return process, follow, theirs, lambda: os.write(tell, b"!"), flooded


def test_a_pipe_whose_other_end_outlives_its_process_is_not_waited_for():
    with ExitStack() as stack:
        process, follow, theirs, end, _ = followed(stack)
        os.write(theirs, b"some words")
        end()
        assert follow.wait(FOR_EVER_S)
        assert process.written["stdout"] == b"some words"


def test_an_empty_pipe_is_no_end():
    with ExitStack() as stack:
        _, follow, _, _, _ = followed(stack)
        assert not follow.wait(0.01)


def test_all_that_a_full_pipe_holds_is_read_and_the_limit_holds():
    for limit, kept in ((1 << 20, 65536), (1000, 65536)):
        with ExitStack() as stack:
            process, follow, theirs, end, flooded = followed(stack, limit)
            os.write(theirs, b"x" * 65536)
            end()
            assert follow.wait(FOR_EVER_S)
            assert len(process.written["stdout"]) == kept
            assert process.flooded == (limit < 65536) == bool(flooded)
