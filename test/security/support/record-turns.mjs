import { appendFileSync, readFileSync } from 'node:fs';

/**
 * Loaded into a server before its own code: writes how much CPU time the long turns of its event loop take to the file TURN_LOG. Time that other
 * processes take from it does not count, so a busy machine makes no turn longer.
 */
const PERIOD_MS = 5;
const LONG_MS = 20;
const log = process.env.TURN_LOG;
const cpuMs = usage();

let before = cpuMs();
setInterval(() => {
  const now = cpuMs();
  // A timer that is due runs in every turn, so this is one turn and at most a period before it.
  const took = now - before - PERIOD_MS;
  before = now;
  if (took >= LONG_MS) appendFileSync(log, `${took.toFixed(1)}\n`);
}, PERIOD_MS).unref();

/** The CPU time of the main thread; where the system does not tell it, that of the process. */
function usage() {
  const ofMainThread = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ', 1)[0]) / 1e6;
  const ofProcess = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3;
  };
  try {
    ofMainThread();
    return ofMainThread;
  } catch {
    return ofProcess;
  }
}
