"""Language models behind OpenAI-compatible servers. The only room that imports openai.

``request`` holds what is asked and what comes back, ``asking`` when to ask again, ``cache`` keeps every reply on disk before it is used,
``client`` asks a server, ``limits`` how much at a time, ``probe`` what a server can do, ``money`` what it may cost, ``batch`` the Batch API.
"""
