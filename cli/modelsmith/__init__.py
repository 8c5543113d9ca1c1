"""`modelsmith`: the product from the user's own machine, also as `kubectl modelsmith`. One file a verb."""
