"""Build and serve on one machine without Kubernetes: the very code of the containers, as processes.

    specs ─► sources ─► steps (fetch, convert, optimize with a server beside it, publish) ─► store
                                                                      store ─► compose ─► server + sentinel

What a pod gives is missing here, and the model's code runs as the user who asked: run only models that you trust.
"""
