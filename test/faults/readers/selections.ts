import type { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';
import { compareUtf8 } from '../../../src/lib/compare-utf8.ts';
import type { Selects } from '../checker/check-selection.ts';
import type { EntityState } from '../model/entity-state.ts';
import { LEVELS, STATUSES } from '../model/schema.ts';

/** A filter, as it is sent and as it is meant. */
export interface Selection {
  readonly filter: object | null;
  readonly selects: Selects;
}

type Attributes = EntityState['attributes'];

/** Filters on hot attributes, on others, and on both. */
export function anySelection(random: SeededRandom): Selection {
  const level = random.below(LEVELS);
  const status = random.pick(STATUSES);
  const digit = String(random.below(10));
  return random.pick<Selection>([
    { filter: null, selects: () => true },
    where([{ key: 'level', number: { gte: level } }], (a) => Number(a.level) >= level),
    where([{ key: 'status', text: { eq: status } }], (a) => a.status === status),
    where([{ key: 'share', number: { lt: level } }], (a) => Number(a.share) < level),
    where([{ key: 'flag', boolean: { eq: true } }], (a) => a.flag === true),
    where([{ key: 'note', exists: true }], (a) => a.note !== undefined),
    where([{ key: 'mark', text: { contains: digit } }], (a) => String(a.mark).includes(digit)),
    where(
      [
        { key: 'status', text: { ne: status } },
        { key: 'share', number: { gte: level } },
      ],
      (a) => a.status !== status && Number(a.share) >= level,
    ),
    {
      filter: { not: { attributes: [{ key: 'note', exists: true }] } },
      selects: ({ attributes }) => attributes.note === undefined,
    },
    {
      filter: {
        or: [
          { attributes: [{ key: 'status', text: { in: [status] } }] },
          { attributes: [{ key: 'share', number: { eq: level } }] },
        ],
      },
      selects: ({ attributes }) => attributes.status === status || attributes.share === level,
    },
  ]);
}

function where(attributes: readonly object[], selects: (attributes: Attributes) => boolean): Selection {
  return { filter: { attributes }, selects: (state) => selects(state.attributes) };
}

/** An order, as it is sent and as it is meant: negative if the first entity comes first. Ties are broken by id. */
export interface Order {
  readonly orderBy: readonly object[];
  compare(a: Placed, b: Placed): number;
}

/** An entity with its place in an order. */
export interface Placed {
  readonly id: string;
  readonly state: EntityState;
}

export function anyOrder(random: SeededRandom): Order {
  return random.pick<Order>([
    { orderBy: [], compare: byId },
    { orderBy: [{ attribute: 'stamp', direction: 'ASC' }], compare: (a, b) => byNumber('stamp', a, b) || byId(a, b) },
    { orderBy: [{ attribute: 'level', direction: 'DESC' }], compare: (a, b) => byNumber('level', b, a) || byId(a, b) },
    { orderBy: [{ attribute: 'share', direction: 'ASC' }], compare: (a, b) => byNumber('share', a, b) || byId(a, b) },
    { orderBy: [{ attribute: 'mark', direction: 'DESC' }], compare: (a, b) => byText('mark', b, a) || byId(a, b) },
  ]);
}

function byNumber(key: string, a: Placed, b: Placed): number {
  return Number(a.state.attributes[key]) - Number(b.state.attributes[key]);
}

function byText(key: string, a: Placed, b: Placed): number {
  return compareUtf8(String(a.state.attributes[key]), String(b.state.attributes[key]));
}

function byId(a: Placed, b: Placed): number {
  return Number(BigInt(a.id) - BigInt(b.id));
}
