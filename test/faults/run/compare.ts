import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Complain, Violations } from '../checker/violation.ts';
import { type Answer, NoAnswer } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import { type AnsweredEntity, observed } from '../client/observed.ts';
import type { EntityHistory } from '../model/entity-history.ts';
import { absent, type ObservedEntity } from '../model/entity-state.ts';
import { ENTITY_FIELDS, LEVELS, TYPE } from '../model/schema.ts';
import type { World } from '../model/world.ts';
import { sql } from '../stack/sql.ts';
import type { Stack } from '../stack/stack.ts';
import { settleUnknown } from '../writers/settle-unknown.ts';

export interface Comparison {
  readonly entities: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly different: number;
}

/** Each of them must be the only source that answers. */
const SOURCES = [
  { source: 'PRIMARY', class: 'REALTIME' },
  { source: 'REPLICA', class: 'OPERATIONAL' },
  { source: 'CLICKHOUSE', class: 'BATCH' },
] as const;

const PAGE = 100;
const LONGEST_WAIT_MS = 30_000;
const LONGEST_OUTAGE_MS = 60_000;

/** Compares the model with the primaries, the replicas and ClickHouse, exactly, through GraphQL, once nothing writes any more. */
export async function compareStores(
  stack: Stack,
  world: World,
  client: Client,
  violations: Violations,
): Promise<Comparison> {
  await untilIdle(stack);
  const [url = ''] = stack.urls;
  const result = { entities: 0, lost: 0, duplicated: 0, different: 0 };
  for (const tenant of world.tenants) {
    for (const history of world.entities(tenant)) {
      if (history.unknownSince === null) continue;
      await untilAnswered(() => settleUnknown(history, { client, url, violations, world }));
    }
    const token = await touch(world, client, url, tenant);
    for (const each of SOURCES) {
      const freshness = { class: each.class, fallback: 'FAIL', after: token, maxWaitMs: LONGEST_WAIT_MS };
      const found = await readAll(client, url, tenant, freshness);
      const complain = violations.about(null);
      compare(world, tenant, found, each.source, complain, result);
      await compareCounts(world, tenant, { client, url, freshness, source: each.source }, complain);
    }
    result.entities += world.entities(tenant).length;
  }
  return result;
}

function compare(
  world: World,
  tenant: number,
  found: readonly ObservedEntity[],
  source: string,
  complain: Complain,
  result: { lost: number; duplicated: number; different: number },
): void {
  const byId = new Map(found.map((entity) => [entity.id, entity]));
  if (byId.size < found.length) {
    result.duplicated += found.length - byId.size;
    complain('duplicated', `${found.length - byId.size} entities of tenant ${tenant} are in ${source} more than once`);
  }
  for (const history of world.entities(tenant)) {
    const entity = byId.get(history.id) ?? absent(history.id);
    byId.delete(history.id);
    const { text, version, state } = history.latest;
    if (entity.text === text && entity.version === version) continue;
    if (entity.state === null) result.lost++;
    else if (state === null) result.duplicated++;
    else result.different++;
    complain(
      'difference',
      `${source} holds version ${entity.version} of entity ${history.id} of tenant ${tenant} (${entity.text}), expected ${version} (${text})`,
      history,
    );
  }
  result.duplicated += byId.size;
  for (const id of byId.keys())
    complain('difference', `${source} holds entity ${id} of tenant ${tenant}, which was never written`);
}

interface Target {
  readonly client: Client;
  readonly url: string;
  readonly freshness: object;
  readonly source: string;
}

/** Counts, and distributions of an attribute with a column of its own and of one that is stored apart. */
async function compareCounts(
  world: World,
  tenant: number,
  { client, url, freshness, source }: Target,
  complain: Complain,
): Promise<void> {
  const part = (attribute: string) =>
    `${attribute}: distribution(attribute: "${attribute}", min: 0, max: ${LEVELS}, buckets: ${LEVELS}, type: "${TYPE}", freshness: $freshness) {
      groups { buckets { bucket count } } }`;
  const answer = await answered(client, url, tenant, {
    query: `query ($freshness: FreshnessInput) { analytics {
      count(type: "${TYPE}", freshness: $freshness) { count } ${part('level')} ${part('share')} } }`,
    variables: { freshness },
  });
  const { count, level, share } = (answer.data as unknown as { analytics: AnsweredCounts }).analytics;
  const states = world.entities(tenant).flatMap(({ latest: { state } }) => state ?? []);
  if (Number(count.count) !== states.length) {
    complain('difference', `${source} counts ${count.count} entities of tenant ${tenant}, expected ${states.length}`);
  }
  for (const [attribute, { groups }] of Object.entries({ level, share })) {
    const counted = new Map((groups[0]?.buckets ?? []).map((bucket) => [bucket.bucket, Number(bucket.count)]));
    for (let bucket = 1; bucket <= LEVELS; bucket++) {
      const expected = states.filter(({ attributes }) => attributes[attribute] === bucket - 1).length;
      const found = counted.get(bucket) ?? 0;
      if (found === expected) continue;
      complain(
        'difference',
        `${source}: ${found} in bucket ${bucket} of ${attribute} of tenant ${tenant}, expected ${expected}`,
      );
    }
  }
}

interface AnsweredDistribution {
  readonly groups: readonly {
    readonly buckets: readonly { readonly bucket: number; readonly count: number | string }[];
  }[];
}

interface AnsweredCounts {
  readonly count: { readonly count: number | string };
  readonly level: AnsweredDistribution;
  readonly share: AnsweredDistribution;
}

/** All entities of the tenant, page by page. */
async function readAll(client: Client, url: string, tenant: number, freshness: object): Promise<ObservedEntity[]> {
  const found: ObservedEntity[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: Answer = await answered(client, url, tenant, {
      query: `query ($after: String, $freshness: FreshnessInput) { entities(first: ${PAGE}, after: $after, freshness: $freshness) {
        edges { node { ${ENTITY_FIELDS} } } pageInfo { hasNextPage endCursor } } }`,
      variables: { after, freshness },
    });
    const { entities } = answer.data as {
      entities: {
        edges: readonly { node: AnsweredEntity }[];
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
      };
    };
    found.push(...entities.edges.map(({ node }) => observed(node)));
    if (!entities.pageInfo.hasNextPage) return found;
    after = entities.pageInfo.endCursor;
  }
}

/** Writes one entity on every shard. @returns a token that covers everything that was written before. */
async function touch(world: World, client: Client, url: string, tenant: number): Promise<string> {
  const ids = world.shards.map((shard) => idOn(world, tenant, shard));
  const sentAt = systemClock.now();
  const pending = ids.map((history) =>
    history.sending({ type: TYPE, attributes: { mark: `last ${history.latest.version}` } }, sentAt),
  );
  const answer = await answered(client, url, tenant, {
    query:
      'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { consistencyToken results { error { message } } } }',
    variables: {
      input: pending.map(({ state }, index) => ({
        id: ids[index]?.id,
        type: TYPE,
        attributes: [{ key: 'mark', text: state?.attributes.mark }],
      })),
    },
  });
  const { upsertEntities } = answer.data as { upsertEntities: { consistencyToken: string } };
  for (const [index, version] of pending.entries()) ids[index]?.acknowledged(version, answer.answeredAt);
  return upsertEntities.consistencyToken;
}

/** An entity that did not exist before. */
function idOn(world: World, tenant: number, shard: string): EntityHistory {
  for (let id = 1_000_000; ; id++) {
    if (world.shardOf(String(id)) === shard && world.known(tenant, String(id)) === undefined) {
      return world.entity(tenant, String(id));
    }
  }
}

/** Everything was cured, so every request must be answered in the end. */
function answered(client: Client, url: string, tenant: number, request: Parameters<Client['ask']>[2]): Promise<Answer> {
  return untilAnswered(async () => {
    const answer = await client.ask(url, tenant, request);
    if (answer.errors.length > 0) throw new NoAnswer(JSON.stringify(answer.errors));
    return answer;
  });
}

async function untilAnswered<T>(attempt: () => Promise<T | false>): Promise<T> {
  const deadline = performance.now() + LONGEST_OUTAGE_MS;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== false) return result;
    } catch (error) {
      if (!(error instanceof NoAnswer) || performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) throw new Error('Nothing is broken any more, but a request is not answered');
    await sleep(500);
  }
}

/** No write that was given up is still under way on a primary. */
async function untilIdle({ shards }: Stack): Promise<void> {
  for (const { primary } of shards) {
    for (;;) {
      const busy = await sql(
        primary,
        `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'
           AND query NOT ILIKE '%heartbeat%' AND now() - query_start > interval '1 second'`,
      );
      if (busy.length === 0) break;
      await sleep(200);
    }
  }
}
