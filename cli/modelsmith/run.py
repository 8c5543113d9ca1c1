"""modelsmith run: build and serve on this machine, without Kubernetes, until Ctrl-C."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from modelsmith.local import sessions

if TYPE_CHECKING:
    from model_serving import flags
    from modelsmith.local import building, servers, serving

#: As in a pod. Said here, so that --help needs no other room.
HTTP_PORT, GRPC_PORT = 8000, 8001
#: Seconds that a server may take from its start until its answers are right.
TIMEOUT = 120.0
EXAMPLE = """\
examples:
  modelsmith run -f modeldeployment.yaml --source model
  modelsmith run -f modeldeployment.yaml --source model --port 0 --grpc-port 0     any free ports
  modelsmith run -f modeldeployment.yaml --source model --once                     does it build, and answer rightly?

It listens on 127.0.0.1 alone. An unchanged model is not built again. The model's own code runs as you, without the
walls of a pod: run only models that you trust.
"""


def configure(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "run",
        help="build and serve on this machine",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sessions.configure(parser)
    for option, default, words in (("--port", HTTP_PORT, "for HTTP"), ("--grpc-port", GRPC_PORT, "for gRPC")):
        parser.add_argument(
            option, type=int, default=default, metavar="PORT", help=f"{words} (default: {default}; 0: any)"
        )
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT, metavar="SECONDS", help=f"for getting ready (default: {TIMEOUT:g})"
    )
    parser.add_argument("--once", action="store_true", help="end once it is ready")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Build, serve, stay. A signal while it serves is how one ends it: 0."""
    from model_serving import flags
    from modelsmith.local import families, ports, servers

    asked = sessions.read(options)
    http, grpc = ports.take([("--port", options.port), ("--grpc-port", options.grpc_port)])
    listening = flags.Listening(ports.ADDRESS, http, grpc)
    program = servers.find(options, sessions.say)
    ready = False
    try:
        with sessions.opened(asked, options.source, program) as job:
            built, served = serve(options, job, program, listening)
            ready = True
            if options.once:
                tell(f"{asked.name} is ready: it answers the golden requests as it did in the build")
            else:
                stay(job, built, served)
    except families.Interruption as interruption:
        sessions.say("stopped: nothing of it runs any more" if ready else "interrupted: nothing of it is left")
        return 0 if ready else interruption.exit_code
    return 0


def serve(
    options: argparse.Namespace, job: "building.Job", program: "servers.Program", listening: "flags.Listening"
) -> tuple["building.Built", "serving.Served"]:
    """Build it, bring it up, say what it is."""
    from modelsmith import summaries
    from modelsmith.local import building, progress, serving

    if job.asked.spec.serving.tls:
        sessions.say(serving.UNENCRYPTED)
    with progress.shown(verbose=options.verbose) as show:
        built = building.build(job, show)
        served = serving.start(job, built, program, listening)
        serving.await_ready(served, job.family, show, options.timeout)
    tell(summaries.of(built.report))
    return built, served


def stay(job: "building.Job", built: "building.Built", served: "serving.Served") -> None:
    """Say how to ask it, and serve until a signal."""
    from modelsmith.local import examples, serving

    tell("\n".join([*examples.lines(job, built, served), "Ctrl-C ends it"]))
    serving.watch(served, job.family, sessions.say)


def tell(text: str) -> None:
    """At once, also where a program reads it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
