"""The build pod: four steps, fetch, convert, optimize, publish, from a checkpoint to a verified artifact.

It knows nothing of Kubernetes. What it is asked and what it answers is `contract`; `contract` and `digests`
are all that the operator may import of it.
"""
