"""Is there an artifact for this request? One ModelBuild, its Jobs, its result.

observing ─► state.Observed ─► deciding.decide ─► Decision
(edge)                         checks, reports, manifests, statuses: pure
"""
