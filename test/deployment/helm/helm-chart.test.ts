import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadSettings } from '../../../src/config/config.ts';
import { SETTINGS } from '../../../src/config/settings.ts';
import { ROOT, readProjectFile } from '../support/compose-file.ts';

interface Container {
  readonly args: readonly string[];
  readonly env: readonly {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef?: { name: string; key: string } };
  }[];
  readonly ports?: readonly { name: string; containerPort: number }[];
  readonly securityContext: unknown;
  readonly resources: { readonly requests?: unknown; readonly limits?: unknown };
  readonly readinessProbe?: {
    readonly httpGet: unknown;
    readonly periodSeconds: number;
    readonly failureThreshold: number;
  };
  readonly livenessProbe?: { readonly httpGet: unknown };
}

interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>> & { readonly containers: readonly Container[] };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: unknown;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>> & { readonly template?: Pod };
}

const CHART = 'deploy/helm/atlas';
const templates = readdirSync(resolve(ROOT, CHART, 'templates')).map((name) =>
  readProjectFile(`${CHART}/templates/${name}`),
);
const chart = parse(readProjectFile(`${CHART}/Chart.yaml`)) as { version: string; appVersion: string };
const values = parse(readProjectFile(`${CHART}/values.yaml`)) as Record<string, Record<string, unknown>>;
const isValid = new Ajv({ allErrors: true }).compile(JSON.parse(readProjectFile(`${CHART}/values.schema.json`)));

const helm = spawnSync('helm', ['version']).status === 0;
/** Of kubeconform: where the schemas of Kubernetes are, because they are no part of it. */
const schemas = process.env.KUBERNETES_SCHEMAS;
const kubeconform = helm && schemas !== undefined && spawnSync('kubeconform', ['-v']).status === 0;

if (!helm) process.stdout.write('The chart is not rendered: there is no helm.\n');
else if (!kubeconform)
  process.stdout.write(
    'What the chart renders is not checked against Kubernetes: there is no kubeconform, or KUBERNETES_SCHEMAS is not set.\n',
  );

const EVERYTHING = [
  '--set',
  'serviceMonitor.enabled=true,prometheusRule.enabled=true,certificates.configMap=authorities',
];

function render(...args: string[]): {
  readonly manifests: readonly Manifest[];
  readonly stdout: string;
  readonly stderr: string;
} {
  const { stdout, stderr } = spawnSync('helm', ['template', 'r', CHART, ...args], { cwd: ROOT, encoding: 'utf8' });
  const documents = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest | null);
  return { manifests: documents.filter((manifest) => manifest !== null), stdout, stderr };
}

describe('the chart', () => {
  it('has the version of the package', () => {
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    expect(chart).toMatchObject({ version, appVersion: version });
  });

  it('has default values that its schema permits', () => {
    expect(isValid(values)).toBe(true);
  });

  it.each([
    ['a value that does not exist', { replicas: 3 }],
    ['a member that does not exist', { replicate: { ...values.replicate, standby: true } }],
    ['a secret among the settings', { settings: { ATLAS_JWT_SECRET: 'x' } }],
    ['a port that the chart sets', { settings: { ATLAS_PORT: '80' } }],
    ['a secret by value', { secretSettings: { ...values.secretSettings, serve: { ATLAS_SHARDS: '{}' } } }],
    [
      'change capture without ClickHouse',
      { secretSettings: { ...values.secretSettings, replicate: { ATLAS_SHARDS: { name: 'a', key: 'b' } } } },
    ],
    ['no pod that may be missing', { serve: { ...values.serve, disruptionBudget: { maxUnavailable: 0 } } }],
    ['a peer that is everybody', { networkPolicy: { ...values.networkPolicy, clients: [{}] } }],
  ])('refuses %s', (_, changed) => {
    expect(isValid({ ...values, ...changed })).toBe(false);
  });

  it('names settings that exist, and no secret of its own', () => {
    const named = [...templates.join('\n').matchAll(/\bname: (ATLAS_\w+)/g)].map(([, name = '']) => name);
    const given = Object.values(values.secretSettings ?? {}).flatMap((settings) => Object.keys(settings as object));
    expect(named.length).toBeGreaterThan(4);
    expect([...named, ...given].filter((name) => !(name in SETTINGS))).toEqual([]);
    expect(templates.filter((text) => /^kind: Secret$/m.test(text))).toEqual([]);
  });

  it('has the alerts of ops/prometheus', () => {
    expect(readProjectFile(`${CHART}/files/atlas.rules.yml`)).toBe(readProjectFile('ops/prometheus/atlas.rules.yml'));
  });
});

describe.skipIf(!helm)('what the chart renders', { timeout: 30_000 }, () => {
  const { manifests, stdout } = helm ? render(...EVERYTHING) : { manifests: [], stdout: '' };
  const of = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  const pods = manifests.flatMap(({ spec }) => (spec.template === undefined ? [] : [spec.template]));
  const containers = pods.flatMap(({ spec }) => spec.containers);
  const selects = (selector: object, { labels }: Pod['metadata']) =>
    Object.entries(selector).every(([name, value]) => labels[name] === value);
  const selectorOf = ({ spec }: Manifest) =>
    ((spec.selector as { matchLabels?: object }).matchLabels ?? spec.selector ?? {}) as Record<string, string>;

  it('is everything, and only what is asked for', () => {
    const kinds = (list: readonly Manifest[]) => list.map(({ kind }) => kind).toSorted();
    const always = ['Deployment', 'Deployment', 'Job', 'NetworkPolicy', 'NetworkPolicy', 'PodDisruptionBudget'];
    expect(kinds(manifests)).toEqual(
      [
        ...always,
        'PodDisruptionBudget',
        'HorizontalPodAutoscaler',
        'PrometheusRule',
        'Service',
        'Service',
        'ServiceMonitor',
      ].toSorted(),
    );
    const least =
      'migrate.enabled=false,replicate.enabled=false,networkPolicy.enabled=false,serve.autoscaling.enabled=false';
    const { manifests: few } = render('--set', least);
    expect(kinds(few)).toEqual(['Deployment', 'PodDisruptionBudget', 'Service', 'Service']);
    expect(few.find(({ kind }) => kind === 'Deployment')?.spec.replicas).toBe(2);
  });

  it('runs each command with valid settings, and secrets by reference', () => {
    expect(containers.map(({ args }) => args[0]).toSorted()).toEqual(['migrate', 'replicate', 'serve']);
    const secrets: Readonly<Record<string, string>> = {
      ATLAS_SHARDS: '{"placement":{"kind":"hash"},"shards":[{"id":"s0","primary":"postgres://a:b@h/d","replicas":[]}]}',
      ATLAS_CLICKHOUSE_URL: 'https://atlas:x@clickhouse:8443/atlas',
    };
    for (const { env } of containers) {
      expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
      const bySecret = env.filter(({ name }) => 'secret' in (SETTINGS[name as keyof typeof SETTINGS] ?? {}));
      expect(
        bySecret.every(({ value, valueFrom }) => value === undefined && valueFrom?.secretKeyRef !== undefined),
      ).toBe(true);
      const long = 'a-secret-of-more-than-32-characters';
      const environment = Object.fromEntries(env.map(({ name, value }) => [name, value ?? secrets[name] ?? long]));
      expect(loadSettings(environment)).toMatchObject({ ATLAS_HOST: '0.0.0.0', ATLAS_ADMIN_PORT: 9464 });
    }
  });

  it('runs as nobody in particular, on a file system that cannot be written', () => {
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      // Kubernetes would set variables ATLAS_…, which Atlas refuses.
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    }
    for (const { securityContext, resources } of containers) {
      const locked = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
      expect(securityContext).toEqual(locked);
      expect(resources).toMatchObject({
        requests: { cpu: expect.anything(), memory: expect.anything() },
        limits: { memory: expect.anything() },
      });
    }
  });

  it('asks for readiness and liveness where they are served, and stops in time', () => {
    for (const { spec } of of('Deployment')) {
      const [container] = spec.template?.spec.containers ?? [];
      const admin = container?.ports?.find(({ name }) => name === 'admin');
      const setting = (wanted: string) => Number(container?.env.find(({ name }) => name === wanted)?.value);
      expect(admin?.containerPort).toBe(setting('ATLAS_ADMIN_PORT'));
      expect(container?.readinessProbe?.httpGet).toEqual({ path: '/health/ready', port: 'admin' });
      expect(container?.livenessProbe?.httpGet).toEqual({ path: '/health/live', port: 'admin' });
      const seconds = (setting('ATLAS_DRAIN_MS') + setting('ATLAS_SHUTDOWN_GRACE_MS')) / 1000;
      expect(spec.template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds);
      const { readinessProbe } = container ?? {};
      const notices = (readinessProbe?.periodSeconds ?? 0) * (readinessProbe?.failureThreshold ?? 0);
      expect(notices).toBeLessThan(setting('ATLAS_DRAIN_MS') / 1000);
    }
    const [serve] = render('--set', 'stopping.drainMs=30000,stopping.graceMs=20500').manifests.filter(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'r-atlas-serve',
    );
    expect(serve?.spec.template?.spec.terminationGracePeriodSeconds).toBe(56);
  });

  it('has one replicate that streams and one that stands by, on different nodes', () => {
    const replicate = of('Deployment').find(({ metadata }) => metadata.name === 'r-atlas-replicate');
    expect(replicate?.spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    });
    expect(replicate?.spec.template?.spec.topologySpreadConstraints).toMatchObject([
      { topologyKey: 'topology.kubernetes.io/zone' },
      { topologyKey: 'kubernetes.io/hostname' },
    ]);
  });

  it('migrates before anything of the new version starts', () => {
    expect(of('Job')[0]?.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
  });

  it('selects pods that exist, each by its own', () => {
    for (const { kind, metadata, spec } of [...of('Deployment'), ...of('PodDisruptionBudget'), ...of('Service')]) {
      const selected = pods.filter((pod) => selects(selectorOf({ kind, metadata, spec }), pod.metadata));
      expect({ name: metadata.name, pods: selected.length }).toEqual({
        name: metadata.name,
        pods: metadata.name === 'r-atlas-metrics' ? 3 : 1,
      });
    }
    for (const policy of of('NetworkPolicy')) {
      const { podSelector, ingress } = policy.spec as {
        podSelector: { matchLabels: object };
        ingress: { from: unknown[]; ports: { port: string }[] }[];
      };
      const selected = pods.filter((pod) => selects(podSelector.matchLabels, pod.metadata));
      expect(selected.length).toBeGreaterThan(0);
      // An empty list of peers would mean everybody.
      expect(ingress.every(({ from }) => from.length > 0)).toBe(true);
      const named = selected.flatMap(({ spec }) =>
        spec.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name)),
      );
      expect(ingress.flatMap(({ ports }) => ports).filter(({ port }) => !named.includes(port))).toEqual([]);
    }
    const [monitor] = of('ServiceMonitor');
    const services = of('Service').filter(
      ({ metadata }) => monitor !== undefined && selects(selectorOf(monitor), metadata),
    );
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['r-atlas-metrics']);
    // The job that the alert AtlasProcessDown expects.
    expect(services[0]?.metadata.labels[String(monitor?.spec.jobLabel)]).toBe('atlas');
    expect(of('HorizontalPodAutoscaler')[0]?.spec.scaleTargetRef).toMatchObject({ name: 'r-atlas-serve' });
  });

  it('has every alert', () => {
    const { groups } = parse(readProjectFile('ops/prometheus/atlas.rules.yml')) as { groups: unknown };
    expect(of('PrometheusRule')[0]?.spec).toEqual({ groups });
  });

  it('passes helm lint, and is refused with wrong values', () => {
    expect(spawnSync('helm', ['lint', '--strict', CHART], { cwd: ROOT }).status).toBe(0);
    expect(render('--set', 'settings.ATLAS_JWT_SECRET=x').stderr).toContain('ATLAS_JWT_SECRET');
  });

  it.skipIf(!kubeconform)('is what Kubernetes accepts', () => {
    const args = ['-strict', '-summary', '-skip', 'ServiceMonitor,PrometheusRule', '-schema-location', schemas ?? ''];
    const check = (input: string) => spawnSync('kubeconform', args, { input, encoding: 'utf8' });
    expect(check(stdout)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Valid: 10, Invalid: 0, Errors: 0'),
    });
    expect(check(stdout.replaceAll('maxSurge:', 'maxSurges:')).status).toBe(1);
  });
});
