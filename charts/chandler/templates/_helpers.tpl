{{/* The name of everything that the injector has: one installation serves a cluster. */}}
{{- define "chandler.injector.name" -}}chandler-injector{{- end }}

{{/* Labels that pods are selected by; they can never change. */}}
{{- define "chandler.injector.selectorLabels" -}}
app.kubernetes.io/name: {{ include "chandler.injector.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of every object but pods, which a new version of the chart alone need not make anew. */}}
{{- define "chandler.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: chandler
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of the injector's objects. */}}
{{- define "chandler.injector.labels" -}}
app.kubernetes.io/name: {{ include "chandler.injector.name" . }}
{{ include "chandler.labels" . }}
{{- end }}

{{- define "chandler.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "chandler.injector.serviceAccount" -}}
{{ .Values.injector.serviceAccount.name | default (include "chandler.injector.name" .) }}
{{- end }}

{{/* The Secret whose files are mounted; nothing where the injector makes its certificate itself. */}}
{{- define "chandler.injector.tlsSecret" -}}
{{- with .Values.injector.certificates -}}
{{- if eq .mode "secret" }}{{ required "injector.certificates.secret.name names the Secret with the certificate" .secret.name }}
{{- else if eq .mode "cert-manager" }}chandler-injector-serving{{ end -}}
{{- end -}}
{{- end }}

{{/* Annotations of both webhook configurations. */}}
{{- define "chandler.injector.webhookAnnotations" -}}
{{- $annotations := deepCopy .Values.injector.webhook.annotations -}}
{{- if eq .Values.injector.certificates.mode "cert-manager" -}}
{{- $_ := set $annotations "cert-manager.io/inject-ca-from" (printf "%s/chandler-injector" .Release.Namespace) -}}
{{- end -}}
{{- with $annotations }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* How the API server reaches a path of the injector. Without caBundle somebody else keeps it: the leading replica, or
cert-manager. */}}
{{- define "chandler.injector.clientConfig" -}}
service:
  namespace: {{ .context.Release.Namespace }}
  name: {{ include "chandler.injector.name" .context }}
  path: {{ .path }}
  port: 443
{{- with .context.Values.injector.certificates }}
{{- if eq .mode "secret" }}
caBundle: {{ required "injector.certificates.secret.caBundle is the authority of the certificate, as PEM" .secret.caBundle | b64enc }}
{{- end }}
{{- end }}
{{- end }}

{{/* The namespaces whose pods are fitted out, and guarded. */}}
{{- define "chandler.injector.namespaceSelector" -}}
{{- $selector := .Values.injector.webhook.namespaceSelector -}}
{{- $excluded := concat (list "kube-system" .Release.Namespace) .Values.injector.webhook.excludedNamespaces | uniq -}}
{{- with $selector.matchLabels }}
matchLabels:
  {{- toYaml . | nindent 2 }}
{{- end }}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values: {{ toJson $excluded }}
  {{- with $selector.matchExpressions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The API server's picture of a static pod: no admission changes what runs. */}}
{{- define "chandler.injector.noMirrorPod" -}}
name: no-mirror-pod
expression: "!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)"
{{- end }}
