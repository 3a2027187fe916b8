import { checkReported } from '../checker/check-report.ts';
import { boundsOf, countComplaint, type Selects } from '../checker/check-selection.ts';
import { promisedFor } from '../checker/promise.ts';
import type { ReportedFreshness } from '../client/answer.ts';
import type { EntityHistory, Moment } from '../model/entity-history.ts';
import { FRESHNESS_FIELDS, LEVELS, STATUSES, TYPE } from '../model/schema.ts';
import type { World } from '../model/world.ts';
import type { Judge, PlannedRead, ReadKind } from './read.ts';
import { anySelection, type Selection } from './selections.ts';

/** `analytics.count`. */
export const count: ReadKind = {
  name: 'count',
  plan({ world, tenant, random }) {
    return countOf(world, tenant, anySelection(random));
  },
};

/** @param selection default: all entities of the harness's type. */
export function countOf(world: World, tenant: number, selection: Selection = EVERYTHING): PlannedRead {
  return {
    query: `query ($filter: EntityFilter, $freshness: FreshnessInput) { analytics {
      count(type: "${TYPE}", filter: $filter, freshness: $freshness) { count freshness { ${FRESHNESS_FIELDS} } } } }`,
    variables: { filter: selection.filter },
    check: (judge) => {
      const counted = part<{ count: number | string; freshness: ReportedFreshness }>(judge, 'count');
      if (counted === null) return [];
      checkReported(judge.answer, counted.freshness, judge.requirement, judge.complain);
      checkCount(world, tenant, Number(counted.count), selection.selects, 'count', judge);
      return [];
    },
  };
}

const EVERYTHING: Selection = { filter: null, selects: () => true };

interface AnsweredDistribution {
  readonly groups: readonly {
    readonly value: string | null;
    readonly buckets: readonly { readonly bucket: number; readonly count: number | string }[];
  }[];
  readonly freshness: ReportedFreshness;
}

const BUCKETS = 5;

/** `analytics.distribution` of the level, or of the attribute that is stored apart, by status or not. */
export const distribution: ReadKind = {
  name: 'distribution',
  plan({ world, tenant, random }) {
    const attribute = random.pick(['level', 'share']);
    const groupBy = random.pick([null, 'status']);
    return {
      query: `query ($attribute: String!, $groupBy: [String!], $freshness: FreshnessInput) { analytics {
        distribution(attribute: $attribute, groupBy: $groupBy, min: 0, max: ${LEVELS}, buckets: ${BUCKETS}, type: "${TYPE}", freshness: $freshness) {
          groups { value buckets { bucket count } } freshness { ${FRESHNESS_FIELDS} } } } }`,
      variables: { attribute, groupBy },
      check: (judge) => {
        const answered = part<AnsweredDistribution>(judge, 'distribution');
        if (answered === null) return [];
        checkReported(judge.answer, answered.freshness, judge.requirement, judge.complain);
        const cells = cellsOf(answered);
        if (cells === null) {
          judge.complain('duplicated', 'A group or bucket of the distribution appears more than once');
          return [];
        }
        for (const group of groupBy === null ? [null] : STATUSES) {
          for (let bucket = 1; bucket <= BUCKETS; bucket++) {
            const selects: Selects = ({ attributes }) =>
              Math.floor((Number(attributes[attribute]) * BUCKETS) / LEVELS) + 1 === bucket &&
              (group === null || attributes.status === group);
            const cell = `${group}/${bucket}`;
            checkCount(world, tenant, cells.get(cell) ?? 0, selects, `bucket ${cell} of ${attribute}`, judge);
            cells.delete(cell);
          }
        }
        if (cells.size > 0) judge.complain('torn', `Groups or buckets that cannot be: ${[...cells.keys()]}`);
        return [];
      },
    };
  },
};

function cellsOf({ groups }: AnsweredDistribution): Map<string, number> | null {
  const cells = groups.flatMap(({ value, buckets }) =>
    buckets.map(({ bucket, count: counted }): [string, number] => [`${value}/${bucket}`, Number(counted)]),
  );
  const found = new Map(cells);
  return found.size === cells.length ? found : null;
}

function part<Part>({ answer }: Judge, name: string): Part | null {
  if (answer.errors.length > 0) return null;
  const { analytics } = answer.data as { analytics: Record<string, Part> };
  return analytics[name] ?? null;
}

function checkCount(
  world: World,
  tenant: number,
  counted: number,
  selects: Selects,
  what: string,
  { answer, complain, required }: Judge,
): void {
  const moments = new Map<string, Moment | null>(world.shards.map((shard) => [shard, promisedFor(answer, shard)]));
  const requiredHere = (history: EntityHistory) => {
    const moment = moments.get(history.shard) ?? null;
    return required(history, moment ?? { includes: Number.NEGATIVE_INFINITY, before: answer.answeredAt });
  };
  const bounds = boundsOf(world.entities(tenant), requiredHere, (state) => state.type === TYPE && selects(state));
  const wrong = countComplaint(counted, bounds);
  if (wrong === null) return;
  const [kind, message] = wrong;
  const uncertain = bounds.possible.filter((history) => !bounds.sure.includes(history));
  complain(kind, `${what}: ${message}`, ...(kind === 'lost' ? bounds.sure : uncertain).slice(0, 8));
}
