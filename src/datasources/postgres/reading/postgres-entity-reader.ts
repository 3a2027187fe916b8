import type { PostgresServer } from '../../../connections/postgres/postgres-database.ts';
import { AtlasError } from '../../../domain/errors.ts';
import type { ShardId, TenantId } from '../../../domain/identifiers.ts';
import { foreignServer } from '../../../domain/shard.ts';
import type { Measured } from '../../../freshness/freshness.ts';
import type { ChangedEntities } from '../../changed-entities.ts';
import type { EntityReader } from '../../entity-reader.ts';
import { postgresForm, type Question } from '../../questions/question.ts';
import type { ExplainedStatement, ExplainingReader } from '../../read-explainer.ts';
import { type ChangedColumns, type ChangedSince, changedOf } from './changed-entities.ts';
import { type PlanNode, planCost } from './plan-cost.ts';
import { type PostgresForm, type PostgresStatement, statementOfShards } from './postgres-form.ts';
import { StatementNames } from './statement-names.ts';
import { takeWatermark, type WatermarkedRow } from './watermarked-statement.ts';

interface Explained {
  readonly 'QUERY PLAN': readonly { readonly Plan: PlanNode }[];
}

/** Reads one shard, from its primary or from a replica. Each question is one statement. */
export class PostgresEntityReader implements EntityReader, ExplainingReader {
  readonly #database: PostgresServer;
  readonly #names = new StatementNames();

  constructor(database: PostgresServer) {
    this.#database = database;
  }

  get shard(): ShardId {
    return this.#database.shard;
  }

  async ask<Part>(question: Question<Part, unknown>, signal: AbortSignal): Promise<Measured<Part>> {
    const postgres = postgresForm(question);
    const select = question.shard === null ? statementOfShards(postgres) : postgres.select();
    const { measured } = await this.#read<Part, object>(postgres, select, question.tenantId, signal);
    return measured;
  }

  /**
   * What the entities contribute that have changed since a heartbeat, and which those are. Null if they are too many, or not known, or
   * if the question is none that is merged from parts of a shard.
   */
  async askChanged<Part>(
    question: Question<Part, unknown>,
    since: ChangedSince,
    signal: AbortSignal,
  ): Promise<{ readonly measured: Measured<Part>; readonly changed: ChangedEntities } | null> {
    const postgres = postgresForm(question);
    if (postgres.selectChanged === undefined) return null;
    const statement = postgres.selectChanged(since);
    const { measured, own } = await this.#read<Part, ChangedColumns>(postgres, statement, question.tenantId, signal);
    const changed = own === undefined ? null : changedOf(own);
    return changed === null ? null : { measured, changed };
  }

  /** What the planner expects the question to cost; see planCost. */
  async cost<Part>(question: Question<Part, unknown>, signal: AbortSignal): Promise<number> {
    const { text, values } = postgresForm(question).select();
    const statement = { tenant: question.tenantId, text: `EXPLAIN (FORMAT JSON) ${text}`, values };
    const [row] = await this.#database.query<Explained>(statement, signal);
    const plan = row?.['QUERY PLAN'][0]?.Plan;
    return plan === undefined ? 0 : planCost(plan);
  }

  async explain(question: Question<unknown, unknown>, signal: AbortSignal): Promise<ExplainedStatement> {
    const { text, values, plan } = postgresForm(question).select();
    // A plan that is kept is one without values.
    const statement = {
      tenant: question.tenantId,
      text: `EXPLAIN (GENERIC_PLAN ${plan === 'kept'}) ${text}`,
      values,
    };
    const lines = await this.#database.query<{ 'QUERY PLAN': string }>(statement, signal);
    return { statement: text, plan: lines.map((line) => line['QUERY PLAN']) };
  }

  async #read<Part, Own extends object>(
    postgres: PostgresForm<Part>,
    select: PostgresStatement,
    tenant: TenantId,
    signal: AbortSignal,
  ): Promise<{ readonly measured: Measured<Part>; readonly own: Own | undefined }> {
    const name = this.#names.nameOf(select.text);
    const statement = name === undefined ? { tenant, ...select } : { name, tenant, ...select };
    const answer = takeWatermark(await this.#database.query<WatermarkedRow<Own>>(statement, signal));
    this.#checkShard(answer.heldShard);
    const measured = {
      data: postgres.parse(answer.rows),
      watermarks: new Map([[this.#database.shard, answer.watermark]]),
      shown: new Map(answer.shown === null ? [] : [[this.#database.shard, answer.shown]]),
      observedAt: answer.observedAt,
    };
    return { measured, own: answer.own };
  }

  /** A server that could not be checked at the start may not be the configured one. */
  #checkShard(held: ShardId | null): void {
    const { shard, role } = this.#database;
    if (held === null || held === shard) return;
    throw new AtlasError('SHARD_UNAVAILABLE', foreignServer(shard, role, held), { details: { shard } });
  }
}
