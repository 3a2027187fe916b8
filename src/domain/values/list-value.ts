import type { AttributeValue } from '../catalog/attribute.ts';
import { INDEXED_TEXT_LENGTH } from '../catalog/attribute.ts';
import type { ListType } from '../catalog/list-types.ts';
import { isStorableText } from './storable.ts';

type Elements = readonly (string | number | null)[];

/** What keeps a list from being stored, as a clause for an error message; null: nothing. */
export function listProblem(type: ListType, elements: Elements, maxElements: number): string | null {
  if (elements.length > maxElements) return `has a list of ${elements.length} elements; the limit is ${maxElements}`;
  const check = type === 'TEXT_LIST' ? textProblem : numberProblem;
  for (const [index, element] of elements.entries()) {
    const problem = check(element);
    if (problem !== null) return `has a list whose element ${index + 1} ${problem}`;
  }
  return null;
}

/** In stored form. @param elements without a problem. */
export function storedList(elements: Elements): AttributeValue {
  return elements.map((element) => (typeof element === 'number' ? element + 0 : element)); // -0 becomes 0
}

/** An index holds an element whole, so that no filter or count has to look it up. */
function textProblem(element: unknown): string | null {
  if (typeof element !== 'string') return `is ${nameOf(element)}; expected a text`;
  if (!isStorableText(element)) return 'contains a NUL character or an unpaired surrogate';
  if (element.length <= INDEXED_TEXT_LENGTH) return null;
  const length = [...element].length;
  return length > INDEXED_TEXT_LENGTH ? `has ${length} characters; the limit is ${INDEXED_TEXT_LENGTH}` : null;
}

function numberProblem(element: unknown): string | null {
  if (typeof element !== 'number') return `is ${nameOf(element)}; expected a number`;
  return Number.isFinite(element) ? null : 'is NaN or infinite; expected a finite number';
}

function nameOf(element: unknown): string {
  return element === null ? 'null' : `a ${Array.isArray(element) ? 'list' : typeof element}`;
}
