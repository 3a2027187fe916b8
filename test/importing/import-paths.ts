import {
  checkColumns,
  type FileSummary,
  type ImportFilesRequest,
  importFiles,
} from '../../src/importing/import-files.ts';
import { type InspectFilesRequest, inspectFiles } from '../../src/importing/inspect-files.ts';

export type ImportPathsRequest = InspectFilesRequest & Omit<ImportFilesRequest, 'inspected'>;

/** Inspects and then imports files. The signal only stops the import. */
export async function importPaths(request: ImportPathsRequest): Promise<readonly FileSummary[]> {
  const inspected = await inspectFiles({ ...request, signal: undefined });
  await checkColumns({ ...request, inspected });
  return importFiles({ ...request, inspected });
}
