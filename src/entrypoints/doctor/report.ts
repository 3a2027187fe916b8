import { type Examination, worst } from './examination.ts';
import type { Verdict } from './finding.ts';

/**
 * For people: a line for every check, with what is not as it should be below it, and a line that sums them up.
 * @param options.all whether what is as it should be is shown as well.
 */
export function report({ checks }: Examination, { all }: { readonly all: boolean }): string {
  const findings = checks.flatMap((check) => check.findings);
  const lines = checks.flatMap(({ check, findings: found }) => [
    `${worst(found).padEnd(4)}  ${check}`,
    ...found
      .filter(({ verdict }) => all || verdict !== 'ok')
      .map(({ verdict, message }) => `      ${verdict}: ${message}`),
  ]);
  const count = (wanted: Verdict) => findings.filter(({ verdict }) => verdict === wanted).length;
  return `${lines.join('\n')}\n\n${findings.length} findings: ${count('ok')} ok, ${count('warn')} warn, ${count('fail')} fail\n`;
}
