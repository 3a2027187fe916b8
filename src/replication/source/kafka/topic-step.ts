import type { ShardId } from '../../../domain/identifiers.ts';
import type { SinkPosition } from '../../change.ts';
import { UnrepairableError } from '../../unrepairable-error.ts';
import type { NextStep } from '../change-source.ts';
import { failed, publicationFaultFor, replacedPrimary, unfitPrimary } from '../slot/next-step.ts';
import { CDC_APPLICATION, CDC_SLOT, type PrimaryState } from '../slot/replication-slot.ts';
import { type TopicLayout, topicsOf } from './topic-layout.ts';

/** What Kafka says about a shard's topics. */
export interface TopicState {
  readonly layout: TopicLayout;
  /** Of each of `topicsOf`; null: there is no such topic. */
  readonly partitions: readonly (number | null)[];
  /** Who reads them for the group of this installation, in words for the log; null: nobody. */
  readonly holder: string | null;
}

/**
 * What to do with a shard whose changes come through a topic. Whether the topic has everything that follows the sink's position shows
 * while it is read: the connector releases the slot as soon as Kafka has the changes, so the slot says nothing about it.
 * @throws Error if the primary, the connector or the topic have not been set up: each may come later.
 */
export function topicStep(
  shard: ShardId,
  primary: PrimaryState,
  { layout, partitions, holder }: TopicState,
  reached: SinkPosition | null,
): NextStep {
  const { slot } = primary;
  const fault = unfitPrimary(shard, primary) ?? publicationFaultFor(primary, reached);
  if (fault !== null) return failed(fault);
  for (const [index, topic] of topicsOf(layout).entries()) {
    const found = partitions[index] ?? null;
    const expected = index === 0 ? layout.partitions : 1;
    if (found === null) throw new Error(`The topic ${topic} does not exist; create it as "atlas kafka config" says.`);
    if (found !== expected) {
      const reason =
        index === 0 ? 'as ATLAS_KAFKA_PARTITIONS says' : 'because only within one partition is there one order';
      return failed(
        new UnrepairableError(
          `The topic ${topic} has ${found} partitions; expected ${expected}, ${reason}. Create it anew, then run "atlas replicate --resnapshot".`,
          { repairedByCopy: false, lasts: false },
        ),
      );
    }
  }
  if (slot === null) {
    throw new Error(
      `The replication slot "${CDC_SLOT}" does not exist on the primary of shard ${shard}; start the connector as "atlas kafka config" describes it, which creates it.`,
    );
  }
  // The connector has a name of its own.
  if (slot.holder?.startsWith(`"${CDC_APPLICATION}"`) === true) return { kind: 'standby', holder: slot.holder };
  if (slot.invalidation !== null) {
    return failed(
      new UnrepairableError(
        `The replication slot "${CDC_SLOT}" has lost changes (${slot.invalidation}); stop the connector, drop the slot, start the connector again, then run "atlas replicate --resnapshot".`,
        { repairedByCopy: false, lasts: false },
      ),
    );
  }
  if (holder !== null) return { kind: 'standby', holder };
  if (reached === null) return { kind: 'copy', reason: null };
  const replaced = replacedPrimary(primary, reached);
  return replaced === null ? { kind: 'stream', from: reached } : failed(replaced);
}
