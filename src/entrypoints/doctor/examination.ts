import { AtlasError } from '../../domain/errors.ts';
import { CHECKS } from './checks.ts';
import { type Finding, fail, type Verdict } from './finding.ts';
import type { Check, Patient } from './patient.ts';

export interface CheckResult {
  readonly check: string;
  readonly findings: readonly Finding[];
}

export interface Examination {
  /** The worst of all findings. */
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
}

/** Runs every check, whatever becomes of the others. A check that finds nothing to examine is left out. */
export async function examine(patient: Patient, checks: readonly Check[] = CHECKS): Promise<Examination> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const findings = await check.examine(patient).catch((error: unknown) => [failed(error)]);
    if (findings.length > 0) results.push({ check: check.title, findings });
  }
  return { verdict: worst(results.flatMap(({ findings }) => findings)), checks: results };
}

function failed(error: unknown): Finding {
  const cause = error instanceof AtlasError && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  const message = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
  return fail(`This could not be examined: ${message}${cause}.`);
}

/** The gravest verdict. */
export function worst(findings: readonly Finding[]): Verdict {
  const verdicts = new Set(findings.map(({ verdict }) => verdict));
  return verdicts.has('fail') ? 'fail' : verdicts.has('warn') ? 'warn' : 'ok';
}
