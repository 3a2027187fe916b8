import { EmbeddedStack } from '../../src/embedded/embedded-stack.ts';
import { createLogger } from '../../src/observability/logger.ts';

/** Separate process that runs a stack until it is killed, and reports when it is ready. */
const stack = new EmbeddedStack({
  home: process.argv[2] ?? '',
  maxSlotWalBytes: 2 ** 30,
  logger: createLogger('silent'),
  onProgress: () => {},
  onNotice: () => {},
});
try {
  await stack.start();
  stack.publish('http://localhost:4000');
  process.stdout.write('running\n');
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
