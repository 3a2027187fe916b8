import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readProjectFile } from '../deployment/support/compose-file.ts';
import { metricsIn, unknownIn } from './support/named-metrics.ts';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const FOLDER = resolve(import.meta.dirname, '../../ops/prometheus');
const { groups } = parse(readProjectFile('ops/prometheus/atlas.rules.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);
const promtool = spawnSync('promtool', ['--version']).status === 0;

if (!promtool)
  process.stdout.write(
    'The unit tests of the alerts are skipped: there is no promtool (apt-get install prometheus).\n',
  );

describe('the alerts', () => {
  it('name metrics, labels and recorded series that exist', () => {
    expect(alerts.length).toBeGreaterThan(20);
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
    const recorded = rules.map(({ record }) => record);
    const used = rules.flatMap(({ expr }) => expr.match(/\batlas:[\w:]+/g) ?? []);
    expect(used.filter((name) => !recorded.includes(name))).toEqual([]);
    const measuring = rules.filter(({ expr }) => metricsIn(expr).length > 0 || /atlas:|\bup\b/.test(expr));
    expect(measuring).toEqual(rules);
  });

  it('each have a severity, a summary, and a section of the runbooks that exists', () => {
    const headings = [...readProjectFile('docs/runbooks.md').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(alerts.map(({ alert }) => alert));
    for (const { alert, labels, annotations } of alerts) {
      expect(['critical', 'warning']).toContain(labels?.severity);
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\w/),
        runbook_url: `docs/runbooks.md#${alert.toLowerCase()}`,
      });
    }
  });

  it('each have a unit test in which they fire, and one in which they are silent', () => {
    const { tests } = parse(readProjectFile('ops/prometheus/atlas.rules.test.yml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const tested = (firing: boolean) =>
      new Set(cases.filter(({ exp_alerts }) => exp_alerts.length > 0 === firing).map(({ alertname }) => alertname));
    const names = new Set(alerts.map(({ alert }) => alert));
    expect(tested(true)).toEqual(names);
    expect(tested(false)).toEqual(names);
  });

  it.skipIf(!promtool)('pass their unit tests', { timeout: 30_000 }, () => {
    const run = (...args: string[]) => execFileSync('promtool', args, { cwd: FOLDER, encoding: 'utf8' });
    expect(run('check', 'rules', 'atlas.rules.yml')).toContain('SUCCESS');
    expect(run('test', 'rules', 'atlas.rules.test.yml')).toContain('SUCCESS');
  });
});
