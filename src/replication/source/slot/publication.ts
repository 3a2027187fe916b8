import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import { mustBeCopied, UnrepairableError } from '../../unrepairable-error.ts';

/** Created by the migrations: atlas.entity, atlas.shard and atlas.audit, through the roots of partitioned tables. */
export const CDC_PUBLICATION = 'atlas_cdc';

/**
 * Decoding does not fail without a publication: changes that are made meanwhile are left out, and the stream goes on. Whoever drops
 * one and creates it again, or changes it and changes it back, leaves a gap that only its identity shows.
 */
export interface PublicationState {
  /**
   * Its identity, with the transaction that changed it last and the identities of its tables; null if it is missing, or does not
   * publish everything of all three tables.
   */
  readonly current: string | null;
  /** The identity of the one that the copy in the sink follows; null: not known yet. */
  readonly followed: string | null;
  /** Further tables that it publishes; null: there are none. */
  readonly others: string | null;
}

export async function readPublication(primary: PostgresSession, signal?: AbortSignal): Promise<PublicationState> {
  const [row] = await primary.query<PublicationState>(
    {
      text: `
SELECT (SELECT p.oid || ' ' || p.xmin || ':' || string_agg(r.oid::text, ',' ORDER BY r.oid)
        FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
        WHERE p.pubname = $1 AND p.pubviaroot AND p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate
          AND r.prqual IS NULL AND r.prattrs IS NULL
          AND r.prrelid IN (to_regclass('atlas.entity'), to_regclass('atlas.shard'), to_regclass('atlas.audit'))
        GROUP BY p.oid, p.xmin HAVING count(*) = 3) AS current,
       (SELECT cdc_publication FROM atlas.shard) AS followed,
       (SELECT string_agg(format('%I.%I', schemaname, tablename), ', ' ORDER BY schemaname, tablename)
        FROM pg_publication_tables
        WHERE pubname = $1 AND (schemaname, tablename) NOT IN (('atlas', 'entity'), ('atlas', 'shard'), ('atlas', 'audit'))) AS others`,
      values: [CDC_PUBLICATION],
    },
    signal,
  );
  return row ?? { current: null, followed: null, others: null };
}

/**
 * Remembers which publication the copy follows.
 * @param isNew whether a copy begins; otherwise one that is already known is kept.
 */
export async function followPublication(primary: PostgresSession, current: string, isNew: boolean): Promise<void> {
  await primary.query({
    text: `UPDATE atlas.shard SET cdc_publication = $1 WHERE cdc_publication IS DISTINCT FROM $1 AND ($2 OR cdc_publication IS NULL)`,
    values: [current, isNew],
  });
}

/** How often a stream checks that it is still the same: a table that is no longer published sends nothing that could be noticed. */
export const PUBLICATION_WATCH_MS = 1_000;

/** @throws UnrepairableError if changes since the copy may be missing. */
export async function verifyPublication(primary: PostgresSession): Promise<void> {
  const publication = await readPublication(primary);
  const fault = publicationFault(publication);
  if (fault !== null) throw fault;
  const { current, followed } = publication;
  if (current !== null && followed === null) await followPublication(primary, current, false);
}

/** Null if everything since the copy is published, and nothing else. */
export function publicationFault({ current, followed, others }: PublicationState): UnrepairableError | null {
  if (current === null) {
    return new UnrepairableError(
      `the publication "${CDC_PUBLICATION}" is missing or does not publish all changes of atlas.entity, atlas.shard and atlas.audit; create it with CREATE PUBLICATION ${CDC_PUBLICATION} FOR TABLE atlas.entity, atlas.shard, atlas.audit WITH (publish_via_partition_root = true), then run "atlas replicate --resnapshot".`,
      { repairedByCopy: false, lasts: false },
    );
  }
  if (others !== null) {
    return new UnrepairableError(
      `the publication "${CDC_PUBLICATION}" publishes ${others}; expected atlas.entity, atlas.shard and atlas.audit alone. Change capture continues by itself once the publication no longer has the others.`,
      { repairedByCopy: false, lasts: false },
    );
  }
  if (followed === null || followed === current) return null;
  return mustBeCopied(`the publication "${CDC_PUBLICATION}" was created anew or changed, so changes are missing`, {
    lasts: false,
  });
}
