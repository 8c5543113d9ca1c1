"""The add-on `monitoring`: Prometheus, metrics-server, prometheus-adapter."""

from __future__ import annotations

from cluster import addons, metering, pins, scraping

ADD_ON = addons.AddOn(
    name=metering.ADD_ON,
    modules=(pins.PROMETHEUS, pins.METRICS_SERVER, pins.PROMETHEUS_ADAPTER),
    accounts=(scraping.ACCOUNT, metering.METRICS_SERVER_ACCOUNT, metering.ADAPTER_ACCOUNT),
    certificates={service.name: service.hosts for service in (metering.METRICS_SERVER, metering.ADAPTER)},
    services=(scraping.SERVICE, metering.METRICS_SERVER, metering.ADAPTER),
    groups=metering.GROUPS,
    programs={
        "prometheus": scraping.prometheus,
        "metrics-server": metering.metrics_server,
        "prometheus-adapter": metering.adapter,
    },
)
