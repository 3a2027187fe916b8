import { CLASS_BUDGET_MS, FRESHNESS_CLASSES } from '../../../src/freshness/freshness.ts';
import type { Answer, ReportedFreshness, ReportedRead, ReportedSummary } from '../client/answer.ts';
import { CLOCK_TOLERANCE_MS } from './promise.ts';
import { allowedSources, boundOf, preferredSource, type Requirement } from './requirement.ts';
import type { Complain } from './violation.ts';

type Facts = Pick<ReportedRead, 'source' | 'lagMs' | 'stale' | 'fellBack' | 'reason'>;

/** Whether the freshness in the extensions and the headers agrees with itself, with the request, and with what is allowed. */
export function checkReport(answer: Answer, requirement: Requirement, complain: Complain): void {
  const { freshness } = answer;
  if (freshness === null || freshness.reads.length === 0) {
    complain('report', 'Data without extensions.freshness');
    return;
  }
  if (freshness.token === undefined) complain('report', 'Data without a token');
  for (const read of freshness.reads) {
    const { requested } = read;
    const asked = `${requirement.class}/${boundOf(requirement)}/${requirement.fallback}`;
    const echoed = `${requested.class}/${requested.maxLagMs}/${requested.fallback}`;
    if (asked !== echoed) complain('report', `Asked for ${asked}, but the read was for ${echoed}`);
    checkFacts(read, requirement, complain);
    checkTimes(answer, read, complain);
  }
  checkSummary(freshness, complain);
  checkHeaders(answer, freshness, complain);
}

/** The freshness of one part of the data, as the extensions report it too. */
export function checkReported(
  answer: Answer,
  reported: ReportedFreshness,
  requirement: Requirement,
  complain: Complain,
): void {
  if (reported.requestedClass !== requirement.class) {
    complain('report', `Asked for ${requirement.class}, but the data says ${reported.requestedClass}`);
  }
  if (reported.servedClass !== servedClass(reported.lagMs)) {
    complain('report', `servedClass ${reported.servedClass} with lagMs ${reported.lagMs}`);
  }
  checkFacts(reported, requirement, complain);
  const same = answer.freshness?.reads.some(
    (read) =>
      (reported.shard === null || read.shard === reported.shard) &&
      read.source === reported.source &&
      (read.lagMs === null || (reported.lagMs !== null && reported.lagMs <= read.lagMs)),
  );
  if (same !== true) {
    complain('report', `The data reports ${facts(reported)}, which no entry of extensions.freshness covers`);
  }
}

function checkFacts(read: Facts, requirement: Requirement, complain: Complain): void {
  const allowed = allowedSources(requirement);
  if (!allowed.includes(read.source)) {
    complain('report', `${requirement.class} with ${requirement.fallback} was answered by ${read.source}`);
  }
  if (read.source === 'PRIMARY' && read.lagMs !== 0) complain('report', `A primary that lags: ${facts(read)}`);
  const preferred = preferredSource(requirement);
  const misses = read.lagMs === null || read.lagMs > boundOf(requirement);
  const isStale = read.source !== 'PRIMARY' && (preferred === 'PRIMARY' || misses);
  if (read.stale !== isStale) complain('report', `stale is ${read.stale}: ${facts(read)}`);
  if (isStale && requirement.fallback !== 'REPLICA') {
    complain('report', `Stale data in spite of ${requirement.fallback}: ${facts(read)}`);
  }
  if (read.fellBack !== (read.source !== preferred)) complain('report', `fellBack is ${read.fellBack}: ${facts(read)}`);
  const isRegular = read.reason === 'WITHIN_BOUND' || read.reason === 'PRIMARY_REQUIRED';
  if (isRegular && (read.fellBack || isStale)) complain('report', `Nothing is given as the reason: ${facts(read)}`);
  if (read.reason === 'PRIMARY_REQUIRED' && preferred !== 'PRIMARY') {
    complain('report', `${requirement.class} does not require a primary: ${facts(read)}`);
  }
  if (!read.fellBack && read.reason === 'LAG_EXCEEDED' && !isStale) {
    complain('report', `The reason and the lag are not of one read: ${facts(read)}`);
  }
}

/** A lag that is smaller than the time between the heartbeat and the sending of the request hides something. */
function checkTimes({ sentAt, answeredAt }: Answer, read: ReportedRead, complain: Complain): void {
  const { source, lagMs, dataTimestamp, sourceTimestamp } = read;
  if (source === 'PRIMARY') {
    if (sourceTimestamp !== null) complain('report', `A primary with a heartbeat: ${facts(read)}`);
  } else if (dataTimestamp !== sourceTimestamp) {
    complain('report', `dataTimestamp ${dataTimestamp} is not sourceTimestamp ${sourceTimestamp}`);
  }
  if (dataTimestamp === null) return;
  const at = Date.parse(dataTimestamp);
  if (at > answeredAt + CLOCK_TOLERANCE_MS) complain('report', `dataTimestamp ${dataTimestamp} is in the future`);
  if (source !== 'PRIMARY' && lagMs !== null && lagMs < sentAt - at - CLOCK_TOLERANCE_MS) {
    complain('report', `lagMs ${lagMs}, but the heartbeat was ${sentAt - at} ms old when the request was sent`);
  }
}

function checkSummary(freshness: ReportedSummary, complain: Complain): void {
  const lags = freshness.reads.map(({ lagMs }) => lagMs);
  const worst = lags.includes(null) ? null : Math.max(...lags.map(Number));
  if (freshness.maxLagMs !== worst) complain('report', `maxLagMs ${freshness.maxLagMs} of reads that lag ${lags}`);
  if (freshness.servedClass !== servedClass(worst)) {
    complain('report', `servedClass ${freshness.servedClass} with maxLagMs ${worst}`);
  }
}

function checkHeaders({ headers }: Answer, freshness: ReportedSummary, complain: Complain): void {
  const { reads, servedClass: served, maxLagMs, health } = freshness;
  const replicated = reads.filter(({ source }) => source !== 'PRIMARY');
  const expected: Record<string, string | undefined> = {
    'x-data-source': [...new Set(reads.map(({ source }) => source.toLowerCase()))].join(', '),
    'x-data-freshness': served?.toLowerCase() ?? 'unknown',
    'x-actual-lag-ms': maxLagMs === null ? 'unknown' : String(maxLagMs),
    'x-replication-health': health.toLowerCase(),
    'x-data-timestamp': oldest(reads.map(({ dataTimestamp }) => dataTimestamp)),
    'x-consistency-token': freshness.token,
    'x-source-timestamp': oldest(replicated.map(({ sourceTimestamp }) => sourceTimestamp)),
  };
  for (const [name, value] of Object.entries(expected)) {
    if (headers[name] !== value) complain('report', `The header ${name} is ${headers[name]}; the reads say ${value}`);
  }
}

function oldest(moments: readonly (string | null)[]): string | undefined {
  if (moments.length === 0 || moments.includes(null)) return undefined;
  return moments.reduce((a, b) => (a !== null && b !== null && a < b ? a : b)) ?? undefined;
}

function servedClass(lagMs: number | null): string | null {
  return FRESHNESS_CLASSES.find((name) => lagMs !== null && lagMs <= CLASS_BUDGET_MS[name]) ?? null;
}

function facts({ source, lagMs, stale, fellBack, reason }: Facts): string {
  return `${source}, lagMs ${lagMs}, stale ${stale}, fellBack ${fellBack}, ${reason}`;
}
