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
