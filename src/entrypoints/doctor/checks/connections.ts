import type { Check } from '../patient.ts';

/** Whether every server answers, and is what the configuration says. The other checks leave out those that do not. */
export const connections: Check = {
  title: 'connections',
  async examine({ connections: found }) {
    return found;
  },
};
