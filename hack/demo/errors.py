"""What may go wrong."""


class DemoError(Exception):
    """A step failed: what happened, and what to do next. Printed without a traceback."""

    def __init__(self, message: str, next_step: str = "") -> None:
        """Take both; the next step may be none."""
        super().__init__(f"{message}\n\nnext: {next_step}" if next_step else message)
