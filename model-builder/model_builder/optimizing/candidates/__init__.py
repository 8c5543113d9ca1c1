"""Ways to make the artifact, one file each. Importing this package registers them all."""

from model_builder.optimizing.candidates import fp16, int8_static, none, registry

__all__ = ["fp16", "int8_static", "none", "registry"]
