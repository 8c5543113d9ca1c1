"""`make local`: the digits example on a machine that has Python and nothing else."""
