import { INDEXED_TEXT_LENGTH } from '../catalog/attribute.ts';

/** The part of a text (or canonical JSON) that indexes and columns hold: its first INDEXED_TEXT_LENGTH code points. */
export function indexedText(text: string): string {
  if (text.length <= INDEXED_TEXT_LENGTH) return text;
  let end = 0;
  for (let count = 0; count < INDEXED_TEXT_LENGTH && end < text.length; count++) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

/** Whether a comparison of indexed texts with this operand may be undecided, so that the whole value must be compared. */
export function fillsIndexedText(operand: string): boolean {
  if (operand.length < INDEXED_TEXT_LENGTH) return false;
  return [...indexedText(operand)].length === INDEXED_TEXT_LENGTH;
}
