import { stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { AtlasError } from '../../domain/errors.ts';
import { decompressed } from './decompressed.ts';

/**
 * The text of a UTF-8 file, decompressed, in chunks, without its byte-order mark.
 * @throws AtlasError BAD_USER_INPUT if the file is not UTF-8; names the line.
 */
export async function* textChunks(path: string, advance: (fraction: number) => void): AsyncGenerator<string> {
  const { size } = await stat(path);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isFirst = true;
  for await (const chunk of decompressed(path, (bytes) => advance(size === 0 ? 1 : bytes / size))) {
    if (isFirst) checkEncoding(path, chunk);
    isFirst = false;
    const text = attemptDecode(() => decoder.decode(chunk, { stream: true })) ?? (await refuse(path));
    if (text.length > 0) yield text;
  }
  const rest = attemptDecode(() => decoder.decode()) ?? (await refuse(path));
  if (rest.length > 0) yield rest;
}

/** How the first bytes of a file say that it is UTF-16: by its mark, or by the NULs of two ASCII characters. */
const UTF16: readonly (readonly [RegExp, string])[] = [
  [/^(?:fffe|feff)/, 'utf-16'],
  [/^(?!00)..00(?!00)..00/, 'utf-16le'],
  [/^00(?!00)..00(?!00)../, 'utf-16be'],
];

/**
 * UTF-16 without a mark may be valid UTF-8, full of NULs.
 * @throws AtlasError BAD_USER_INPUT if the file begins like UTF-16.
 */
function checkEncoding(path: string, head: Buffer): void {
  const hex = head.subarray(0, 4).toString('hex');
  const [, encoding] = UTF16.find(([pattern]) => pattern.test(hex)) ?? [];
  if (encoding === undefined) return;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${path} is UTF-16; expected UTF-8. Convert it first, for example with "iconv -f ${encoding} -t utf-8".`,
  );
}

/** Null if the bytes are not UTF-8. */
function attemptDecode(decode: () => string): string | null {
  try {
    return decode();
  } catch {
    return null;
  }
}

/** Reads the file again to find the line: the decoder does not say where it failed. @throws AtlasError always. */
async function refuse(path: string): Promise<never> {
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${path} is not valid UTF-8 in line ${await invalidLine(path)}; convert it first, for example with "iconv -f latin1 -t utf-8".`,
  );
}

async function invalidLine(path: string): Promise<number> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const isValid = (bytes: Buffer): boolean => attemptDecode(() => decoder.decode(bytes, { stream: true })) !== null;
  let line = 1;
  for await (const chunk of decompressed(path, () => {})) {
    for (let at = 0; at < chunk.length; ) {
      const lineFeed = chunk.indexOf('\n', at);
      const end = lineFeed === -1 ? chunk.length : lineFeed + 1;
      if (!isValid(chunk.subarray(at, end))) return line;
      if (lineFeed !== -1) line++;
      at = end;
    }
  }
  return line;
}
