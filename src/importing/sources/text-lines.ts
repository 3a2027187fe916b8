import { AtlasError } from '../../domain/errors.ts';
import { textChunks } from './text-chunks.ts';

/** Longest line that is held in memory, in UTF-16 code units. */
const MAX_LINE_LENGTH = 16 * 1024 * 1024;

/**
 * The lines of a UTF-8 file without their ends (LF or CR LF), the last one also where it has no end.
 * @throws AtlasError BAD_USER_INPUT for a line beyond 16 MiB, or a file that is no UTF-8.
 */
export async function* textLines(path: string, advance: (fraction: number) => void): AsyncGenerator<string> {
  let number = 1;
  let rest = '';
  for await (const chunk of textChunks(path, advance)) {
    const lines = chunk.split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      yield line.endsWith('\r') ? line.slice(0, -1) : line;
      number++;
    }
    if (rest.length > MAX_LINE_LENGTH) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${path}: line ${number} is longer than 16 MiB; NDJSON has one object on each line (a JSON array needs the ending .json).`,
      );
    }
  }
  if (rest.length > 0) yield rest;
}
