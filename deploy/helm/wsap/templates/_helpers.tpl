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
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Labels that never change in a release, because the selector of a Deployment is immutable. */}}
{{- define "wsap.selectorLabels" -}}
app.kubernetes.io/name: {{ include "wsap.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "wsap.labels" -}}
{{ include "wsap.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata of an object with the common name, in the namespace of the release. */}}
{{- define "wsap.metadata" -}}
name: {{ include "wsap.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "wsap.labels" . | nindent 2 }}
{{- end -}}

{{- define "wsap.subjects" -}}
- kind: ServiceAccount
  name: {{ include "wsap.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
