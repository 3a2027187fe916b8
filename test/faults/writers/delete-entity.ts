import { systemClock } from '../../../src/lib/clock.ts';
import { NoAnswer } from '../client/answer.ts';
import type { EntityHistory } from '../model/entity-history.ts';
import { throughGates, type WriteScope } from './writer.ts';

const DELETE = `mutation ($id: ID!, $expectedVersion: BigInt) {
  deleteEntity(id: $id, expectedVersion: $expectedVersion) { deleted consistencyToken } }`;

/** @returns whether it is known to be deleted. */
export function deleteEntity(history: EntityHistory, scope: WriteScope): Promise<boolean> {
  return throughGates(scope.world, [history], async () => {
    const { client, url, random, violations, tally, world } = scope;
    const { state, version } = history.latest;
    if (state === null) return true;
    const sentAt = systemClock.now();
    const pending = history.sending(null, sentAt);
    const expected = random.chance(0.5) ? { expectedVersion: version } : {};
    try {
      const answer = await client.ask(url, history.tenant, {
        query: DELETE,
        variables: { id: history.id, ...expected },
      });
      const payload = answer.data?.deleteEntity as { deleted: boolean; consistencyToken: string } | null | undefined;
      if (payload?.deleted === true) {
        history.acknowledged(pending, answer.answeredAt);
        tally.count('write: DELETED');
        const { tenant, shard } = history;
        const floors = new Map([[history, pending]]);
        world.written({ token: payload.consistencyToken, tenant, floors, includes: new Map([[shard, sentAt]]) });
        return true;
      }
      const code = answer.errors[0]?.extensions.code ?? 'nothing deleted';
      tally.count(`write: ${code}`);
      if (!['SHARD_UNAVAILABLE', 'TIMEOUT', 'INTERNAL'].includes(code)) {
        violations.about(answer)('write', `Expected entity ${history.id} to be deleted, got ${code}`, history);
      }
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      tally.count('write: no answer');
    }
    history.lostSight(pending);
    return false;
  });
}
