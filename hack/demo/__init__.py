"""The demo: from a clean clone to a prediction, by the commands that a user would type.

Only the standard library, because it starts before any environment exists. Each step prints what it does and the time
that it took; what fails says why, and what to do next. Running it again is quick, and changes nothing that is right.
"""
