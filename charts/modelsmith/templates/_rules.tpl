{{/* What the operator may do, in one namespace or in all: what its code does, and nothing that it does not.
     No exec, no roles; Secrets only where policy.secretLabel asks for it. A story holds this list against the API
     server's audit log, verb by verb
     (tests/operator/edge/usage.py): who has the operator call something new adds the verb here and there. */}}
{{- define "modelsmith.rules" -}}
# What people write is read, by name before pods are made for it; only its status is written, and its finalizer, where
# artifacts outside go with it.
- apiGroups: [modelsmith.dev]
  resources: [modeldeployments]
  verbs: [get, list, watch, patch]
- apiGroups: [modelsmith.dev]
  resources: [modelbuilds]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [modelsmith.dev]
  resources: [modeldeployments/status, modelbuilds/status]
  verbs: [patch]
# Children. Server-side apply is a patch, and a create where there is nothing yet. They go with their last owner, by
# Kubernetes' own hand; what is deleted here is superseded: Jobs of another attempt, the oldest revisions, the
# Deployment of a canary that has ended, the PodDisruptionBudget of more than one server, and what a spec asked for
# between clients and servers and does no more. ConfigMaps are made where artifacts are collected, and otherwise read.
- apiGroups: [""]
  resources: [configmaps, persistentvolumeclaims]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
# Those of somebody else are read, too: who scales the same servers is left to it.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
# Not watched: the cluster need not have them.
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes, grpcroutes]
  verbs: [get, create, patch, delete]
- apiGroups: [keda.sh]
  resources: [scaledobjects]
  verbs: [get, create, patch, delete]
{{- if .Values.policy.secretLabel }}
# Their labels, by name. Kubernetes knows no right to the labels alone: the operator asks for nothing else.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}
# Why a pod does not run: its status, and what was said about it.
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [list, create, patch]
{{- end }}
{{/* What it may do besides where it watches all namespaces. A Role cannot grant it, and it is not asked for there. */}}
{{- define "modelsmith.clusterRules" -}}
# Why no node takes a server that asks for a GPU: read only while one finds none.
- apiGroups: [""]
  resources: [nodes]
  verbs: [list]
{{- end }}
