import { expectHealth } from './expect-health.ts';
import { type Fault, partOf } from './fault.ts';

/** SIGSTOP of a process, or of all processes of a server, and SIGCONT. */
export const pause: Fault = {
  name: 'pause',
  weight: 8,
  mixes: true,
  targets: ({ parts }) => parts.map(({ name }) => name),
  async inject(target, scope) {
    const part = partOf(scope.stack, target);
    const pausedAt = performance.now();
    part.pause();
    try {
      await scope.hold();
      await expectHealth(part, performance.now() - pausedAt, scope);
    } finally {
      part.resume();
    }
  },
};
