"""Language models behind OpenAI-compatible servers. The only room that imports openai.

``request`` holds what is asked and what comes back, ``asking`` when to ask again, ``wire`` how both look on the wire. ``client`` asks live:
``calls`` again and again, within ``limits``, through ``server``, the SDK's file; ``faults`` tells what an answer means, ``probe`` what a
server can do. ``cache`` keeps every reply on disk before it is used, ``money`` and ``tokens`` what it costs, ``batch`` is the Batch API.
"""
