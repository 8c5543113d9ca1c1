{{/* What the operator may do, in one namespace or in all: what its code does, and nothing that it does not.
     No Secrets, no exec, no nodes, no roles. A test holds this list against the kinds that the operator knows. */}}
{{- define "modelsmith.rules" -}}
# What people write is read; only its status is written.
- apiGroups: [modelsmith.dev]
  resources: [modeldeployments]
  verbs: [get, list, watch]
- apiGroups: [modelsmith.dev]
  resources: [modelbuilds]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [modelsmith.dev]
  resources: [modeldeployments/status, modelbuilds/status]
  verbs: [patch]
# Children. Server-side apply is a patch, and a create where there is nothing yet.
- apiGroups: [""]
  resources: [configmaps, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments, controllerrevisions]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# The claim of the artifacts is made, and never deleted by the operator: it goes with its last owner.
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, create, patch]
# Why a pod does not run: its status, and what was said about it.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [list, create, patch]
{{- end }}
