"""A page and an HTTP API on this machine: upload, watch it work, look at the timeline, live mode.

A leaf: fastapi and uvicorn come with the extra ``web``, and nothing else imports this.
"""
