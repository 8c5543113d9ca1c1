"""Beside Triton: compose its repository, choose its flags, and tell the truth about its health.

`settings` and `flags` are pure and all that the operator may import of this room.
"""
