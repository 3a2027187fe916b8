import { Command, InvalidArgumentError } from 'commander';
import type { Mode } from './recorded-run.ts';

export interface BenchOptions {
  readonly mode: Mode;
  /** Of all tenants. */
  readonly entities: number;
  readonly tenants: number;
  /** Attributes that are defined, over all tenants. */
  readonly attributeTypes: number;
  /** Whether shards have a replica. Without, what reads a replica reads the primary. */
  readonly replica: boolean;
  readonly rounds: number;
  /** How long one side of a round takes that keeps a load up. */
  readonly seconds: number;
  /** Beginnings of names of workloads; empty: all. */
  readonly only: readonly string[];
  readonly json: string | null;
  readonly record: boolean;
}

const SIZES = {
  full: { entities: 200_000, rounds: 3, seconds: 0.75 },
  smoke: { entities: 10_000, rounds: 1, seconds: 0.5 },
} as const;

interface Given {
  readonly entities?: number;
  readonly rounds?: number;
  readonly seconds?: number;
  readonly tenants: number;
  readonly attributeTypes: number;
  readonly only?: readonly string[];
  readonly replica: boolean;
  readonly json?: string;
  readonly smoke?: true;
  readonly record?: true;
}

/** @param args without the program. @throws CommanderError, once it has been printed. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description('Measures Atlas against its baselines, in turns within one run, on a deployment of its own.')
    .option('--entities <n>', `entities of all tenants (default: ${SIZES.full.entities})`, positiveInteger)
    .option('--tenants <n>', 'tenants, of very different sizes', positiveInteger, 6)
    .option('--attribute-types <n>', 'attributes that are defined, over all tenants', positiveInteger, 300)
    .option('--no-replica', 'shards without a replica, whose reads the primary answers: half the disk')
    .option('--rounds <n>', `rounds that count (default: ${SIZES.full.rounds})`, positiveInteger)
    .option('--seconds <n>', `how long each side keeps a load up (default: ${SIZES.full.seconds})`, positiveNumber)
    .option('--only <names>', 'workloads whose names begin so, separated by commas', names)
    .option('--json <file>', 'also write the results as JSON')
    .option('--smoke', 'small sizes; exits with 1 if anything is 25 % worse than in the recorded run, twice')
    .option('--record', 'make this the recorded run')
    .exitOverride()
    .parse(args, { from: 'user' });
  const { only, json, smoke, record, ...given } = command.opts<Given>();
  const mode = smoke === true ? 'smoke' : 'full';
  return {
    ...SIZES[mode],
    ...given,
    mode,
    only: only ?? [],
    json: json ?? null,
    record: record ?? false,
  };
}

/** Whether a workload is measured. @param name of it, or of its file. */
export function isChosen({ only }: Pick<BenchOptions, 'only'>, name: string): boolean {
  return only.length === 0 || only.some((chosen) => name.startsWith(chosen) || chosen.startsWith(`${name}:`));
}

export function positiveInteger(text: string): number {
  if (/^[1-9][0-9]{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a positive integer.');
}

function names(text: string): readonly string[] {
  const given = text.split(',').map((name) => name.trim());
  if (given.every((name) => name !== '')) return given;
  throw new InvalidArgumentError('Expected names, separated by commas.');
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new InvalidArgumentError('Expected a positive number.');
}
