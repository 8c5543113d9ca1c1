"""What a shell needs to use the cluster."""

from __future__ import annotations

import shlex

from cluster import layout, pins


def exports() -> str:
    """Return lines for `eval "$(python3 hack/cluster env)"`."""
    kubeconfig = shlex.quote(str(layout.kubeconfig()))
    tools = shlex.quote(str(pins.tools()))
    return f'export KUBECONFIG={kubeconfig}\nexport PATH={tools}:"$PATH"'
