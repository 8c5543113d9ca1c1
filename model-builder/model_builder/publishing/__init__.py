"""From files to an artifact in a store. Digests are recomputed here: no earlier step's claim is believed."""
