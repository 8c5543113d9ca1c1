"""Element types: numpy's names, as the contract uses them, and the inference protocol's, as Triton does."""

TRITON = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}
#: The other way round.
NUMPY = {triton: numpy for numpy, triton in TRITON.items()}
