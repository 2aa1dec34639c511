{{/* Name of all installed objects: the names of the release and the chart, or only the name of the release if it contains the other. */}}
{{- define "wsap.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "wsap.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "wsap.name" .) | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "wsap.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{/* Name of cluster-scoped objects and of objects in other namespaces. Contains the namespace, so that releases don't conflict. */}}
{{- define "wsap.clusterName" -}}
{{- printf "%s-%s" (include "wsap.fullname" .) (include "wsap.namespace" .) -}}
{{- end -}}

{{- define "wsap.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end -}}

{{- define "wsap.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "wsap.fullname" .) -}}
{{- else -}}
{{- required "serviceAccount.create is false; set serviceAccount.name to an existing service account" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "wsap.image" -}}
{{- $registry := (.Values.global).imageRegistry | default .Values.image.registry -}}
{{- with .Values.image -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* List of the Secrets with registry credentials. A Secret is a name or a map with a name. */}}
{{- define "wsap.imagePullSecrets" -}}
{{- range concat .Values.imagePullSecrets ((.Values.global).imagePullSecrets | default list) }}
- name: {{ ternary . (get (ternary (dict) . (kindIs "string" .)) "name") (kindIs "string" .) }}
{{- end -}}
{{- end -}}

{{/* Labels that never change in a release, because the selector of a Deployment is immutable. */}}
{{- define "wsap.selectorLabels" -}}
app.kubernetes.io/name: {{ include "wsap.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "wsap.labels" -}}
{{- $own := include "wsap.selectorLabels" . | fromYaml -}}
{{- $own = set $own "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $chart := dict "app.kubernetes.io/version" .Chart.AppVersion "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- toYaml (merge (dict) $own .Values.commonLabels $chart) -}}
{{- end -}}

{{/*
Metadata of an object. Takes root, and optionally name, namespace, labels, and annotations. Without name, the object has the common name.
Without namespace, it is in the namespace of the release. With clusterScoped, it has no namespace.
*/}}
{{- define "wsap.metadata" -}}
name: {{ .name | default (include "wsap.fullname" .root) }}
{{- if not .clusterScoped }}
namespace: {{ .namespace | default (include "wsap.namespace" .root) }}
{{- end }}
labels:
  {{- toYaml (merge (dict) (.labels | default dict) (include "wsap.labels" .root | fromYaml)) | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Annotations of the CRDs. They keep the CRDs, and with them all policies and fleets, when a tool uninstalls or prunes. */}}
{{- define "wsap.crdAnnotations" -}}
{{- $keep := dict -}}
{{- if .Values.crds.keep -}}
{{- $keep = dict "helm.sh/resource-policy" "keep" "kustomize.toolkit.fluxcd.io/prune" "disabled" "argocd.argoproj.io/sync-options" "Prune=false,Delete=false" -}}
{{- end -}}
{{- with merge (dict) .Values.crds.annotations $keep .Values.commonAnnotations -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{- define "wsap.subjects" -}}
- kind: ServiceAccount
  name: {{ include "wsap.serviceAccountName" . }}
  namespace: {{ include "wsap.namespace" . }}
{{- end -}}
