import type { PostgresServer } from '../../../connections/postgres/postgres-database.ts';
import { AtlasError } from '../../../domain/errors.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import { foreignServer } from '../../../domain/shard.ts';
import type { Measured } from '../../../freshness/freshness.ts';
import type { EntityReader } from '../../entity-reader.ts';
import type { Question } from '../../questions/question.ts';
import { StatementNames } from './statement-names.ts';
import { takeWatermark, type WatermarkedRow } from './watermarked-statement.ts';

/** Reads one shard, from its primary or from a replica. Each question is one statement. */
export class PostgresEntityReader implements EntityReader {
  readonly #database: PostgresServer;
  readonly #names = new StatementNames();

  constructor(database: PostgresServer) {
    this.#database = database;
  }

  async ask<Part>(
    { postgres, tenantId: tenant }: Question<Part, unknown>,
    signal: AbortSignal,
  ): Promise<Measured<Part>> {
    const selected = { tenant, ...postgres.select() };
    const name = this.#names.nameOf(selected.text);
    const statement = name === undefined ? selected : { name, ...selected };
    const answer = takeWatermark(await this.#database.query<WatermarkedRow<object>>(statement, signal));
    this.#checkShard(answer.heldShard);
    return {
      data: postgres.parse(answer.rows),
      watermarks: new Map([[this.#database.shard, answer.watermark]]),
      shown: new Map(answer.shown === null ? [] : [[this.#database.shard, answer.shown]]),
      observedAt: answer.observedAt,
    };
  }

  /** A server that could not be checked at the start may not be the configured one. */
  #checkShard(held: ShardId | null): void {
    const { shard, role } = this.#database;
    if (held === null || held === shard) return;
    throw new AtlasError('SHARD_UNAVAILABLE', foreignServer(shard, role, held), { details: { shard } });
  }
}
