"""An overlay that says everything there is to say."""

QUEUE = {
    "timeout_action": "DELAY",
    "default_timeout_microseconds": "5",
    "allow_timeout_override": True,
    "max_queue_size": 7,
}
ACCELERATOR = {"name": "tensorrt", "parameters": {"precision_mode": "FP32"}}
#: In protobuf's JSON: what has 64 bits is a string.
WHOLE = {
    "dynamic_batching": {
        "preferred_batch_size": [4, 8],
        "max_queue_delay_microseconds": "9",
        "preserve_ordering": True,
        "priority_levels": "2",
        "default_priority_level": "2",
        "default_queue_policy": QUEUE,
        "priority_queue_policy": {"1": QUEUE},
    },
    "instance_group": [
        {
            "name": "first",
            "kind": "KIND_GPU",
            "count": 3,
            "gpus": [1],
            "profile": ["0"],
            "passive": True,
            "host_policy": "near",
            "rate_limiter": {"resources": [{"name": "R", "global": True, "count": 2}], "priority": 4},
        },
        {"kind": "KIND_CPU", "count": 1},
    ],
    "optimization": {
        "graph": {"level": 1},
        "priority": "PRIORITY_MAX",
        "cuda": {"graphs": True, "busy_wait_events": True, "output_copy_stream": True},
        "execution_accelerators": {
            "gpu_execution_accelerator": [ACCELERATOR],
            "cpu_execution_accelerator": [{"name": "openvino", "parameters": {"num_of_threads": "2"}}],
        },
        "input_pinned_memory": {"enable": True},
        "output_pinned_memory": {"enable": True},
        "gather_kernel_buffer_threshold": 5,
        "eager_batching": True,
    },
    "parameters": {"execution_mode": {"string_value": "1"}},
    "model_warmup": [
        {
            "name": "mine",
            "batch_size": 2,
            "count": 3,
            "inputs": {"image": {"data_type": "TYPE_FP32", "dims": ["1", "8", "8"], "zero_data": True}},
        }
    ],
    "metric_tags": {"team": "a"},
}
