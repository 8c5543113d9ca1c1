"""What the command line says when it cannot do what was asked."""


class SaidError(Exception):
    """A message for the user: what happened, to what, and what to do next. Shown without a traceback."""
