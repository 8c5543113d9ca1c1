"""modelsmith predict: ask a served model about one sample, and show what it says."""

import argparse
import json
import sys
from typing import Any

EXAMPLE = """\
examples:
  modelsmith predict --url localhost:8000 --model digits --input image=sample.npz --picture
  modelsmith predict --url localhost:8001 --grpc --model digits --input image=test.npz:17
  modelsmith predict --model digits --input image=data.npz:pictures:3 --json

In a cluster, from another shell: kubectl port-forward service/digits 8000
"""


def configure(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "predict",
        help="ask a served model about one sample",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", metavar="HOST:PORT", help="the server (default: localhost:8000, with --grpc 8001)")
    parser.add_argument("--grpc", action="store_true", help="speak gRPC instead of HTTP")
    parser.add_argument("--model", required=True, metavar="NAME", help="the model's name: that of the ModelDeployment")
    parser.add_argument(
        "--input",
        action="append",
        required=True,
        dest="inputs",
        metavar="NAME=FILE[:ARRAY][:ROW]",
        help="an input, from an .npz or .npy file (default: the array of the input's name, row 0); once for each input",
    )
    parser.add_argument("--picture", action="store_true", help="show a two-dimensional greyscale input as text")
    parser.add_argument("--json", action="store_true", help="print the outputs as JSON and nothing else")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="default: 30")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    from modelsmith import asking, samples, showing

    sources = [samples.parse(text) for text in options.inputs]
    with asking.connect(options.url, grpc=options.grpc, timeout=options.timeout) as server:
        wanted = server.inputs(options.model)
        inputs = {source.name: samples.read(source, samples.find(wanted, source)) for source in sources}
        samples.complete(wanted, inputs)
        outputs = server.infer(options.model, inputs)
    if options.json:
        sys.stdout.write(json.dumps({name: array.tolist() for name, array in outputs.items()}) + "\n")
        return 0
    if options.picture:
        sys.stdout.write("".join(f"{showing.picture(array)}\n" for array in inputs.values()))
    sys.stdout.write(showing.answer(outputs, samples.label(sources[0])))
    return 0
