import { systemClock } from '../../../src/lib/clock.ts';
import { NoAnswer } from '../client/answer.ts';
import { type AnsweredEntity, observed } from '../client/observed.ts';
import type { EntityHistory, Version } from '../model/entity-history.ts';
import { ENTITY_FIELDS } from '../model/schema.ts';
import { anyChange, asInput, type Change } from './change.ts';
import { throughGates, type WriteScope } from './writer.ts';

const UPSERT = `mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) {
  consistencyToken results { status error { code message } entity { ${ENTITY_FIELDS} } } } }`;

interface Row {
  readonly history: EntityHistory;
  readonly change: Change;
  readonly expectedVersion: number | null;
  readonly pending: Version;
}

interface AnsweredRow {
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly entity: AnsweredEntity | null;
}

/** Errors after which the row may have been written. */
const UNKNOWN: readonly string[] = ['SHARD_UNAVAILABLE', 'TIMEOUT', 'INTERNAL'];

/** Writes one row per entity in one mutation. @returns whether all were written. */
export function upsertEntities(histories: readonly EntityHistory[], scope: WriteScope): Promise<boolean> {
  return throughGates(scope.world, histories, async () => {
    const { random, client, url, world } = scope;
    const tenant = histories[0]?.tenant ?? 0;
    const late = world.late(tenant).filter((attribute) => attribute.url === url);
    const keys = late.map(({ key }) => key);
    const sentAt = systemClock.now();
    const rows = histories.map((history): Row => {
      const { state, version } = history.latest;
      const change = anyChange(state, scope.nextStamp(), random, keys);
      const expectedVersion = random.chance(0.4) ? version : null;
      return { history, change, expectedVersion, pending: history.sending(change.after, sentAt) };
    });
    const input = rows.map(({ history, change, expectedVersion }) => asInput(history.id, change, expectedVersion));
    try {
      const answer = await client.ask(url, tenant, { query: UPSERT, variables: { input } });
      const payload = answer.data?.upsertEntities as { consistencyToken: string; results: AnsweredRow[] } | undefined;
      if (payload === undefined || payload === null) {
        for (const row of rows) settleRow(row, undefined, answer.errors[0]?.extensions.code ?? 'INTERNAL', 0, scope);
        return false;
      }
      const complain = scope.violations.about(answer);
      const written = rows.filter((row, index) => {
        const result = payload.results[index];
        const done = settleRow(row, result, result?.error?.code ?? null, answer.answeredAt, scope);
        if (done && result?.entity) checkWritten(row, result.entity, complain);
        return done;
      });
      const isCovered = payload.results.every(({ error }) => error === null);
      if (written.length === rows.length && isCovered) {
        const shards = new Set(histories.map(({ shard }) => shard));
        world.written({
          token: payload.consistencyToken,
          tenant,
          floors: new Map(rows.map(({ history, pending }) => [history, pending])),
          includes: new Map([...shards].map((shard) => [shard, sentAt])),
        });
      }
      return written.length === rows.length;
    } catch (error) {
      for (const { history, pending } of rows) history.lostSight(pending);
      scope.tally.count('write: no answer');
      if (error instanceof NoAnswer) return false;
      throw error;
    }
  });
}

function settleRow(
  { history, pending }: Row,
  result: AnsweredRow | undefined,
  code: string | null,
  at: number,
  { violations, tally }: WriteScope,
): boolean {
  const expected = pending.version === 1 ? 'CREATED' : 'UPDATED';
  if (result !== undefined && result.status === expected) {
    history.acknowledged(pending, at);
    tally.count(`write: ${expected}`);
    return true;
  }
  tally.count(`write: ${code ?? result?.status}`);
  if (code !== null && UNKNOWN.includes(code)) {
    history.lostSight(pending);
    return false;
  }
  violations.about(null)(
    'write',
    `Expected ${expected}, got ${result?.status} ${JSON.stringify(result?.error ?? code)}`,
    history,
  );
  history.lostSight(pending);
  return false;
}

function checkWritten(
  { history, pending }: Row,
  entity: AnsweredEntity,
  complain: ReturnType<WriteScope['violations']['about']>,
): void {
  const { text, version } = observed(entity);
  if (text === pending.text && version === pending.version) return;
  complain(
    'write',
    `Wrote version ${pending.version} ${pending.text}, but the server says ${version} ${text}`,
    history,
  );
}

/** No entity gets there: a write that lingers must not find it later. */
const NO_VERSION = 1_000_000_000;

/** A write that expects a version that is not there. It must be refused, and change nothing. */
export function refusedWrite(history: EntityHistory, scope: WriteScope): Promise<boolean> {
  return throughGates(scope.world, [history], async () => {
    const { client, url, random, violations, tally } = scope;
    const change = anyChange(history.latest.state, scope.nextStamp(), random);
    const input = [asInput(history.id, change, NO_VERSION)];
    try {
      const answer = await client.ask(url, history.tenant, { query: UPSERT, variables: { input } });
      const payload = answer.data?.upsertEntities as { results: AnsweredRow[] } | null | undefined;
      const code = payload?.results[0]?.error?.code ?? answer.errors[0]?.extensions.code ?? 'none';
      tally.count(`write: ${code}`);
      if (code !== 'VERSION_CONFLICT' && !UNKNOWN.includes(code)) {
        violations.about(answer)('write', `Expected VERSION_CONFLICT for version ${NO_VERSION}, got ${code}`, history);
      }
      return code === 'VERSION_CONFLICT';
    } catch (error) {
      if (error instanceof NoAnswer) return false;
      throw error;
    }
  });
}
