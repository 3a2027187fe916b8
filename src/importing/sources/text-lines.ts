import { AtlasError } from '../../domain/errors.ts';
import { textChunks } from './text-chunks.ts';

/** Maximum length of a line, in UTF-16 code units. */
const MAX_LINE_LENGTH = 16 * 1024 * 1024;

/**
 * The lines of a UTF-8 file without their line ends (LF or CR LF). The last line may lack one.
 * @throws AtlasError BAD_USER_INPUT if a line is longer than 16 MiB, or the file is not UTF-8.
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
        `${path}: line ${number} is longer than 16 MiB; expected one JSON object per line. A file with a JSON array needs the extension .json.`,
      );
    }
  }
  if (rest.length > 0) yield rest;
}
