import { AtlasError } from '../errors.ts';
import { isStorableMoment, STORABLE_MOMENTS } from './storable.ts';

/**
 * A moment that a question names, in milliseconds since the epoch, which is one that can be stored.
 * @param subject what it is, for the error.
 * @throws AtlasError BAD_USER_INPUT
 */
export function checkedMoment(subject: string, milliseconds: number): number {
  if (isStorableMoment(milliseconds)) return milliseconds;
  throw new AtlasError('BAD_USER_INPUT', `${subject} is out of range; expected a moment in ${STORABLE_MOMENTS}.`);
}
