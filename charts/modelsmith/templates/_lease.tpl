{{/* What the replicas need to agree on which of them writes, in the release's own namespace and nowhere else. */}}
{{- define "modelsmith.leaseRules" -}}
# A permission to create cannot be limited to a name.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "modelsmith.name" . }}-operator]
  verbs: [get, update]
{{- end }}
