"""Ways to make the artifact, one file each. Importing this package registers them all."""

from model_builder.optimizing.candidates import none, registry

__all__ = ["none", "registry"]
