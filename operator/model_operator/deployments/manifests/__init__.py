"""The children of a ModelDeployment, as they shall be: pure functions that cannot reach the API."""
