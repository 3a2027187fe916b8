import { NoAnswer } from '../client/answer.ts';
import { type AnsweredEntity, observed } from '../client/observed.ts';
import type { EntityHistory } from '../model/entity-history.ts';
import { absent } from '../model/entity-state.ts';
import { ENTITY_FIELDS } from '../model/schema.ts';
import { throughGates, type WriteScope } from './writer.ts';

/** Looks on the primary at an entity whose last write had an unknown outcome. @returns whether it was found out. */
export function settleUnknown(
  history: EntityHistory,
  { client, url, violations, world }: Pick<WriteScope, 'client' | 'url' | 'violations' | 'world'>,
): Promise<boolean> {
  return throughGates(world, [history], async () => {
    try {
      const answer = await client.ask(url, history.tenant, {
        query: `query ($id: ID!) { entity(id: $id, freshness: { class: REALTIME, fallback: FAIL }) { ${ENTITY_FIELDS} } }`,
        variables: { id: history.id },
      });
      if (answer.errors.length > 0) return false;
      const entity = answer.data?.entity as AnsweredEntity | null;
      const found = entity === null ? absent(history.id) : observed(entity);
      if (history.settled(found, answer.answeredAt)) return true;
      violations.about(answer)(
        'lost',
        `Neither outcome of the last write: version ${found.version} ${found.text}`,
        history,
      );
      return true;
    } catch (error) {
      if (error instanceof NoAnswer) return false;
      throw error;
    }
  });
}
