/** `warn`: it works, but should not stay so. `fail`: something does not work until somebody acts. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** One sentence: what is the case and, unless it is as it should be, what to do. It contains no secrets. */
export interface Finding {
  readonly verdict: Verdict;
  readonly message: string;
}

export const ok = (message: string): Finding => ({ verdict: 'ok', message });
export const warn = (message: string): Finding => ({ verdict: 'warn', message });
export const fail = (message: string): Finding => ({ verdict: 'fail', message });

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** In powers of 1,000, with two digits. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(power === 0 ? 15 : 2))} ${UNITS[power]}`;
}

export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toPrecision(3))} s`;
}
