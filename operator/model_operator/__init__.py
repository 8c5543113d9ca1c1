"""The operator: observed -> decide -> apply.

    events ─► wake(key) ─► queue ─► observe (caches) ─► Observed ─► decide(observed, now) ─► Decision ─► apply
              watching     queueing  */observing          */state     */deciding, pure      decisions    applying

Two reconcilers of that shape: `builds` (is there an artifact for this request?) and `deployments` (does it serve
as wanted?). Decisions are functions of what was observed; only the rim (watching, caching, queueing, applying,
observing) does I/O.
"""
