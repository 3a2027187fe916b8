{{- define "atlas.name" -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) | trunc 48 | trimSuffix "-" }}
{{- end }}

{{/* Labels that select: of a component. */}}
{{- define "atlas.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "atlas.labels" -}}
{{ include "atlas.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "atlas.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ printf "%s@%s" .repository .digest }}{{ else }}{{ printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}{{ end }}
{{- end }}
{{- end }}

{{/* Seconds: both times of stopping, and five more. */}}
{{- define "atlas.terminationSeconds" -}}
{{ add (ceil (divf (add .Values.stopping.drainMs .Values.stopping.graceMs) 1000)) 5 }}
{{- end }}

{{/* What all pods have in common. */}}
{{- define "atlas.pod" -}}
automountServiceAccountToken: false
# Kubernetes would set ATLAS_SERVICE_HOST and more for the service, which Atlas refuses as settings that do not exist.
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  # The user `node` of the image.
  runAsUser: 1000
  runAsGroup: 1000
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.certificates.configMap }}
volumes:
  - name: certificates
    configMap:
      name: {{ . }}
{{- end }}
{{- end }}

{{/* What all containers have in common. */}}
{{- define "atlas.container" -}}
name: atlas
image: {{ include "atlas.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .component | quote }}]
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml (index .root.Values .component).resources | nindent 2 }}
env:
  {{- range $name, $value := .root.Values.settings }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  - name: ATLAS_HOST
    value: '0.0.0.0'
  - name: ATLAS_PORT
    value: '4000'
  - name: ATLAS_ADMIN_PORT
    value: '9464'
  - name: ATLAS_DRAIN_MS
    value: {{ .root.Values.stopping.drainMs | int64 | quote }}
  - name: ATLAS_SHUTDOWN_GRACE_MS
    value: {{ .root.Values.stopping.graceMs | int64 | quote }}
  {{- range $name, $secret := index .root.Values.secretSettings .component }}
  - name: {{ $name }}
    valueFrom:
      secretKeyRef:
        name: {{ $secret.name }}
        key: {{ $secret.key }}
  {{- end }}
{{- with .root.Values.certificates }}
{{- if .configMap }}
volumeMounts:
  - name: certificates
    mountPath: {{ .mountPath }}
    readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{/* Of a process that runs on: health is on a port of its own, which clients need not reach. */}}
{{- define "atlas.probes" -}}
# Listens once the catalog is loaded.
startupProbe:
  httpGet: { path: /health/live, port: admin }
  periodSeconds: 2
  failureThreshold: 60
# Sends no requests to a process that can serve nothing. One that is told to stop, Kubernetes removes by itself.
readinessProbe:
  httpGet: { path: /health/ready, port: admin }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
# Restarts a process that does not respond any more; not one whose stores do not answer.
livenessProbe:
  httpGet: { path: /health/live, port: admin }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{/* One pod of a component on a node, and as many in each zone, as far as there is room. */}}
{{- define "atlas.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "atlas.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{/* Peers of a NetworkPolicy; an empty list would mean everybody. */}}
{{- define "atlas.peers" -}}
{{- if . }}{{ toYaml . }}{{ else }}- podSelector: {}{{ end }}
{{- end }}
