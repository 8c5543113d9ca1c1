"""From a source to content: every file that takes part is copied and named by its digest, and the plan with it.

No code of the model runs here, and nothing but this step sees the source or its credentials.
"""
