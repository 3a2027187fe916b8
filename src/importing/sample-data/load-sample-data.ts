import type { EntityWriter } from '../../datasources/entity-writer.ts';
import type { AttributeCatalog } from '../../domain/catalog/attribute-catalog.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import type { ValueLimits } from '../../domain/values/attribute-value.ts';
import { importRows, type RejectedRow } from '../import-rows.ts';
import { HOT_SAMPLE_ATTRIBUTES, sampleAttribute } from './sample-attributes.ts';
import { SAMPLE_DATASETS } from './sample-datasets.ts';

/** Whoever records that the sample data was loaded records this: another version is loaded again. */
export const SAMPLE_DATA_VERSION = '1';
export const SAMPLE_ENTITY_COUNT = SAMPLE_DATASETS.reduce((sum, { entities }) => sum + entities, 0);

export interface SampleDataRequest {
  readonly tenantId: TenantId;
  readonly catalog: AttributeCatalog;
  readonly writer: EntityWriter;
  readonly limits: ValueLimits;
  readonly onProgress?: ((progress: SampleDataProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SampleDataProgress {
  /** What is being loaded, for instance `movie`. */
  readonly type: string;
  readonly entities: number;
  /** SAMPLE_ENTITY_COUNT. */
  readonly total: number;
}

export interface SampleDataResult {
  readonly entities: number;
  readonly values: number;
  /** True where it was stopped by the signal: the next load continues. */
  readonly stopped: boolean;
}

/**
 * Loads the sample data into a tenant: once more changes nothing, and continues a load that was cut off.
 * @throws AtlasError as importRows; INTERNAL where a sample row is rejected, or the package with the data is not installed.
 */
export async function loadSampleData(request: SampleDataRequest): Promise<SampleDataResult> {
  const { tenantId, catalog, writer, limits, signal } = request;
  await catalog.define(tenantId, HOT_SAMPLE_ATTRIBUTES);
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
