{{- define "tidegate.name" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}
{{- else if contains "tidegate" .Release.Name }}{{ .Release.Name }}
{{- else }}{{ printf "%s-tidegate" .Release.Name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "tidegate.selector" -}}
app.kubernetes.io/name: tidegate
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "tidegate.labels" -}}
{{ include "tidegate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "tidegate.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "tidegate.name" .) }}
{{- end }}

{{/* Cluster-wide roles carry the namespace, so that two releases of one name in two namespaces never share one. */}}
{{- define "tidegate.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "tidegate.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Whether the policy on requests is installed: an API server before 1.30 has no such policies. */}}
{{- define "tidegate.requestPolicy" -}}
{{- if and .Values.requests.policy (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version) }}true{{ end }}
{{- end }}

{{- define "tidegate.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}

{{/*
What the operator does, and nothing else. In a namespaced installation the rights hold in that namespace only.
Nothing is updated, no finalizer is set, and `spec` of a Rollout is never written.
*/}}
{{- define "tidegate.rules" -}}
# Seen: what decisions are made of.
- apiGroups: [tidegate.dev]
  resources: [rollouts, trafficsplits, analysisruns, analysistemplates]
  verbs: [list, watch]
- apiGroups: [apps]
  resources: [replicasets, deployments]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [list, watch]
# Said: what was seen and decided.
- apiGroups: [tidegate.dev]
  resources: [rollouts/status, trafficsplits/status, analysisruns/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# Done: the operator's own children, the Services' selectors and the weights in the routes. A child whose name is taken
# is looked at, whether it is ours; a TrafficSplit goes with its Rollout.
- apiGroups: [tidegate.dev]
  resources: [trafficsplits]
  verbs: [get, create, patch]
- apiGroups: [tidegate.dev]
  resources: [analysisruns]
  verbs: [get, create, patch, delete]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get, create, patch, delete]
# The size of those that a Rollout takes over from.
- apiGroups: [apps]
  resources: [deployments]
  verbs: [patch]
- apiGroups: [""]
  resources: [services]
  verbs: [patch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [patch]
{{- if .Values.secrets.read }}
# Tokens and passwords of analyses, one by one at the moment of use: never listed, never watched.
- apiGroups: [""]
  resources: [secrets]
  {{- with .Values.secrets.names }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: [get]
{{- end }}
{{- with .Values.versionedConfig }}
{{- if .configMaps }}
# Config as part of a release: seen when it changes, copied for each revision; its owner's end is the copy's end.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create]
{{- end }}
{{- if .secrets }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create]
{{- end }}
{{- end }}
{{- if .Values.podMetadata }}
# canaryMetadata and stableMetadata: put on the pods that are there, when a version changes its role.
- apiGroups: [""]
  resources: [pods]
  verbs: [list, patch]
{{- end }}
{{- if .Values.podRestarts }}
# restartAt and `tidegate restart`: pods go one by one through the Eviction API, which holds them to PodDisruptionBudgets.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [""]
  resources: [pods/eviction]
  verbs: [create]
{{- end }}
{{- end }}
