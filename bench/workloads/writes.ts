import type { Figures, Workload } from '../suite/workload.ts';
import { copiedTenant, type TenantCopy } from '../support/copied-tenant.ts';
import { VALUES_PER_ENTITY } from '../support/generated-entities.ts';
import { GraphQLClient } from '../support/graphql-client.ts';
import { WARM_UP } from '../support/http-load.ts';
import { GIANT, type Stage } from '../support/stage.ts';
import { assertEqualRows, insertStatements, writtenRows } from '../support/written-rows.ts';

const CLIENTS = 3;
const CHECKED = 100;

/** Writes, with replicas and change capture running: the command and the mutations, beside COPY and INSERT of the same rows into the same tables. */
export async function writes(stage: Stage): Promise<readonly Workload[]> {
  return [importWorkload(stage), await upserts(stage, 100), await upserts(stage, 1)];
}

function importWorkload(stage: Stage): Workload {
  const count = Math.min(stage.giantSize, Math.max(1_000, Math.floor(stage.options.entities / 16)));
  let copy: Promise<TenantCopy> | null = null;
  const imported = async (tenant: number, to: number): Promise<Figures> => {
    await stage.define(tenant);
    const { rate, seconds } = await stage.import(tenant, 1, to, GIANT);
    const settling = await stage.settle();
    return rates(rate, { command: to / seconds, everywhere: to / (seconds + settling) });
  };
  const copied = async (tenant: number): Promise<Figures> => {
    copy ??= copiedTenant(stage, count);
    const seconds = await (await copy).into(tenant);
    const settling = await stage.settle();
    return rates(count / seconds, { command: count / seconds, everywhere: count / (seconds + settling) });
  };
  return {
    name: 'writes: import',
    metrics: [
      { name: 'entities', unit: 'entities/s', better: 'higher', ratio: 0.5, own: 10_000 },
      { name: 'values', unit: 'values/s', better: 'higher' },
      { name: 'command', unit: 'entities/s with the start of the process', better: 'higher' },
      { name: 'everywhere', unit: 'entities/s until replicas and ClickHouse have them', better: 'higher' },
    ],
    check: async () => {
      const [mine, theirs] = [stage.newTenant(), stage.newTenant()];
      await imported(mine, CHECKED);
      await copied(theirs);
      await assertEqualRows(
        stage,
        [
          { tenant: mine, offset: 0 },
          { tenant: theirs, offset: 0 },
        ],
        CHECKED,
      );
    },
    atlas: () => imported(stage.newTenant(), count),
    baseline: () => copied(stage.newTenant()),
    // The check has warmed up.
    ...{ warmsUp: false, rounds: 2 },
    stop: async () => (await copy)?.remove(),
  };
}

async function upserts(stage: Stage, batch: number): Promise<Workload> {
  const attribute = await stage.attributes();
  const count = Math.max(CLIENTS, Math.ceil(stage.options.seconds * (batch === 1 ? 300 : 30)));
  /** The same generated entities on both sides and in each round, under ids from the offset on. */
  const batches = (offset: number, many: number) =>
    Array.from({ length: many }, (_, n) => writtenRows(stage, attribute, offset, n * batch + 1, batch));
  const atlas = async (offset: number, many: number): Promise<Figures> => {
    const query =
      batch === 1
        ? 'mutation ($input: UpsertEntityInput!) { upsertEntity(input: $input) { status } }'
        : 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
    const bodies = batches(offset, many).map((rows) => {
      const inputs = rows.map(({ input }) => input);
      return JSON.stringify({ query, variables: { input: batch === 1 ? inputs[0] : inputs } });
    });
    const client = await GraphQLClient.open(stage);
    try {
      return await timed(batch, bodies, (body) => client.send(body));
    } finally {
      client.close();
    }
  };
  const baseline = async (offset: number, many: number): Promise<Figures> => {
    const statements = batches(offset, many).map((rows) => insertStatements(stage, rows));
    return timed(batch, statements, async (inserts) => {
      await Promise.all(inserts.map(({ shard, query }) => stage.primaries[shard]?.query(query)));
    });
  };
  const warm = new Set<typeof atlas>();
  const round = async (side: typeof atlas): Promise<Figures> => {
    const many = count * (warm.has(side) ? 1 : batch === 1 ? WARM_UP.kind : WARM_UP.server);
    warm.add(side);
    const figures = await side(stage.newIds(many * batch), many);
    await stage.settle();
    return figures;
  };
  const own = batch === 1 ? {} : { own: 60_000 };
  return {
    name: batch === 1 ? 'writes: upsertEntity' : `writes: upsertEntities of ${batch}`,
    metrics: [
      { name: 'entities', unit: 'entities/s', better: 'higher', ratio: 0.5 },
      { name: 'values', unit: 'values/s', better: 'higher', ...own },
    ],
    check: async () => {
      const many = Math.ceil(CHECKED / batch);
      const [mine, theirs] = [stage.newIds(CHECKED), stage.newIds(CHECKED)];
      await atlas(mine, many);
      await baseline(theirs, many);
      await assertEqualRows(
        stage,
        [
          { tenant: GIANT, offset: mine },
          { tenant: GIANT, offset: theirs },
        ],
        CHECKED,
      );
    },
    atlas: () => round(atlas),
    baseline: () => round(baseline),
  };
}

function rates(entities: number, further: Figures = {}): Figures {
  return { entities, values: entities * VALUES_PER_ENTITY, ...further };
}

/** Some clients share the work. */
async function timed<T>(batch: number, work: readonly T[], run: (part: T) => Promise<void>): Promise<Figures> {
  const left = [...work];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let part = left.pop(); part !== undefined; part = left.pop()) await run(part);
    }),
  );
  return rates((work.length * batch) / ((performance.now() - startedAt) / 1_000));
}
