{{/* Name of everything that this release makes. Two releases in two namespaces must not share ClusterRoles. */}}
{{- define "modelsmith.name" -}}
{{- if eq .Release.Name "modelsmith" }}modelsmith{{ else }}{{ printf "modelsmith-%s" .Release.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Name of cluster-wide objects: release names are unique in a namespace only. */}}
{{- define "modelsmith.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "modelsmith.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "modelsmith.selector" -}}
app.kubernetes.io/name: modelsmith-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "modelsmith.labels" -}}
{{ include "modelsmith.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: modelsmith
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* One of our images: (list $ "builder"). */}}
{{- define "modelsmith.image" -}}
{{- $name := index . 1 }}
{{- required (printf "images.%s is not set. No image is published yet: build and push it (make images), then set its reference, best by digest." $name) (index (index . 0).Values.images $name) }}
{{- end }}
