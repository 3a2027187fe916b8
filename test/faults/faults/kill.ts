import { expectHealth } from './expect-health.ts';
import { type Fault, partOf } from './fault.ts';
import { leadership } from './leadership.ts';

/** `kill -9` of a process or server, which is started again later. */
export const kill: Fault = {
  name: 'kill',
  weight: 8,
  mixes: true,
  targets: ({ parts }) => parts.map(({ name }) => name),
  async inject(target, scope) {
    const part = partOf(scope.stack, target);
    const led = part.kind === 'replicate' ? await leadership(scope.stack, target) : null;
    const killedAt = performance.now();
    await part.kill();
    const taken = led?.takenOver().then(
      (ms) => ms !== null && scope.took('takeover after SIGKILL', ms),
      () => {},
    );
    await scope.hold();
    // A server that its owner restarts is not down for as long as the fault lasts.
    if (scope.stack.topology === 'deployed') await expectHealth(part, performance.now() - killedAt, scope);
    await part.start();
    await taken;
  },
};

/** `kill -9` of everything at once, as if the power had gone, and the start of everything: the stores first. */
export const killAll: Fault = {
  name: 'everything killed',
  weight: 2,
  mixes: false,
  targets: () => ['all'],
  async inject(_target, { stack, hold }) {
    await Promise.all(stack.parts.map((part) => part.kill()));
    await hold();
    for (const kinds of START_ORDER) {
      const next = stack.parts.filter(({ kind }) => (kinds as readonly string[]).includes(kind));
      await Promise.all(next.map((part) => part.start()));
    }
  },
};

/** What is started at once. In `atlas dev`, the process starts the servers. */
const START_ORDER = [['atlas'], ['primary', 'clickhouse'], ['replica'], ['serve', 'replicate']] as const;
