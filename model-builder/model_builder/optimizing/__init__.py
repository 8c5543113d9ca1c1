"""From a float graph to the artifact: make candidates, judge each, choose, try the choice on a real server.

Our code on data only. It imports neither torch nor `converting`, and nothing of the model's code.
"""
