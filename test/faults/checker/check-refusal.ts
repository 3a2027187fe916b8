import type { Answer, ReportedError } from '../client/answer.ts';
import { boundOf, preferredSource, type Requirement } from './requirement.ts';
import type { Complain } from './violation.ts';

/** Errors of a server that does not answer, or not in time. */
const OUTAGES: readonly string[] = ['SHARD_UNAVAILABLE', 'TIMEOUT'];

/**
 * Whether a read may fail like this.
 * @param isCalm nothing was broken while the read ran.
 */
export function checkRefusal(answer: Answer, requirement: Requirement, isCalm: boolean, complain: Complain): void {
  for (const error of answer.errors) {
    const { code } = error.extensions;
    if (OUTAGES.includes(code)) {
      if (isCalm) complain('refusal', `${code} although nothing is broken: ${error.message}`);
    } else if (code === 'ANALYTICS_UNAVAILABLE') {
      if (requirement.fallback !== 'FAIL' || preferredSource(requirement) !== 'CLICKHOUSE' || isCalm) {
        complain('refusal', `${code} for ${requirement.class} with ${requirement.fallback}: ${error.message}`);
      }
    } else if (code === 'FRESHNESS_UNAVAILABLE') {
      checkUnavailable(error, requirement, complain);
    } else {
      complain('refusal', `${code} is no error of a read that is valid: ${error.message}`);
    }
  }
}

/** It says what was measured, and that contradicts the requirement. */
function checkUnavailable({ message, extensions }: ReportedError, requirement: Requirement, complain: Complain): void {
  const { reason, lagMs, maxLagMs, retryAfterMs } = extensions;
  // With another strategy, the last resort is the primary: it is down, which is another error, or has no room.
  if (requirement.fallback !== 'FAIL' && reason !== 'SOURCE_BUSY') {
    complain('refusal', `FRESHNESS_UNAVAILABLE with ${requirement.fallback}: ${message}`);
  }
  if (!Number.isInteger(retryAfterMs) || Number(retryAfterMs) < 1) {
    complain('refusal', `retryAfterMs is ${retryAfterMs}: ${message}`);
  }
  if (maxLagMs !== boundOf(requirement)) complain('refusal', `The error names the bound ${maxLagMs}: ${message}`);
  if (reason === 'LAG_EXCEEDED' && !(typeof lagMs === 'number' && lagMs > boundOf(requirement))) {
    complain('refusal', `LAG_EXCEEDED with lagMs ${lagMs}: ${message}`);
  }
  if (reason === 'TOKEN_NOT_REACHED' && requirement.after === null) {
    complain('refusal', `TOKEN_NOT_REACHED without a token: ${message}`);
  }
}
