"""Draw every dashboard: `python3 hack/dashboards http://10.88.0.1:9090 --namespace team --deployment digits`.

No Grafana is needed, and none is imitated: what is drawn is which panels there are, where, and what their own queries
answer. It shows a reader what to expect, and whoever changes a dashboard what it makes of real data.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashboards import asking, drawing

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "charts" / "modelsmith" / "files" / "dashboards"
PICTURES = ROOT / "docs" / "images"


def main() -> int:
    """Write a picture for each."""
    asked = _arguments()
    for path in sorted(SOURCES.glob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        variables = {"namespace": asked.namespace, "deployment": asked.deployment}
        source = asking.Prometheus(asked.prometheus, asked.minutes * 60, variables)
        picture = PICTURES / f"dashboard-{path.stem}.svg"
        picture.parent.mkdir(exist_ok=True)
        picture.write_text(drawing.draw(dashboard, source), encoding="utf-8")
        sys.stdout.write(f"{picture.relative_to(ROOT)}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Draw the dashboards from a real Prometheus.")
    parser.add_argument("prometheus", help="its URL")
    parser.add_argument("--namespace", default=".*", help="value of the variable namespace")
    parser.add_argument("--deployment", default=".*", help="value of the variable deployment")
    parser.add_argument("--minutes", type=int, default=30, help="how far back")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
