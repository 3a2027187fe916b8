import type { Change, SaveResult, User } from '../users.ts';
import { element } from './element.ts';

const STATUSES = ['active', 'inactive', 'suspended', 'pending'];

interface UserDialogActions {
  /** @throws Error with what to show. */
  save(read: User, change: Change): Promise<SaveResult>;
  /** The dialog has been closed. */
  closed(): void;
}

/** Shows and edits one user. If somebody else has changed it meanwhile, both versions are shown and one is chosen. */
export function openUserDialog(dialog: HTMLDialogElement, user: User, { save, closed }: UserDialogActions): void {
  let read = user;
  const status = element('select', { id: 'edit-status' });
  const score = element('input', {
    id: 'edit-score',
    type: 'number',
    min: '0',
    max: '100',
    step: '0.1',
    required: true,
  });
  const message = element('div', { className: 'message', role: 'status' });
  const version = element('p', { className: 'hint' });

  const saveButton = element('button', { type: 'submit', className: 'primary' }, 'Save');

  const show = (shown: User) => {
    const known = new Set([...STATUSES, ...(shown.status ? [shown.status] : [])]);
    status.replaceChildren(...[...known].map((one) => element('option', { selected: one === shown.status }, one)));
    score.value = String(shown.score ?? 0);
    showVersion(shown);
  };
  const showVersion = (shown: User) => {
    version.textContent = `Version ${shown.version}, ${new Date(shown.updatedAt).toLocaleString()}`;
  };

  const submit = async () => {
    message.replaceChildren('Saving…');
    try {
      const result = await save(read, { status: status.value, score: Number(score.value) });
      if (result.kind === 'saved') return dialog.close();
      const { theirs } = result;
      read = theirs;
      showVersion(theirs);
      saveButton.hidden = true;
      const takeTheirs = () => {
        show(theirs);
        saveButton.hidden = false;
        message.replaceChildren();
      };
      message.replaceChildren(
        element(
          'p',
          {},
          'Somebody else has changed this user: ',
          element('strong', {}, `${theirs.status}, ${theirs.score}`),
          '.',
        ),
        element('button', { type: 'button', onclick: takeTheirs }, 'Take theirs'),
        element('button', { type: 'submit' }, 'Overwrite with mine'),
      );
    } catch (error) {
      message.replaceChildren(error instanceof Error ? error.message : String(error));
    }
  };

  const form = element(
    'form',
    {
      method: 'dialog',
      onsubmit: (event: Event) => {
        event.preventDefault();
        void submit();
      },
    },
    element('h2', {}, user.name ?? user.id),
    element('p', { className: 'hint' }, `${user.country ?? 'no country'} · id ${user.id}`),
    element('label', { htmlFor: 'edit-status' }, 'Status'),
    status,
    element('label', { htmlFor: 'edit-score' }, 'Score'),
    score,
    version,
    message,
    element(
      'div',
      { className: 'actions' },
      element('button', { type: 'button', onclick: () => dialog.close() }, 'Close'),
      saveButton,
    ),
  );
  show(user);
  dialog.replaceChildren(form);
  dialog.onclose = closed;
  dialog.showModal();
}
