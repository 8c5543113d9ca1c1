"""What the API server checks of spec.serving.modelConfig beyond types: CEL rules with their messages.

The types say the same in `model_serving.model_config`, for who has no API server before it.
"""

from model_serving import model_config
from model_serving.model_config import batching, naming

Rule = tuple[str, str]

_CODE = (
    f"self.all(name, !name.lowerAscii().matches('{naming.CODE}'))",
    f"no name may be that of a file or a library: each {naming.WAY_OUT}",
)
_NAMES = (f"self.all(name, name.matches(r'{naming.NAME}'))", "names have at most 128 letters, digits, '_', '.' and '-'")
_WITHIN = "{what} may not exceed batching.maxBatchSize: raise maxBatchSize, or drop what is larger"
_PREFERRED = "self.modelConfig.dynamic_batching.preferred_batch_size"

#: Upon spec.serving: what the overlay says against the fields beside it.
SERVING: tuple[Rule, ...] = (
    (
        (
            "!has(self.modelConfig) || !has(self.modelConfig.dynamic_batching)"
            f" || !has({_PREFERRED}) || {_PREFERRED}.all(size, size <= self.batching.maxBatchSize)"
        ),
        _WITHIN.format(what="no preferred_batch_size of modelConfig"),
    ),
    (
        (
            "!has(self.modelConfig) || !has(self.modelConfig.model_warmup) || self.modelConfig.model_warmup.all(w,"
            " !has(w.batch_size) || w.batch_size <= self.batching.maxBatchSize)"
        ),
        _WITHIN.format(what="no batch_size of model_warmup"),
    ),
    (
        (
            "!has(self.modelConfig) || !has(self.modelConfig.instance_group) || has(self.gpu)"
            " || self.modelConfig.instance_group.all(g, (!has(g.kind) || g.kind != 'KIND_GPU') && (!has(g.gpus)"
            " || g.gpus.size() == 0))"
        ),
        "an instance_group on GPUs needs GPUs: set serving.gpu, or drop kind and gpus",
    ),
    (
        (
            "!has(self.responseCache) || !has(self.resources) || !has(self.resources.limits)"
            " || !('memory' in self.resources.limits) || quantity(string(self.responseCache.size))"
            ".isLessThan(quantity(string(self.resources.limits['memory'])))"
        ),
        "the response cache lies in the container's own memory: raise resources.limits.memory, or make it smaller",
    ),
)
#: Upon a field below spec.serving.modelConfig.
MODEL_CONFIG: dict[str, tuple[Rule, ...]] = {
    ".dynamic_batching": (
        (
            (
                "(has(self.default_priority_level) ? self.default_priority_level : 0)"
                " <= (has(self.priority_levels) ? self.priority_levels : 0)"
            ),
            "default_priority_level may not exceed priority_levels: raise priority_levels",
        ),
        (
            (
                "!has(self.priority_levels) || self.priority_levels == 0 || has(self.default_priority_level)"
                " && self.default_priority_level > 0"
            ),
            "priority_levels needs a default_priority_level, from 1 on: the level of requests that name none",
        ),
        (
            (
                f"!has(self.priority_queue_policy) || self.priority_queue_policy.all(x, x.matches('{batching.LEVEL}')"
                " && has(self.priority_levels) && int(x) <= self.priority_levels)"
            ),
            "priority_queue_policy is by level, from '1' on: drop those beyond priority_levels, or raise that",
        ),
    ),
    ".instance_group": (
        (
            "self.exists(g, !has(g.passive) || !g.passive)",
            "every instance_group is passive, so no copy would answer: let one of them not be",
        ),
    ),
    ".instance_group.*": (
        (
            "!has(self.kind) || self.kind != 'KIND_CPU' || !has(self.gpus) || self.gpus.size() == 0",
            "a group of KIND_CPU has no gpus: drop them, or write KIND_GPU",
        ),
    ),
    ".optimization.execution_accelerators.gpu_execution_accelerator.*.parameters": (_NAMES, _CODE),
    ".optimization.execution_accelerators.cpu_execution_accelerator.*.parameters": (_NAMES, _CODE),
    ".parameters": (_NAMES, _CODE),
    ".metric_tags": (
        (
            f"self.all(tag, tag.matches(r'{model_config.TAG}'))",
            "a tag is a label of a metric: at most 63 letters, digits and '_'",
        ),
    ),
    ".model_warmup.*.inputs.*": (
        (
            "(has(self.zero_data) && self.zero_data) != (has(self.random_data) && self.random_data)",
            "say either zero_data: true or random_data: true",
        ),
    ),
}
