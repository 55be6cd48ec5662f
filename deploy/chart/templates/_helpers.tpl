{{/* The name of everything. The operator names the Deployment and the Service after the SpinApp. */}}
{{- define "runledger.name" -}}
{{- if gt (len .Release.Name) 30 -}}
{{- fail "the release's name may have 30 characters at most: names of CronJobs and labels are made of it" -}}
{{- end -}}
{{- .Release.Name -}}
{{- end -}}

{{- define "runledger.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* What the pods of jobs and tests have in common, and the application's have not. */}}
{{- define "runledger.callerLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: caller
{{- end -}}

{{/* What the operator gives the application's pods. */}}
{{- define "runledger.podSelector" -}}
core.spinkube.dev/app-name: {{ include "runledger.name" . }}
{{- end -}}

{{- define "runledger.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* For pods that need nothing of their node or of the cluster. */}}
{{- define "runledger.podSecurity" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "runledger.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
{{- end -}}
