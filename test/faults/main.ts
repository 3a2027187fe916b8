import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { useRunDirectory } from '../support/run-directory.ts';
import { openTestRun } from '../support/test-run.ts';
import { Plan, type Storm } from './run/plan.ts';
import { jsonReport, tableReport } from './run/report.ts';
import { FaultRun } from './run/run-faults.ts';
import { startDeployedStack } from './stack/deployed-stack.ts';
import { startDevStack } from './stack/dev-stack.ts';

/** `npm run faults -- --seconds N --seed S [--stack dev|deployed] [--report DIRECTORY] [--only FAULT] [--except FAULT]…` */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    stack: { type: 'string', default: 'deployed' },
    report: { type: 'string', default: 'faults-report' },
    only: { type: 'string' },
    except: { type: 'string', multiple: true, default: [] },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seed = Number(values.seed);
const seconds = Number(values.seconds);
const testRun = await openTestRun();
useRunDirectory(testRun.directory);
mkdirSync(values.report, { recursive: true });
const save = (name: string, text: string): void => writeFileSync(join(values.report, name), text);

say(`Seed ${seed}, ${seconds} s, stack ${values.stack}`);
const stack = await (values.stack === 'dev' ? startDevStack() : startDeployedStack());
const plan = new Plan(stack, seed, values.except);
const run = new FaultRun(stack, { seed, log: say });
const next = (elapsedMs: number): Storm | null => {
  if (elapsedMs > seconds * 1_000) return null;
  return values.only === undefined ? plan.next() : plan.one(values.only, 2_500);
};
/** Ctrl-C ends the run, not the stack in whatever state it is. */
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => reject(new Error(`Ended by ${signal}`)));
});
let isSound = false;
try {
  const result = await Promise.race([run.run(next), interrupted]);
  isSound = result.violationCount === 0;
  save('report.json', JSON.stringify(jsonReport(result), null, 2));
  say(tableReport(result));
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  save('report.json', JSON.stringify(jsonReport(run.interrupted()), null, 2));
  say(tableReport(run.interrupted()));
} finally {
  for (const { kind, message } of run.violations.found) say(`${kind}: ${message.slice(0, 600)}`);
  if (!isSound) for (const [name, text] of Object.entries(stack.logs())) save(`${name}.log`, text);
  await stack.stop();
  const left = await testRun.close();
  if (left.length > 0) say(`Left behind:\n${left.join('\n')}`);
}
say(`The report is in ${values.report}/report.json`);
// Node 20 may wait forever for a request of a socket that was reset, if it is left to end by itself.
process.exit(isSound ? 0 : 1);
