"""What every test may rely on."""

import os

# Tests run on CPUs alone; the x86-64 build of torch would look for a GPU first.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
# ONNX Runtime's wheels send usage data unless told not to, and the first import decides.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
