import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';
import { checkRefusal } from '../checker/check-refusal.ts';
import { checkReport } from '../checker/check-report.ts';
import { requiredOf } from '../checker/check-states.ts';
import type { Requirement } from '../checker/requirement.ts';
import type { Complain, Violations } from '../checker/violation.ts';
import { type Answer, codesOf, NoAnswer } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import { bothClaims, type TokenClaim, type World } from '../model/world.ts';
import type { Calm } from '../run/calm.ts';
import type { Tally } from '../run/tally.ts';
import { anyRequirement, asArgument, asHeaders } from './any-requirement.ts';
import { count, distribution } from './count.ts';
import { entitiesById, singleEntity } from './entities-by-id.ts';
import { checkHealth, checkReplication, REPLICATION_QUERY, readHealth } from './health.ts';
import { page } from './page.ts';
import type { PlannedRead, ReadKind } from './read.ts';
import { Session } from './session.ts';
import { checkWalk, type WalkPage, walkPage, walkQuery } from './walk.ts';

const KINDS: readonly ReadKind[] = [singleEntity, entitiesById, page, page, count, distribution];
const HEALTH_SHARE = 0.04;
const WALK_SHARE = 0.02;
const LONGEST_PAUSE_MS = 30;

export interface ReaderOptions {
  readonly world: World;
  readonly client: Client;
  readonly urls: readonly string[];
  /** All processes that report health. */
  readonly healthUrls: readonly string[];
  readonly seed: number;
  readonly violations: Violations;
  readonly tally: Tally;
  readonly calm: Calm;
  readonly stopping: AbortSignal;
}

/** Reads at random and checks every answer. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #random: SeededRandom;
  readonly #sessions: ReadonlyMap<number, Session>;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#sessions = new Map(options.world.tenants.map((tenant) => [tenant, new Session(tenant)]));
  }

  async run(): Promise<void> {
    const { stopping } = this.#options;
    while (!stopping.aborted) {
      try {
        await this.#once();
      } catch (error) {
        if (stopping.aborted) return;
        if (!(error instanceof NoAnswer)) throw error;
        this.#options.tally.count('no answer');
        await pause(200, stopping);
      }
      await pause(this.#random.below(LONGEST_PAUSE_MS), stopping);
    }
  }

  /** One read, whatever it finds. @throws NoAnswer */
  async #once(): Promise<void> {
    const random = this.#random;
    if (random.chance(HEALTH_SHARE)) return this.#readHealth();
    const { world } = this.#options;
    const tenant = random.pick(world.tenants);
    if (random.chance(WALK_SHARE)) return this.#walk(tenant);
    const kind = random.pick(KINDS);
    const planned = kind.plan({ world, tenant, random });
    await this.read(kind.name, planned, tenant, anyRequirement(random, this.#anyToken(tenant)));
  }

  /** Of the last write of the tenant by anyone, of what this reader has read of it, or of both. */
  #anyToken(tenant: number): TokenClaim | undefined {
    const ofWrite = this.#options.world.latestToken(tenant);
    const ofReads = this.#sessions.get(tenant)?.claim;
    if (ofWrite === undefined || ofReads === undefined) return ofWrite ?? ofReads;
    return this.#random.weighted([
      [ofWrite, 2],
      [ofReads, 4],
      [bothClaims(ofWrite, ofReads), 1],
    ]);
  }

  /** @throws NoAnswer */
  async read(name: string, planned: PlannedRead, tenant: number, requirement: Requirement): Promise<Answer> {
    const { client, urls, violations, calm, tally } = this.#options;
    const random = this.#random;
    const byHeader = requirement.maxWaitMs === null && random.chance(0.4);
    const { query } = planned;
    const variables = byHeader ? planned.variables : { ...planned.variables, freshness: asArgument(requirement) };
    const headers = byHeader ? asHeaders(requirement) : {};
    const answer = await client.ask(random.pick(urls), tenant, { query, variables }, headers);
    const complain = violations.about(answer);
    const isCalm = calm.since(answer.sentAt);
    tally.read(name, requirement, answer);
    if (answer.errors.length > 0) {
      checkRefusal(answer, requirement, isCalm, complain);
      if (isCalm) tally.count(`refused while nothing was broken: ${codesOf(answer)[0]}`);
    }
    if (answer.data === null || Object.values(answer.data).every((part) => part === null && answer.errors.length > 0)) {
      return answer;
    }
    this.#check(answer, planned, tenant, requirement, complain);
    return answer;
  }

  /** Like `read`, for a read that may remain without an answer. */
  async tryRead(...read: Parameters<Reader['read']>): Promise<void> {
    try {
      await this.read(...read);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#options.tally.count('no answer');
    }
  }

  #check(answer: Answer, planned: PlannedRead, tenant: number, requirement: Requirement, complain: Complain): void {
    // An answer without a single read, as to an empty list of ids, promises nothing.
    if (answer.freshness !== null) checkReport(answer, requirement, complain);
    const session = this.#sessions.get(tenant);
    const shown = planned.check({
      answer,
      requirement,
      complain,
      required: (history, moment) => requiredOf(history, moment, requirement.after),
    });
    session?.saw(answer, shown, requirement.after);
  }

  /** All pages, one after the other, while entities are written. @throws NoAnswer */
  async #walk(tenant: number): Promise<void> {
    const { client, urls, world, violations, tally } = this.#options;
    const requirement = anyRequirement(this.#random, undefined);
    const answers: Answer[] = [];
    for (let page: WalkPage | null = null; page === null || page.pageInfo.hasNextPage; ) {
      const { query, variables } = walkQuery(page?.pageInfo.endCursor ?? null);
      const freshness = asArgument(requirement);
      const answer = await client.ask(this.#random.pick(urls), tenant, {
        query,
        variables: { ...variables, freshness },
      });
      page = walkPage(answer);
      if (page === null) return;
      answers.push(answer);
    }
    tally.count('read: walk');
    checkWalk(world, tenant, answers, requirement, violations.about(answers.at(-1) ?? null));
  }

  async #readHealth(): Promise<void> {
    const { client, urls, healthUrls, violations, stopping, tally } = this.#options;
    const random = this.#random;
    if (random.chance(0.5)) {
      const answer = await client.ask(random.pick(urls), 1, { query: REPLICATION_QUERY, variables: {} });
      tally.count('read: replication');
      if (answer.data === null) return;
      checkReplication(answer.data.replication as Parameters<typeof checkReplication>[0], violations.about(answer));
      return;
    }
    const url = random.pick(healthUrls);
    try {
      checkHealth(await readHealth(url, stopping), violations.about(null));
      tally.count('read: health');
    } catch (error) {
      throw new NoAnswer(String(error));
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}
