import type { Facet, Selection } from '../users.ts';
import { element } from './element.ts';

export type FacetName = 'status' | 'country';

const isFacetName = (name: string): name is FacetName => name === 'status' || name === 'country';

/** Each value with the number of users who have it and match all other conditions. */
export function facetList(
  facets: readonly Facet[],
  selection: Selection,
  toggle: (name: FacetName, value: string) => void,
): HTMLElement[] {
  return facets.flatMap(({ attribute, values }) => {
    if (!isFacetName(attribute)) return [];
    const chosen = selection[attribute];
    const options = values.map(({ value, count }) =>
      element(
        'label',
        { className: 'facet' },
        element('input', {
          type: 'checkbox',
          checked: chosen.includes(value),
          onchange: () => toggle(attribute, value),
        }),
        element('span', {}, value),
        element('span', { className: 'count' }, Number(count).toLocaleString()),
      ),
    );
    return [element('fieldset', {}, element('legend', {}, attribute), ...options)];
  });
}
