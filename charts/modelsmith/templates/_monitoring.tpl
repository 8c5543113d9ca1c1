{{/* Whether the cluster has what somebody else's definition brings: (list $ "podMonitor" "PodMonitor"). Without it the
     API server would refuse the whole release with "no matches for kind", which says neither whose value asked for it
     nor the way out. `helm template` asks no cluster and knows of no definitions: it is told by --api-versions, or by
     trustCRDsExist (the name is Cilium's). */}}
{{- define "modelsmith.needsPrometheusOperator" -}}
{{- $root := index . 0 }}
{{- if not (or $root.Values.monitoring.trustCRDsExist ($root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}
{{- fail (printf "monitoring.%s.enabled makes a %s, and this cluster does not know monitoring.coreos.com/v1. Install prometheus-operator's CustomResourceDefinitions first, or leave it off and scrape without them (docs/monitoring.md). If they are there and helm cannot see them (helm template): --api-versions monitoring.coreos.com/v1, or --set monitoring.trustCRDsExist=true." (index . 1) (index . 2)) }}
{{- end }}
{{- end }}

{{/* An entry of files/prometheus/scrape.yaml in the words of a PodMonitor, for one port: (list $ $job "metrics"). */}}
{{- define "modelsmith.podMetricsEndpoint" -}}
{{- $job := index . 1 -}}
port: {{ index . 2 }}
path: /metrics
interval: {{ (index . 0).Values.monitoring.podMonitor.interval }}
honorLabels: {{ $job.honor_labels | default false }}
relabelings:
  {{- range $job.relabel_configs }}
  -
    {{- range $key, $value := . }}
    {{ $key | camelcase | untitle }}: {{ toJson $value }}
    {{- end }}
  {{- end }}
  # As a plain configuration names it: prometheus-operator would name it after the PodMonitor.
  - {targetLabel: job, replacement: {{ $job.job_name }}}
{{- end }}

{{/* Runbooks of the text are paths of the repository: put an address before them. (list $ $text). */}}
{{- define "modelsmith.withRunbooks" -}}
{{- $root := index . 0 }}
{{- index . 1 | replace "docs/runbooks/" (printf "%s/" (trimSuffix "/" $root.Values.monitoring.runbooks)) }}
{{- end }}
