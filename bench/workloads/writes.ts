import { postGraphQL } from '../../test/support/atlas-process.ts';
import type { Figures, Workload } from '../suite/workload.ts';
import { copiedTenant, type TenantCopy } from '../support/copied-tenant.ts';
import { VALUES_PER_ENTITY } from '../support/generated-entities.ts';
import { GIANT, type Stage } from '../support/stage.ts';
import { assertEqualRows, insertStatements, writtenRows } from '../support/written-rows.ts';

const CLIENTS = 3;
/** Ids that the fill does not use, of which each side has its own. */
const OFFSETS = { atlas: 1_000_000_000, baseline: 2_000_000_000 };
/** Tenants that the fill does not use. */
const FIRST_TENANT = 1_000;
const CHECKED = 100;

/** Writes, with replicas and change capture running: the command and the mutations, beside COPY and INSERT of the same rows into the same tables. */
export async function writes(stage: Stage): Promise<readonly Workload[]> {
  return [importWorkload(stage), await upserts(stage, 100), await upserts(stage, 1)];
}

function importWorkload(stage: Stage): Workload {
  const count = Math.min(stage.giantSize, Math.max(1_000, Math.floor(stage.options.entities / 10)));
  let tenant = FIRST_TENANT;
  let copy: Promise<TenantCopy> | null = null;
  const imported = async (to: number): Promise<Figures> => {
    tenant += 1;
    await stage.define(tenant);
    const { rate, seconds } = await stage.import(tenant, 1, to, GIANT);
    await stage.settle();
    return rates(rate, { command: to / seconds });
  };
  const copied = async (): Promise<Figures> => {
    tenant += 1;
    copy ??= copiedTenant(stage, count);
    const seconds = await (await copy).into(tenant);
    await stage.settle();
    return rates(count / seconds, { command: count / seconds });
  };
  return {
    name: 'writes: import',
    metrics: [
      { name: 'entities', unit: 'entities/s', better: 'higher', ratio: 0.5, own: 10_000 },
      { name: 'values', unit: 'values/s', better: 'higher' },
      { name: 'command', unit: 'entities/s with the start of the process', better: 'higher' },
    ],
    check: async () => {
      await imported(CHECKED);
      const mine = tenant;
      await copied();
      const place = (of: number) => ({ tenant: of, offset: 0 });
      await assertEqualRows(stage, [place(mine), place(tenant)], CHECKED);
    },
    atlas: () => imported(count),
    baseline: copied,
    stop: async () => (await copy)?.remove(),
  };
}

async function upserts(stage: Stage, batch: number): Promise<Workload> {
  const attribute = await stage.attributes();
  const next = { atlas: 0, baseline: 0 };
  const count = Math.max(CLIENTS, Math.ceil(stage.options.seconds * (batch === 1 ? 150 : 30)));
  const base = batch === 1 ? 500_000_000 : 0;
  /** The same generated entities in the same order on both sides, each under its own ids. */
  const batches = (side: keyof typeof OFFSETS, many: number) =>
    Array.from({ length: many }, () => {
      const from = next[side] + 1;
      next[side] += batch;
      return writtenRows(stage, attribute, OFFSETS[side] + base, from, batch);
    });
  const atlas = async (many: number): Promise<Figures> => {
    const query = `mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }`;
    const one = `mutation ($input: UpsertEntityInput!) { upsertEntity(input: $input) { status } }`;
    const bodies = batches('atlas', many).map((rows) => rows.map(({ input }) => input));
    const headers = await stage.headers();
    const url = stage.serve.url;
    return timed(batch, bodies, async (inputs) => {
      const answer = await (batch === 1
        ? postGraphQL<object>(url, one, { input: inputs[0] }, headers)
        : postGraphQL<{ upsertEntities: { results: { status: string }[] } }>(url, query, { input: inputs }, headers));
      if (answer.data === null || answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
    });
  };
  const baseline = async (many: number): Promise<Figures> => {
    const statements = batches('baseline', many).map((rows) => insertStatements(stage, rows));
    return timed(batch, statements, async (inserts) => {
      await Promise.all(inserts.map(({ shard, query }) => stage.primaries[shard]?.query(query)));
    });
  };
  const settled = async (measured: Promise<Figures>) => {
    const figures = await measured;
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
      await atlas(many);
      await baseline(many);
      const place = (offset: number) => ({ tenant: GIANT, offset: offset + base });
      await assertEqualRows(stage, [place(OFFSETS.atlas), place(OFFSETS.baseline)], CHECKED);
    },
    atlas: () => settled(atlas(count)),
    baseline: () => settled(baseline(count)),
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
