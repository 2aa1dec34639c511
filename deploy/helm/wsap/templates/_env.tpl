{{/* Variables of the container: the flags of `wsap operator`, and extraEnv. A variable of extraEnv replaces the one with the same name. */}}
{{- define "wsap.env" -}}
{{- $extra := dict -}}
{{- range .Values.extraEnv -}}
{{- if hasKey $extra .name -}}
{{- fail (printf "extraEnv contains the variable %s twice; remove one of them" .name) -}}
{{- end -}}
{{- $_ := set $extra .name . -}}
{{- end -}}
{{- if and (hasKey $extra "POD_NAME") (contains "$(POD_NAME)" .Values.operator.auditLog) -}}
{{- fail "extraEnv contains POD_NAME, which the chart sets for operator.auditLog; remove it from extraEnv" -}}
{{- end -}}
{{- $env := list -}}
{{- range include "wsap.flags" . | fromYamlArray -}}
{{- if not (hasKey $extra .name) -}}
{{- $env = append $env . -}}
{{- end -}}
{{- end -}}
{{- toYaml (concat $env .Values.extraEnv) -}}
{{- end -}}

{{/* Flags of `wsap operator` as variables. */}}
{{- define "wsap.flags" -}}
{{- with .Values.operator }}
{{- with .namespace }}
- name: WSAP_NAMESPACE
  value: {{ . | quote }}
{{- end }}
- name: WSAP_NOTIFICATIONS
  value: {{ $.Values.notifications.enabled | quote }}
- name: WSAP_LEASE_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: WSAP_CLUSTER_LEASE_NAMESPACE
  value: {{ .clusterLeaseNamespace }}
- name: WSAP_LEASE_DURATION
  value: {{ .leaseDuration }}
- name: WSAP_RENEW_DEADLINE
  value: {{ .renewDeadline }}
- name: WSAP_RETRY_PERIOD
  value: {{ .retryPeriod }}
- name: WSAP_METRICS_BIND_ADDRESS
  value: {{ if $.Values.metrics.enabled }}:{{ $.Values.metrics.port | int64 }}{{ else }}"0"{{ end }}
- name: WSAP_HEALTH_PROBE_BIND_ADDRESS
  value: :{{ $.Values.health.port | int64 }}
- name: WSAP_AMBIENT_FLEET_NAMESPACES
  value: {{ join "," .ambientFleetNamespaces | quote }}
- name: WSAP_AWS_REQUESTS_PER_SECOND
  value: {{ .awsRequestsPerSecond | quote }}
- name: WSAP_AWS_BURST
  value: {{ .awsBurst | int64 | quote }}
- name: WSAP_CONCURRENT
  value: {{ .concurrent | int64 | quote }}
- name: WSAP_REPORTS
  value: {{ ternary "auto" "off" $.Values.reports.enabled | quote }}
- name: WSAP_REPORT_RESULTS
  value: {{ $.Values.reports.results }}
- name: WSAP_REPORT_USER_NAMES
  value: {{ $.Values.reports.userNames | quote }}
- name: WSAP_REPORT_INTERVAL
  value: {{ $.Values.reports.interval }}
{{- if contains "$(POD_NAME)" .auditLog }}
{{- /* Kubernetes expands only variables that the list contains before. */}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end }}
- name: WSAP_AUDIT_LOG
  value: {{ .auditLog | quote }}
- name: WSAP_LOG_LEVEL
  value: {{ .logLevel }}
- name: WSAP_LOG_FORMAT
  value: {{ .logFormat }}
{{- end }}
{{- with .Values.aws.region }}
- name: AWS_REGION
  value: {{ . }}
{{- end }}
{{- end -}}
