export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Serializes JSON canonically: object keys in code-unit order, no white space. Equal values have equal texts. */
export function canonicalJson(value: JsonValue): string {
  return isInOrder(value) ? JSON.stringify(value) : inOrder(value);
}

/** Whether JSON.stringify, which is several times faster, writes all keys in order. */
function isInOrder(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let last: string | null = null;
  for (const key of Object.keys(value)) {
    if ((last !== null && key < last) || !isInOrder(value[key] as JsonValue)) return false;
    last = key;
  }
  return true;
}

function inOrder(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${inOrder(value[key] as JsonValue)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
