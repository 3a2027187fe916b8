import type { RunningAtlas } from '../../test/deployment/support/deployment.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';

export interface FreshServe extends RunningAtlas {
  /** From the start of the process until it is ready, in milliseconds. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/** Another `serve`, started and ready. @param changes of its environment. */
export async function startFreshServe(stage: Stage, changes: Record<string, string> = {}): Promise<FreshServe> {
  const startedAt = performance.now();
  const { atlas, url } = await stage.deployment.start('serve', changes);
  await until(async () => (await fetch(`${url}/health/ready`)).status === 200, 60_000);
  const readyMs = performance.now() - startedAt;
  const stop = async () => {
    atlas.signal('SIGTERM');
    await atlas.exit();
  };
  return { atlas, url, readyMs, stop };
}
