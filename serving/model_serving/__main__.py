"""`python -m model_serving compose | fetch | sentinel`: what the containers beside Triton run."""

import argparse
import sys


def main() -> int:
    """Run one part and return the exit code."""
    parser = argparse.ArgumentParser(prog="model_serving", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("compose", help="verify an artifact and write Triton's model repository", add_help=False)
    verbs.add_parser("fetch", help="copy an artifact out of a registry", add_help=False)
    verbs.add_parser("sentinel", help="tell the kubelet the truth about a server's health", add_help=False)
    chosen, rest = parser.parse_known_args()
    # Imported when chosen: the sentinel stays small without protobuf, compose without a web server.
    if chosen.verb == "compose":
        from model_serving import composing

        return composing.main(rest)
    if chosen.verb == "fetch":
        from model_serving import fetching

        return fetching.main(rest)
    from model_serving.sentinel import running

    return running.main(rest)


if __name__ == "__main__":
    sys.exit(main())
