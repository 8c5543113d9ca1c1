"""Hours of series as a healthy cluster gives them, in the words of promtool, and how one of them goes wrong.

A sample a minute. Things change at `WRONG`, after half an hour that was well. Times are seconds since the test's
beginning, which promtool calls 1970.

    digits    serves, autoscaled, two servers        first     is being built for the first time
    asleep    scaled to nought                       paused    suspended, with an older model that serves
    pinned    serves an earlier revision on purpose
"""

MINUTES = 240
WRONG = 40
OPERATORS = ("operator-a", "operator-b")
SERVERS = ("digits-1", "digits-2")
DAY = 86400
REVISION = "digits-0123456789"


def named(metric, **labels):
    inner = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{metric}{{{inner}}}"


def steady(value):
    return f"{value}x{MINUTES}"


def counting(a_minute):
    return f"0+{a_minute}x{MINUTES}"


def becomes(before, after):
    """A gauge that changes."""
    return f"{before}x{WRONG - 1} {after}x{MINUTES - WRONG}"


def begins(value):
    """A series that was not there before."""
    return f"_x{WRONG} {value}x{MINUTES - WRONG}"


def ends(value):
    """One that is not there afterwards."""
    return f"{value}x{WRONG - 1} stale"


def quickens(before, after):
    """A counter that goes on by another step a minute."""
    return f"0+{before}x{WRONG - 1} {before * WRONG}+{after}x{MINUTES - WRONG}"


def told(metric, values, name="digits", **labels):
    """What both replicas of the operator tell of a model."""
    of = {"namespace": "team", "name": name, **labels}
    return {named(f"modelsmith_model_{metric}", pod=pod, **of): values for pod in OPERATORS}


def condition(about, reason, values, name="digits"):
    return told("condition", values, name, type=about, reason=reason)


def turns(about, before, after, name="digits"):
    """A condition that was True for one reason and is False for another."""
    return condition(about, before, ends(1), name) | condition(about, after, begins(0), name)


def served(metric, values, pod="", **labels):
    """What the servers of digits tell, or one of them."""
    of = {"namespace": "team", "deployment": "digits", "track": "stable", "revision": REVISION, **labels}
    return {named(metric, pod=each, **of): values for each in ([pod] if pod else SERVERS)}


def operator(metric, values, pod="", **labels):
    of = {"namespace": "modelsmith-system", **labels}
    return {named(f"modelsmith_operator_{metric}", pod=each, **of): values for each in ([pod] if pod else OPERATORS)}


def inference(metric, values, **labels):
    return served(f"nv_inference_{metric}", values, model="digits", version="1", **labels)


def healthy():
    """All of it, by series."""
    return _digits() | _others() | _requests() | _sentinels() | _operators()


def _digits():
    return {
        **told("ready", steady(1)),
        **condition("Ready", "Serving", steady(1)),
        **condition("Available", "Available", steady(1)),
        **condition("Healthy", "AnswersRight", steady(1)),
        **condition("Built", "Built", steady(1)),
        **condition("AutoscalingActive", "ValidMetricFound", steady(1)),
        **told("replicas_wanted", steady(2)),
        **told("replicas_ready", steady(2)),
        **told("replicas_max", steady(4)),
        **told("outdated", steady(0)),
    }


def _others():
    return {
        **told("ready", steady(1), "asleep"),
        **condition("Ready", "ScaledToZero", steady(1), "asleep"),
        **condition("Available", "ScaledToZero", steady(0), "asleep"),
        **condition("AutoscalingActive", "ScalingDisabled", steady(0), "asleep"),
        **told("replicas_wanted", steady(0), "asleep"),
        **told("replicas_max", steady(4), "asleep"),
        **told("ready", steady(0), "paused"),
        **condition("Ready", "Suspended", steady(0), "paused"),
        **condition("Built", "Suspended", steady(0), "paused"),
        **condition("Available", "Available", steady(1), "paused"),
        **condition("Healthy", "AnswersRight", steady(1), "paused"),
        **told("replicas_wanted", steady(1), "paused"),
        **told("outdated", steady(1), "paused"),
        **told("ready", steady(0), "first"),
        **condition("Ready", "Building", steady(0), "first"),
        **condition("Built", "Building", steady(0), "first"),
        **condition("Available", "NotDeployed", steady(0), "first"),
        **told("replicas_wanted", steady(1), "first"),
        **told("ready", steady(1), "pinned"),
        **condition("Ready", "Pinned", steady(1), "pinned"),
        **condition("Built", "Built", steady(1), "pinned"),
        **told("outdated", steady(1), "pinned"),
    }


def _requests():
    """Ten requests a second for each server: 3 ms each, of which 1 ms waiting, two samples in a batch."""
    return {
        **inference("request_success", counting(600)),
        **inference("request_failure", counting(0), reason="REJECTED"),
        **inference("request_failure", counting(0), reason="BACKEND"),
        **inference("request_failure", counting(0), reason="OTHER"),
        # Clients that do not wait for an answer are nobody's failure.
        **inference("request_failure", counting(60), reason="CANCELED"),
        **inference("request_duration_us", counting(600 * 3000)),
        **inference("queue_duration_us", counting(600 * 1000)),
        **inference("count", counting(600)),
        **inference("exec_count", counting(300)),
        **inference("pending_request_count", steady(1)),
    }


def _sentinels():
    return {
        **served("modelsmith_sentinel_ready", steady(1)),
        **served("modelsmith_sentinel_golden_wrong", steady(0)),
        **served("modelsmith_sentinel_deaths_total", steady(0)),
        **served("modelsmith_sentinel_certificate_expiry_timestamp_seconds", steady(60 * DAY)),
    }


def _operators():
    return {
        **operator("leading", steady(1), OPERATORS[0]),
        **operator("leading", steady(0), OPERATORS[1]),
        **operator("watch_age_seconds", steady(110), kind="Job"),
        **operator("watch_age_seconds", steady(110), kind="Pod"),
        **operator("reconciles_total", counting(60), kind="ModelDeployment", result="ok"),
        **operator("reconciles_total", counting(1), kind="ModelDeployment", result="failed"),
        # Renewed all the time: 50 minutes are left.
        **operator("token_expiry_timestamp_seconds", f"3000+60x{MINUTES}"),
    }
