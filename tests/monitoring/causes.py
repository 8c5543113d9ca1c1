"""What causes each alert: a change of the healthy series, when it must have fired, and when not yet."""

import dataclasses

from monitoring import series

MODEL = {"namespace": "team", "name": "digits"}
OF_SERVERS = {**MODEL, "deployment": "digits"}
OPERATOR = {"namespace": "modelsmith-system"}


@dataclasses.dataclass(frozen=True)
class Cause:
    alert: str
    why: str
    changes: dict[str, str]
    #: Minutes after it went wrong: silent at the first, the one alert that fires at the second.
    patience: int
    fires: int
    labels: dict[str, str]
    severity: str = "warning"
    #: Series of the healthy hour that are not there.
    gone: tuple[str, ...] = ()

    def __str__(self):
        return f"{self.alert}: {self.why}"


def failing(share):
    """Of ten requests a second and server, so many fail."""
    failed = round(600 * share)
    return {
        **series.inference("request_success", series.quickens(600, 600 - failed)),
        **series.inference("request_failure", series.quickens(0, failed), reason="BACKEND"),
    }


def waiting(servers):
    """Each request waits half a second, and more and more of them."""
    return {
        **series.told("replicas_wanted", series.becomes(2, servers)),
        **series.inference("queue_duration_us", series.quickens(600 * 1000, 600 * 500_000)),
        **series.inference("request_duration_us", series.quickens(600 * 3000, 600 * 502_000)),
        **series.inference("pending_request_count", f"1x{series.WRONG - 1} 50+10x{series.MINUTES - series.WRONG}"),
    }


def unready(reason):
    return {**series.told("ready", series.becomes(1, 0)), **series.turns("Ready", "Serving", reason)}


def unbuilt(reason):
    return {**unready(reason), **series.turns("Built", "Built", reason)}


DOWN = {
    **unready("ServersNotReady"),
    **series.turns("Available", "Available", "NoServerReady"),
    **series.told("replicas_ready", series.becomes(2, 0)),
}
#: When it goes wrong, in seconds.
THEN = series.WRONG * 60
EXPIRY = "modelsmith_sentinel_certificate_expiry_timestamp_seconds"
LIMITS = tuple(series.told("replicas_max", ""))

TABLE = (
    Cause("ModelsmithModelDown", "no server answers", DOWN, 3, 8, MODEL, "critical"),
    Cause(
        "ModelsmithModelDown",
        "one that was scaled to nought is wanted, and does not start",
        {
            **series.told("ready", series.becomes(1, 0), "asleep"),
            **series.told("replicas_wanted", series.becomes(0, 1), "asleep"),
            **series.condition("Ready", "ScaledToZero", series.ends(1), "asleep"),
            **series.condition("Ready", "ServersNotReady", series.begins(0), "asleep"),
            **series.condition("Available", "ScaledToZero", series.ends(0), "asleep"),
            **series.condition("Available", "NoServerReady", series.begins(0), "asleep"),
            **series.condition("AutoscalingActive", "ScalingDisabled", series.ends(0), "asleep"),
            **series.condition("AutoscalingActive", "ValidMetricFound", series.begins(1), "asleep"),
        },
        3,
        8,
        {**MODEL, "name": "asleep"},
        "critical",
    ),
    Cause(
        "ModelsmithModelNotReady",
        "a server finds no node for half an hour",
        unready("Unschedulable"),
        25,
        35,
        {**MODEL, "reason": "Unschedulable"},
    ),
    Cause(
        "ModelsmithModelNotReady",
        "the reasons change, and it is never ready",
        {
            **unready("RollingOut"),
            **series.condition("Ready", "RollingOut", f"_x{series.WRONG} 0x15 stale"),
            **series.condition("Ready", "ServersNotReady", f"_x{series.WRONG + 16} 0x{series.MINUTES - 70}"),
        },
        25,
        35,
        {**MODEL, "reason": "ServersNotReady"},
    ),
    Cause(
        "ModelsmithDrift",
        "one server computes otherwise",
        series.served("modelsmith_sentinel_golden_wrong", series.becomes(0, 1), "digits-2"),
        1,
        4,
        {**OF_SERVERS, "revision": series.REVISION},
        "critical",
    ),
    *(
        Cause(
            "ModelsmithChanged",
            f"healthy is false, {reason}",
            series.turns("Healthy", "AnswersRight", reason),
            25,
            35,
            {**MODEL, "reason": reason},
        )
        for reason in ("OutputsDrifted", "Slower")
    ),
    Cause("ModelsmithAccuracyBelowGate", "no candidate passes", unbuilt("GateFailed"), 3, 8, MODEL),
    Cause(
        "ModelsmithBuildFailing",
        "a build needs more memory",
        unbuilt("OutOfMemory"),
        13,
        18,
        {**MODEL, "reason": "OutOfMemory"},
    ),
    Cause(
        "ModelsmithModelOutdated",
        "what is asked for does not come for hours",
        series.told("outdated", series.becomes(0, 1)),
        115,
        125,
        MODEL,
    ),
    Cause(
        "ModelsmithRolledBack", "a new revision failed", unready("RolledBack"), -1, 1, {**MODEL, "reason": "RolledBack"}
    ),
    Cause(
        "ModelsmithRolledBack",
        "a canary failed",
        unready("AnalysisFailed"),
        -1,
        1,
        {**MODEL, "reason": "AnalysisFailed"},
    ),
    Cause(
        "ModelsmithServerRestarting",
        "a server dies three times within half an hour",
        series.served(
            "modelsmith_sentinel_deaths_total", f"0x{series.WRONG - 1} 1x7 2x7 3x{series.MINUTES - 60}", "digits-1"
        ),
        12,
        20,
        OF_SERVERS,
    ),
    Cause(
        "ModelsmithCertificateExpiring",
        "it ends in six days",
        series.served(EXPIRY, series.becomes(60 * series.DAY, THEN + 6 * series.DAY), "digits-1"),
        8,
        13,
        OF_SERVERS,
    ),
    Cause(
        "ModelsmithCertificateExpiring",
        "it ends today",
        series.served(EXPIRY, series.becomes(60 * series.DAY, THEN + series.DAY // 2), "digits-1"),
        8,
        13,
        OF_SERVERS,
        "critical",
    ),
    Cause("ModelsmithRequestsFailing", "one in five fails", failing(0.2), 1, 10, OF_SERVERS, "critical"),
    Cause("ModelsmithRequestsFailing", "one in a hundred fails", failing(0.01), 20, 90, OF_SERVERS),
    Cause("ModelsmithQueueGrowing", "the autoscaler is at its end", waiting(4), 8, 25, OF_SERVERS),
    Cause("ModelsmithQueueGrowing", "there is no autoscaler", waiting(2), 8, 25, OF_SERVERS, gone=LIMITS),
    Cause(
        "ModelsmithAutoscalingBroken",
        "no pipeline of metrics",
        series.turns("AutoscalingActive", "ValidMetricFound", "FailedGetPodsMetric"),
        8,
        13,
        {**MODEL, "reason": "FailedGetPodsMetric"},
    ),
    Cause(
        "ModelsmithOperatorDown",
        "nobody leads",
        series.operator("leading", series.becomes(1, 0), series.OPERATORS[0]),
        3,
        8,
        OPERATOR,
    ),
    Cause(
        "ModelsmithOperatorDown",
        "no operator is scraped",
        {
            **series.operator("leading", series.ends(1), series.OPERATORS[0]),
            **series.operator("leading", series.ends(0), series.OPERATORS[1]),
        },
        3,
        8,
        {},
    ),
    Cause(
        "ModelsmithOperatorNotWatching",
        "a watch is silent",
        series.operator(
            "watch_age_seconds", f"110x{series.WRONG - 1} 110+60x{series.MINUTES}", series.OPERATORS[1], kind="Job"
        ),
        2,
        5,
        {**OPERATOR, "kind": "Job", "pod": series.OPERATORS[1]},
    ),
    Cause(
        "ModelsmithOperatorNotWatching",
        "a watch is silent, and every six minutes the kubelet starts the operator anew",
        series.operator(
            "watch_age_seconds", f"110x{series.WRONG - 1} " + "110+60x4 0+60x1 " * 20, series.OPERATORS[1], kind="Job"
        ),
        2,
        27,
        {**OPERATOR, "kind": "Job", "pod": series.OPERATORS[1]},
    ),
    Cause(
        "ModelsmithReconcileErrors",
        "one in three handlings fails",
        series.operator(
            "reconciles_total", series.quickens(1, 30), series.OPERATORS[0], kind="ModelDeployment", result="failed"
        ),
        12,
        30,
        {**OPERATOR, "kind": "ModelDeployment"},
    ),
    Cause(
        "ModelsmithTokenExpiring",
        "the kubelet does not renew it",
        series.operator(
            "token_expiry_timestamp_seconds",
            f"3000+60x{series.WRONG - 1} {THEN + 600}x{series.MINUTES}",
            series.OPERATORS[0],
        ),
        4,
        8,
        {**OPERATOR, "pod": series.OPERATORS[0]},
    ),
)

#: What looks like a cause, and is none.
INNOCENT = {
    "a suspended model whose servers are gone": {
        **series.turns("Available", "Available", "NoServerReady", "paused"),
        **series.told("replicas_ready", series.becomes(1, 0), "paused"),
    },
    "a model that is being scaled to nought": {
        **series.turns("Available", "Available", "ScaledToZero"),
        **series.condition("Ready", "Serving", series.ends(1)),
        **series.condition("Ready", "ScaledToZero", series.begins(1)),
        **series.condition("AutoscalingActive", "ValidMetricFound", series.ends(1)),
        **series.condition("AutoscalingActive", "ScalingDisabled", series.begins(0)),
        **series.told("replicas_wanted", series.becomes(2, 0)),
        **series.told("replicas_ready", series.becomes(2, 0)),
    },
    "a model that was made minutes ago, and waits for a node": {
        **series.told("ready", f"_x{series.WRONG} 0x20 1x{series.MINUTES}", "young"),
        **series.condition("Ready", "Unschedulable", f"_x{series.WRONG} 0x20 stale", "young"),
        **series.condition("Available", "NoServerReady", f"_x{series.WRONG} 0x20 stale", "young"),
        **series.condition("Built", "Built", series.begins(1), "young"),
        **series.told("replicas_wanted", series.begins(1), "young"),
    },
    "a build of hours": {**unbuilt("Building"), **series.told("outdated", series.becomes(0, 1))},
    "a build that waits in a queue for hours": {**unbuilt("Queued"), **series.told("outdated", series.becomes(0, 1))},
    "a canary that waits for somebody": {**unready("Canary"), **series.told("outdated", series.becomes(0, 1))},
    "a queue that the autoscaler may still answer": waiting(3),
    "one server that died once": series.served("modelsmith_sentinel_deaths_total", series.becomes(0, 1), "digits-1"),
    "clients that take half of their requests back": {
        **series.inference("request_success", series.quickens(600, 300)),
        **series.inference("request_failure", series.quickens(60, 300), reason="CANCELED"),
    },
    "one replica of the operator that is replaced": {
        **series.operator("leading", series.ends(1), series.OPERATORS[0]),
        **series.operator("leading", series.becomes(0, 1), series.OPERATORS[1]),
    },
}
