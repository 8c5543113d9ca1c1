"""What every test may rely on."""

import os

import hypothesis

# Tests run on CPUs alone; the x86-64 build of torch would look for a GPU first.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
# ONNX Runtime's wheels send usage data unless told not to, and the first import decides.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# No example is timed: another test, or another program, may have the processor. Benchmarks time.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter):
    """How many of each there were: what tests promise by the hundred is shown, and not believed."""
    counted = [entry for report in terminalreporter.getreports("passed") for entry in report.user_properties]
    if counted:
        terminalreporter.section("counted")
    for what, count in counted:
        terminalreporter.write_line(f"{what:<60} {count}")
