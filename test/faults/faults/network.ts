import type { LinkState } from '../stack/link.ts';
import type { Network, Stack } from '../stack/stack.ts';
import type { Fault, FaultScope } from './fault.ts';

function between(name: string, state: LinkState, weight: number, delayMs = 0): Fault {
  return {
    name,
    weight,
    mixes: true,
    targets: (stack) => pairs(stack).map(([from, to]) => `${from} → ${to}`),
    inject: (target, scope) => broken(target, state, delayMs, scope),
  };
}

/** Connections are reset, and new ones too. */
export const networkCut = between('network cut', 'cut', 3);
/** Nothing arrives any more, in both directions, and nobody is told. */
export const networkSilent = between('network silent', 'silent', 4);
/** Everything arrives late. */
export const networkSlow = between('network slow', 'slow', 2, 250);

/** Every batch that a replicator sends to ClickHouse takes long. */
export const slowSink: Fault = {
  name: 'slow sink',
  weight: 2,
  mixes: true,
  targets: ({ network }) => (network === null ? [] : ['clickhouse']),
  async inject(_target, { stack, hold }) {
    const { network } = stack;
    if (network === null) return;
    const writers = network.clientsOf('clickhouse').filter((name) => name.startsWith('replicate'));
    await held(
      network,
      writers.map((from) => [from, 'clickhouse']),
      'slow',
      700,
      hold,
    );
  },
};

function pairs({ network, parts }: Stack): readonly (readonly [string, string])[] {
  if (network === null) return [];
  return parts.flatMap(({ name: to }) => network.clientsOf(to).map((from) => [from, to] as const));
}

async function broken(target: string, state: LinkState, delayMs: number, { stack, hold }: FaultScope): Promise<void> {
  const [from = '', to = ''] = target.split(' → ');
  if (stack.network !== null) await held(stack.network, [[from, to]], state, delayMs, hold);
}

async function held(
  network: Network,
  links: readonly (readonly [string, string])[],
  state: LinkState,
  delayMs: number,
  hold: () => Promise<void>,
): Promise<void> {
  for (const [from, to] of links) network.set(from, to, state, delayMs);
  try {
    await hold();
  } finally {
    for (const [from, to] of links) network.set(from, to, 'open');
  }
}
