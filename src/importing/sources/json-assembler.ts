import type { Token } from 'stream-json/parser.js';
import type { JsonValue } from '../../lib/canonical-json.ts';

type Container = JsonValue[] | { [key: string]: JsonValue };

/** Builds one JSON value from its tokens. Objects have no prototype, so that a member named `__proto__` is a member. */
export class JsonAssembler {
  readonly #open: Container[] = [];
  readonly #keys: string[] = [];

  /** @returns the value once this token completes it, otherwise null. */
  consume(token: Token): { readonly value: JsonValue } | null {
    switch (token.name) {
      case 'startObject':
        return this.#start(Object.create(null) as { [key: string]: JsonValue });
      case 'startArray':
        return this.#start([]);
      case 'keyValue':
        this.#keys.push(token.value);
        return null;
      case 'endObject':
      case 'endArray': {
        const closed = this.#open.pop();
        return closed === undefined ? null : this.#add(closed);
      }
      case 'stringValue':
        return this.#add(token.value);
      case 'numberValue':
        return this.#add(Number(token.value));
      case 'trueValue':
      case 'falseValue':
        return this.#add(token.name === 'trueValue');
      case 'nullValue':
        return this.#add(null);
      default:
        return null;
    }
  }

  #start(container: Container): null {
    this.#open.push(container);
    return null;
  }

  #add(value: JsonValue): { readonly value: JsonValue } | null {
    const parent = this.#open.at(-1);
    if (parent === undefined) return { value };
    if (Array.isArray(parent)) parent.push(value);
    else parent[this.#keys.pop() ?? ''] = value;
    return null;
  }
}
