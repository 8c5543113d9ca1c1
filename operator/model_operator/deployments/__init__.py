"""Does it serve as wanted? One ModelDeployment: the build it asks for, its revisions, its children.

observing ─► state.Observed ─► deciding.decide ─► Decision
(edge)                         requests, owning, checks, revisions, rollout, manifests, statuses: pure
"""
