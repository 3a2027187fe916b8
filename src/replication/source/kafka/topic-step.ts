import type { ShardId } from '../../../domain/identifiers.ts';
import type { SinkPosition } from '../../change.ts';
import { UnrepairableError } from '../../unrepairable-error.ts';
import type { NextStep } from '../change-source.ts';
import { failed, publicationFaultFor, replacedPrimary, unfitPrimary } from '../slot/next-step.ts';
import { CDC_APPLICATION, CDC_SLOT, type PrimaryState } from '../slot/replication-slot.ts';

/** What Kafka says about a shard's topic. */
export interface TopicState {
  readonly topic: string;
  /** Null: there is no such topic. */
  readonly partitions: number | null;
  /** Who reads it for the group of this installation, in words for the log; null: nobody. */
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
  { topic, partitions, holder }: TopicState,
  reached: SinkPosition | null,
): NextStep {
  const { slot } = primary;
  const fault = unfitPrimary(shard, primary) ?? publicationFaultFor(primary, reached);
  if (fault !== null) return failed(fault);
  if (partitions === null)
    throw new Error(`The topic ${topic} does not exist; create it as "atlas kafka config" says.`);
  if (partitions > 1) {
    return failed(
      new UnrepairableError(
        `The topic ${topic} has ${partitions} partitions; expected 1, because only within one partition is there one order. Create it anew, then run "atlas replicate --resnapshot".`,
        { repairedByCopy: false, lasts: false },
      ),
    );
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
