import type { z } from 'zod';
import { nearestText } from '../lib/nearest-text.ts';

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  object: 'an object',
  array: 'a list',
};

/**
 * What a value must be, instead of how the library puts it. Quotes nothing of the value, which may contain passwords.
 * @param keys all that objects of the format have: the nearest one is named for one that is unknown.
 */
export function describeIssue(issue: z.core.$ZodIssue, keys: readonly string[] = []): string {
  // A setting that says it in words of its own.
  if (!/^(Invalid|Too|Unrecognized) /.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'is missing';
      return KINDS[issue.expected] === undefined ? issue.message : `must be ${KINDS[issue.expected]}`;
    case 'too_small':
      if (issue.origin !== 'number' && issue.origin !== 'int') return issue.message;
      return `must be ${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin !== 'number' && issue.origin !== 'int') return issue.message;
      return `must be ${issue.inclusive === true ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, keys)).join('; ');
    default:
      return issue.message;
  }
}

function unknownKey(key: string, keys: readonly string[]): string {
  const meant = nearestText(key, keys);
  return `${JSON.stringify(key)} is not known here${meant === null ? '' : `; did you mean "${meant}"?`}`;
}
