"""A real Kubernetes for demo and tests, on one Linux machine.

Two doors: the command line (`python3 hack/cluster VERB`, see README.md) and
`controlplane.ControlPlane`, an API server for a test run. Only the standard
library, because all of this runs before any virtual environment exists.
"""
