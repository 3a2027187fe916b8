import type { Complain } from '../checker/violation.ts';
import type { Client } from '../client/client.ts';
import type { World } from '../model/world.ts';
import type { Reader } from '../readers/reader.ts';
import type { Tally } from '../run/tally.ts';
import type { Part } from '../stack/part.ts';
import type { Stack } from '../stack/stack.ts';

/** What a fault may use. */
export interface FaultScope {
  readonly stack: Stack;
  readonly world: World;
  readonly client: Client;
  /** Checks what the fault itself reads. */
  readonly reader: Reader;
  readonly complain: Complain;
  readonly tally: Tally;
  /** How long it lasts before it is cured. */
  readonly holdMs: number;
  /** Resolves after `holdMs`, or when the run is being stopped. */
  hold(): Promise<void>;
  /** A duration for the report. */
  took(what: string, ms: number): void;
}

/** A kind of fault, with its cure. */
export interface Fault {
  readonly name: string;
  /** What it can hit in this stack; nothing if it is not possible there. */
  targets(stack: Stack): readonly string[];
  /** How often it is chosen, compared with others. */
  readonly weight: number;
  /** It may coincide with another one of these, on another target. */
  readonly mixes: boolean;
  /** Injects it, holds it and cures it. What is broken may still be recovering when it resolves. */
  inject(target: string, scope: FaultScope): Promise<void>;
}

export function partOf(stack: Stack, name: string): Part {
  const part = stack.parts.find((known) => known.name === name);
  if (part === undefined) throw new RangeError(`The stack has no ${name}`);
  return part;
}

export function shardOf(stack: Stack, id: string): Stack['shards'][number] {
  const shard = stack.shards.find((known) => known.id === id);
  if (shard === undefined) throw new RangeError(`The stack has no shard ${id}`);
  return shard;
}

export function shardIds(stack: Stack): readonly string[] {
  return stack.shards.map(({ id }) => id);
}
