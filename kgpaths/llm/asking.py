"""When to ask again: what is unusable is asked for anew, under a key of its own, and once to be repaired."""

from __future__ import annotations

from collections.abc import Generator

from kgpaths.llm.request import Answer, Ask, Reply, Request

ATTEMPTS = 6


def attempts(ask: Ask, most: int = ATTEMPTS) -> Generator[Request, Reply, Answer]:
    """Yield the requests to be sent, one after the other, for the reply of each; return what came of it.

    A whole reply that the check refuses is first shown to the model to be repaired, once; anything else is asked for again. The same
    replies lead to the same requests, so a rerun finds all of them in the cache. Whoever drives this decides where replies come from.
    """
    replies: list[Reply] = []
    repaired = False
    for attempt in range(ask.attempts or most):
        request = ask.request.again(attempt)
        reply = yield request
        replies.append(reply)
        error = reply.fault or ask.check(reply.text)
        if error and not reply.fault and not repaired:
            repaired = True
            reply = yield request.repair(reply.text, error)
            replies.append(reply)
            error = reply.fault or ask.check(reply.text)
        if not error:
            return Answer(reply, replies=tuple(replies))
        if reply.fault == "refused_request":
            break  # the same again would be refused again
    return Answer(reply, error, tuple(replies))
