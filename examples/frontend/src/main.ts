import { ConsistencyTokens, type RequestedFreshness } from '@atlas/client/fetch';
import { type Selection, type User, userClient } from './users.ts';
import { byId, element } from './view/element.ts';
import { type FacetName, facetList } from './view/facet-list.ts';
import { freshnessBadge } from './view/freshness-badge.ts';
import { openUserDialog } from './view/user-dialog.ts';
import { userList } from './view/user-list.ts';

const PAGE = 20;
const MOST_USERS = 200;
const POLL_MS = 3_000;

/** All tabs of this page see what any of them has written. */
const client = userClient({ url: '/graphql', tokens: new ConsistencyTokens({ storage: localStorage }) });

let selection: Selection = { status: ['active'], country: [], minScore: 0 };
let freshness: RequestedFreshness = { class: 'INTERACTIVE' };
let first = PAGE;
let shown: readonly User[] = [];

/** An answer is dropped if a later question has been asked meanwhile. */
function latest<Result>(show: (result: Result) => void): (ask: () => Promise<Result>) => Promise<void> {
  let asked = 0;
  return async (ask) => {
    asked += 1;
    const mine = asked;
    try {
      const result = await ask();
      if (mine === asked) show(result);
      byId('problem').textContent = '';
    } catch (error) {
      if (mine === asked) byId('problem').textContent = error instanceof Error ? error.message : String(error);
    }
  };
}

const showUsers = latest<Awaited<ReturnType<typeof client.list>>>(({ users, total, served }) => {
  byId('total').textContent = `${total.toLocaleString()} ${total === 1 ? 'user' : 'users'}`;
  showBadge('list-freshness', freshnessBadge(served));
  byId('users').replaceChildren(userList(users, shown, open));
  byId('more').hidden = users.length >= total || first >= MOST_USERS;
  shown = users;
});

const showFacets = latest<Awaited<ReturnType<typeof client.facets>>>(({ facets, served }) => {
  showBadge('facet-freshness', freshnessBadge(served));
  byId('facets').replaceChildren(...facetList(facets, selection, toggle));
});

/** Leaves a badge open that was opened. */
function showBadge(id: string, badge: HTMLElement): void {
  const place = byId(id);
  if (place.querySelector('details')?.open === true && badge instanceof HTMLDetailsElement) badge.open = true;
  place.replaceChildren(badge);
}

const refreshUsers = () => showUsers(() => client.list(selection, first, freshness));
const refreshFacets = () => showFacets(() => client.facets(selection));

function select(change: Partial<Selection>): void {
  selection = { ...selection, ...change };
  first = PAGE;
  shown = [];
  void refreshUsers();
  void refreshFacets();
}

function toggle(name: FacetName, value: string): void {
  const chosen = selection[name];
  select({ [name]: chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value] });
}

function open(user: User): void {
  const dialog = byId('dialog');
  if (!(dialog instanceof HTMLDialogElement)) return;
  openUserDialog(dialog, user, {
    save: client.save,
    closed: () => {
      void refreshUsers();
      void refreshFacets();
    },
  });
}

const classes = ['REALTIME', 'INTERACTIVE', 'OPERATIONAL', 'ANALYTICAL'] as const;
byId('class').append(
  ...classes.map((one) => element('option', { selected: one === freshness.class }, one.toLowerCase())),
);
byId('class').addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLSelectElement)) return;
  freshness = { class: classes[target.selectedIndex] };
  void refreshUsers();
});
byId('score').addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  byId('score-value').textContent = target.value;
  select({ minScore: Number(target.value) });
});
byId('more').addEventListener('click', () => {
  first = Math.min(first + PAGE, MOST_USERS);
  void refreshUsers();
});

void refreshUsers();
void refreshFacets();
setInterval(() => {
  if (document.visibilityState === 'visible') void refreshUsers();
}, POLL_MS);
