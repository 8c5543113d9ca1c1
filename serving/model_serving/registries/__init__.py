"""Artifacts in an OCI registry: how they are laid out there, and one connection for those who write and read them.

The builder publishes with it, and `model_serving fetch` pulls with it where a cluster cannot mount images.
"""
