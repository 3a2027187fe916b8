import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client/client.ts';
import { TYPE } from '../model/schema.ts';
import { readHealth } from '../readers/health.ts';
import type { Stack } from '../stack/stack.ts';
import type { Fault } from './fault.ts';

/** Its entities are written once, so that no later change brings back what was lost. */
export const STILL_TENANT = 91;
const ENTITIES = 30;
/** Longer than the period of the comparison that the stack sets. */
const LONGEST_UNSEEN_MS = 180_000;
const ASK_EVERY_MS = 200;

/** Rows vanish from ClickHouse behind everyone's back; the continuous comparison must notice, and the operator repairs. */
export const rowsLost: Fault = {
  name: 'rows lost in ClickHouse',
  weight: 1,
  mixes: false,
  targets: ({ clickhouse }) => (clickhouse?.sql ? ['entity', 'entity_attribute'] : []),
  async inject(target, { stack, client, complain, took }) {
    await untilSum(stack, client, ENTITIES);
    const lostAt = performance.now();
    const where = `tenant_id = ${STILL_TENANT} AND entity_id % 3 = 1`;
    await stack.clickhouse?.sql?.(`ALTER TABLE ${target} DELETE WHERE ${where} SETTINGS mutations_sync = 2`);
    if (await isNoticed(stack)) took('hole in ClickHouse noticed', performance.now() - lostAt);
    else complain('health', `Rows of ${target} are missing in ClickHouse, and no process says so`);
    const { code, output } = await stack.run(['verify', '--repair']);
    if (code !== 0) complain('difference', `atlas verify --repair ended with ${code}:\n${output}`);
    const found = await sumInClickHouse(stack, client);
    if (found !== ENTITIES) complain('difference', `After the repair, ClickHouse has ${found} of ${ENTITIES} entities`);
  },
};

/** Whether a process reports differences in time. */
async function isNoticed({ healthUrls }: Stack): Promise<boolean> {
  const deadline = performance.now() + LONGEST_UNSEEN_MS;
  while (performance.now() < deadline) {
    for (const url of healthUrls) {
      const health = await readHealth(url).catch(() => null);
      if ((health?.report.components.verification?.differences ?? 0) > 0) return true;
    }
    await sleep(ASK_EVERY_MS);
  }
  return false;
}

/** Writes the entities, again as long as something else is still broken, until ClickHouse has them. */
async function untilSum(stack: Stack, client: Client, expected: number): Promise<void> {
  const deadline = performance.now() + LONGEST_UNSEEN_MS;
  const [url = ''] = stack.urls;
  const input = Array.from({ length: ENTITIES }, (_, index) => ({
    id: String(index + 1),
    type: TYPE,
    attributes: [{ key: 'share', number: 1 }],
  }));
  const query = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
  while (performance.now() < deadline) {
    await client.ask(url, STILL_TENANT, { query, variables: { input } }).catch(() => null);
    if ((await sumInClickHouse(stack, client)) === expected) return;
    await sleep(ASK_EVERY_MS);
  }
  throw new Error(`ClickHouse does not get ${expected} entities`);
}

/** How many entities have the attribute that is stored apart, by the entity rows and by the attribute rows. Null: no answer, or they differ. */
async function sumInClickHouse({ urls }: Stack, client: Client): Promise<number | null> {
  const freshness = { class: 'BATCH', fallback: 'FAIL' };
  const query = `query ($freshness: FreshnessInput) { analytics {
    count(type: "${TYPE}", freshness: $freshness) { count }
    distribution(attribute: "share", min: 0, max: 2, buckets: 1, type: "${TYPE}", freshness: $freshness) { groups { buckets { count } } } } }`;
  const answer = await client.ask(urls[0] ?? '', STILL_TENANT, { query, variables: { freshness } }).catch(() => null);
  if (answer === null || answer.errors.length > 0) return null;
  const { analytics } = answer.data as unknown as { analytics: AnsweredSums };
  const counted = Number(analytics.count.count);
  const distributed = Number(analytics.distribution.groups[0]?.buckets[0]?.count ?? 0);
  return counted === distributed ? counted : null;
}

interface AnsweredSums {
  readonly count: { readonly count: number | string };
  readonly distribution: {
    readonly groups: readonly { readonly buckets: readonly { readonly count: number | string }[] }[];
  };
}
