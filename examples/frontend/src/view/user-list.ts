import type { User } from '../users.ts';
import { element } from './element.ts';

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** @param before the users shown before: those that have changed since are marked. */
export function userList(users: readonly User[], before: readonly User[], open: (user: User) => void): HTMLElement {
  const versions = new Map(before.map(({ id, version }) => [id, version]));
  if (users.length === 0) return element('p', { className: 'empty' }, 'No user matches.');
  return element(
    'ul',
    { className: 'users' },
    ...users.map((user) => {
      const known = versions.get(user.id);
      const isChanged = known !== undefined && known !== user.version;
      return element('li', { className: isChanged ? 'changed' : '' }, row(user, open));
    }),
  );
}

function row(user: User, open: (user: User) => void): HTMLElement {
  const { name, status, country, score, lastSeen } = user;
  const value = score ?? 0;
  const bar = element('span', { className: 'bar' });
  bar.style.setProperty('--score', `${value}%`);
  return element(
    'button',
    { type: 'button', className: 'user', onclick: () => open(user) },
    element('span', { className: 'name' }, name ?? '(no name)'),
    element('span', { className: `status ${status ?? ''}` }, status ?? 'none'),
    element('span', { className: 'country' }, country ?? ''),
    element('span', { className: 'score' }, bar, element('span', { className: 'value' }, value.toFixed(1))),
    element('span', { className: 'seen' }, lastSeen == null ? 'never seen' : `seen ${day.format(new Date(lastSeen))}`),
  );
}
