import type { EntityWriter } from '../../datasources/entity-writer.ts';
import type { AttributeCatalog } from '../../domain/catalog/attribute-catalog.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { importAuthor } from '../import-author.ts';
import { type ImportLimits, importRows, type RejectedRow } from '../import-rows.ts';
import { HOT_SAMPLE_ATTRIBUTES, sampleAttribute } from './sample-attributes.ts';
import { SAMPLE_DATASETS } from './sample-datasets.ts';

/** Recorded when the sample data has been loaded; a different version is loaded again. */
export const SAMPLE_DATA_VERSION = '1';
export const SAMPLE_ENTITY_COUNT = SAMPLE_DATASETS.reduce((sum, { entities }) => sum + entities, 0);

export interface SampleDataRequest {
  readonly tenantId: TenantId;
  readonly catalog: AttributeCatalog;
  readonly writer: EntityWriter;
  readonly limits: ImportLimits;
  readonly onProgress?: ((progress: SampleDataProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SampleDataProgress {
  /** Entity type being loaded, for example `movie`. */
  readonly type: string;
  readonly entities: number;
  /** Always SAMPLE_ENTITY_COUNT. */
  readonly total: number;
}

export interface SampleDataResult {
  readonly entities: number;
  readonly values: number;
  /** True if the signal stopped the load; the next load continues it. */
  readonly stopped: boolean;
}

/**
 * Loads the sample data into a tenant. Loading it again changes nothing and continues an interrupted load.
 * @throws AtlasError as importRows, or INTERNAL if the package with the data is not installed. Error if a sample row is rejected.
 */
export async function loadSampleData(request: SampleDataRequest): Promise<SampleDataResult> {
  const { tenantId, catalog, writer, limits, signal } = request;
  await catalog.define(importAuthor(tenantId), HOT_SAMPLE_ATTRIBUTES);
  let [entities, values] = [0, 0];
  for (const dataset of SAMPLE_DATASETS) {
    const loaded = entities;
    const counts = await importRows({
      source: await dataset.open(),
      type: dataset.type,
      tenantId,
      ids: { kind: 'base', base: dataset.idBase },
      catalog,
      writer,
      limits,
      define: sampleAttribute,
      onProgress: ({ phase, rows }) =>
        request.onProgress?.({
          type: dataset.type,
          entities: phase === 'WRITING' ? loaded + rows : loaded,
          total: SAMPLE_ENTITY_COUNT,
        }),
      onReject: refuse,
      signal,
    });
    entities += counts.rows;
    values += counts.values;
    if (counts.stopped) return { entities, values, stopped: true };
  }
  return { entities, values, stopped: false };
}

function refuse(rejected: RejectedRow): never {
  throw new Error(`Row ${rejected.row} of the sample data was rejected: ${rejected.code} ${rejected.reason}`);
}
