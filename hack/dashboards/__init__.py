"""Pictures of the dashboards in docs/, drawn from their own queries against a real Prometheus."""
