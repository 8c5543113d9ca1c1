"""Tells the kubelet the truth about the Triton beside it.

Triton's own health stays 200 when its backend is dead, so the sentinel asks for inferences whose answers it knows.

    observing (HTTP to Triton) ─► Observation ─► deciding.decide(state, observation) PURE ─► verdicts ─► endpoints
"""
