import { examineConfig } from '../../config/examine-config.ts';
import { createLogger } from '../../observability/logger.ts';
import { examine } from '../doctor/examination.ts';
import { openPatient } from '../doctor/open-patient.ts';
import { report } from '../doctor/report.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { runTask } from '../run-service.ts';

export interface DoctorOptions {
  readonly json?: true;
  readonly all?: true;
}

/** Examines the servers in ATLAS_SHARDS and ATLAS_CLICKHOUSE_URL or, if ATLAS_SHARDS is not set, the running embedded stack. Changes nothing. */
export async function runDoctor({ json, all }: DoctorOptions): Promise<void> {
  // The report says what a log would.
  const logger = createLogger('silent');
  await runTask(logger, async (lifecycle) => {
    const examination = await examine(await openPatient(examineConfig(), lifecycle, logger));
    process.stdout.write(
      json ? `${JSON.stringify(examination, null, 2)}\n` : report(examination, { all: all === true }),
    );
    if (examination.verdict === 'fail') process.exitCode = EXIT_FAILED;
  });
}
