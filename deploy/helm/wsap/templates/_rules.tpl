{{/* Rules for cluster-scoped resources. */}}
{{- define "wsap.clusterRules" -}}
- apiGroups: [wsap.dev]
  resources: [workspacefleets]
  verbs: [get, list, watch]
- apiGroups: [wsap.dev]
  resources: [workspacefleets/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
# The Lease by which the operators of a cluster exclude each other, in the namespace of the flag --cluster-lease-namespace.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [wsap.operators]
  verbs: [get, create, update]
{{- end -}}

{{/* Rules for resources in the namespaces of policies. */}}
{{- define "wsap.policyRules" -}}
- apiGroups: [wsap.dev]
  resources: [workspaceapplicationpolicies]
  verbs: [get, list, watch]
- apiGroups: [wsap.dev]
  resources: [workspaceapplicationpolicies/status]
  verbs: [patch]
{{ include "wsap.eventRules" . }}
{{- if .Values.reports.enabled }}
- apiGroups: [wgpolicyk8s.io]
  resources: [policyreports]
  verbs: [get, list, create, patch, delete]
- apiGroups: [openreports.io]
  resources: [reports]
  verbs: [get, list, create, patch, delete]
{{- end }}
{{- end -}}

{{- define "wsap.eventRules" -}}
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- define "wsap.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch, create, update, delete]
{{- end -}}

{{- define "wsap.secretRules" -}}
- apiGroups: [""]
  resources: [secrets]
  resourceNames:
    {{- toYaml .Values.notifications.secretNames | nindent 4 }}
  verbs: [get]
{{- end -}}

{{/* Role with its RoleBinding. Takes root, name, namespace, and rules. */}}
{{- define "wsap.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "wsap.metadata" . | nindent 2 }}
rules:
{{ include .rules .root }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "wsap.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
{{ include "wsap.subjects" .root }}
{{- end -}}
