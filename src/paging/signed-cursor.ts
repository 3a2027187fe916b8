import type { KeyObject } from 'node:crypto';
import { AtlasError } from '../domain/errors.ts';
import { signText, verifyText } from '../lib/signed-text.ts';

/** Of the lists that are paged. A cursor of one is refused by the others. */
export type CursorKind = 'entities' | 'search' | 'entityTypes' | 'attributeDefinitions' | 'audit' | 'history';

/** It contains only values that its reader has just read. */
export function signCursor(content: readonly unknown[], kind: CursorKind, key: KeyObject): string {
  return signText(Buffer.from(JSON.stringify(content), 'utf8'), purpose(kind), key);
}

/** @throws AtlasError BAD_USER_INPUT unless `signCursor` made it for this kind of list, with this key. */
export function verifyCursor(cursor: string, kind: CursorKind, key: KeyObject): readonly unknown[] {
  const content = verifyText(cursor, purpose(kind), key);
  if (content === null) throw malformedCursor();
  return JSON.parse(content.toString('utf8')) as unknown[];
}

export function malformedCursor(): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    'The cursor is malformed; expected one that this query returned, unchanged. Cursors of Atlas versions that did not sign them are refused too.',
    { hint: 'Omit the cursor to start again from the first page.' },
  );
}

function purpose(kind: CursorKind): string {
  return `cursor of ${kind}`;
}
