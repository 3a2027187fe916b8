import { performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { VERSION } from '../lib/version.ts';

/** What a process is and how busy it is, with the metrics of Node itself. */
export function processMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'atlas_build_info',
    help: 'The version of Atlas; always 1',
    labelNames: ['version'],
    registers,
  }).set({ version: VERSION }, 1);
  new Counter({
    name: 'atlas_event_loop_active_seconds_total',
    help: 'Time in which the event loop of the process ran code; its rate is the share of one core',
    registers,
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1_000);
    },
  });
}
