/** What one side of a round measured, by the name of the metric. */
export type Figures = Readonly<Record<string, number>>;

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** What the ratio of Atlas to its baseline is to reach. */
  readonly ratio?: number;
  /** What the figure of Atlas itself is to reach. */
  readonly own?: number;
  /** Whether the guard compares it; unless given, what has an aim or no baseline. A p99 of a short round, for example, says too little. */
  readonly isGuarded?: boolean;
}

/** Something that Atlas and its baseline both do. Both sides give the same metrics, whatever baseline each of them is compared with. */
export interface Workload {
  /** `<file>: <what>`. */
  readonly name: string;
  readonly metrics: readonly Metric[];
  /** Throws unless both sides give the same answer. Called once, before the first round. */
  readonly check?: () => Promise<void>;
  /** Measures one round. */
  readonly atlas: () => Promise<Figures>;
  /** Null if it is the recorded run. */
  readonly baseline: (() => Promise<Figures>) | null;
  /** The first round warms up and does not count, unless this is false. */
  readonly warmsUp?: boolean;
  /** How many rounds count, if not as many as the run has. */
  readonly rounds?: number;
  readonly stop?: () => Promise<void>;
}
