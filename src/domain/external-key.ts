import { createHmac } from 'node:crypto';
import type { AttributeDefinition, AttributeValue } from './catalog/attribute.ts';
import type { UniqueAttribute } from './catalog/unique-attribute.ts';
import { AtlasError } from './errors.ts';
import type { EntityId, TenantId } from './identifiers.ts';
import { isStorableText } from './values/storable.ts';

/**
 * Derived ids are 61 bits above 2^60: generated ids, which grow with time, passed their end (3 · 2^60) in April 2022.
 * Neither this nor the hash can change: they find what is stored.
 */
const FIRST_DERIVED_ID = 1n << 60n;
const DERIVED_BITS = 61;

/** The id of the entity of a type that has this value of the type's key, or would have. */
export function derivedId(
  tenantId: TenantId,
  type: string,
  { keySalt }: UniqueAttribute,
  value: AttributeValue,
): EntityId {
  const hash = createHmac('sha256', keySalt)
    .update(JSON.stringify([tenantId, type, value]))
    .digest();
  return (FIRST_DERIVED_ID + BigInt.asUintN(DERIVED_BITS, hash.readBigUInt64BE(0))).toString();
}

interface KeyedWrite {
  /** As given; null: not. */
  readonly id: EntityId | null;
  readonly type: string;
  readonly set: readonly { readonly attribute: AttributeDefinition; readonly value: AttributeValue }[];
  readonly remove: readonly AttributeDefinition[];
}

/**
 * The id of an entity to write, whose type has a key: that of its key or, if the write does not name the key, the given one. An entity
 * that is created without its key is refused when it is written.
 * @param isShown False if errors must not name the attribute.
 * @throws AtlasError BAD_USER_INPUT | ATTRIBUTE_INVALID | FORBIDDEN
 */
export function keyedId(tenantId: TenantId, key: UniqueAttribute, write: KeyedWrite, isShown = true): EntityId {
  const { id, type } = write;
  const given = write.set.find(({ attribute }) => attribute.id === key.id);
  if (write.remove.some((attribute) => attribute.id === key.id)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `Attribute "${key.key}" is the key of entities of type "${type}" and cannot be removed; delete the entity.`,
    );
  }
  if (given === undefined) {
    if (id !== null) return id;
    if (!isShown) {
      throw new AtlasError('FORBIDDEN', `Entities of type "${type}" have a key that you may not write.`, {
        hint: 'Write an existing entity by its id, or send a token with the role that writing the key needs.',
      });
    }
    throw new AtlasError(
      'BAD_USER_INPUT',
      `An entity of type "${type}" needs a value of its key "${key.key}", or the id of an entity that exists.`,
    );
  }
  checkKeyValue(key, given.value);
  const derived = derivedId(tenantId, type, key, given.value);
  if (id === null || id === derived) return derived;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `Entity ${id} cannot have this value of "${key.key}": the id of an entity of type "${type}" follows from its key, which cannot change. Leave the id out to write the entity with this key; to change a key, delete the entity and create another.`,
    { hint: 'Leave the id out.' },
  );
}

const DECIMAL = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * The value of a key in stored form. Texts that denote one number are one key: `1`, `1.0` and `1.00`.
 * @throws AtlasError BAD_USER_INPUT | ATTRIBUTE_INVALID
 */
export function parseKeyValue(key: UniqueAttribute, text: string): AttributeValue {
  if (key.type === 'TEXT') {
    if (isStorableText(text)) return text;
    throw new AtlasError(
      'BAD_USER_INPUT',
      `The value of "${key.key}" contains a NUL character or an unpaired surrogate.`,
    );
  }
  const value = DECIMAL.test(text) ? Number(text) + 0 : Number.NaN; // -0 becomes 0
  if (!Number.isFinite(value)) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${JSON.stringify(shown)} is not a value of "${key.key}"; expected a decimal number, because it has type NUMBER.`,
    );
  }
  checkKeyValue(key, value);
  return value;
}

/** Beyond 2^53, keys that differ would be one number. @throws AtlasError ATTRIBUTE_INVALID */
function checkKeyValue({ key }: UniqueAttribute, value: AttributeValue): void {
  if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return;
  throw new AtlasError(
    'ATTRIBUTE_INVALID',
    `Attribute "${key}" is a key, and numbers beyond ${Number.MAX_SAFE_INTEGER} are not told apart; define a key with type TEXT for them.`,
  );
}
