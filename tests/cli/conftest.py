"""The same real server as the serving room's tests."""

from serving.conftest import shared, triton_python

__all__ = ["shared", "triton_python"]
