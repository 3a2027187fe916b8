import type { RawValue } from '../sources/row-source.ts';
import type { SeededRandom } from './seeded-random.ts';

const TOPICS =
  'books music cooking running cycling chess gardening travel hiking photography cinema theatre opera sailing surfing skiing climbing yoga tennis football cricket baseball hockey golf fencing judo karate archery rowing swimming painting drawing pottery weaving knitting sewing carpentry robotics astronomy geology botany zoology history economics poetry languages podcasts puzzles origami magic'.split(
    ' ',
  );
const LEVELS = ['beginner', 'intermediate', 'advanced', 'expert'] as const;
const DAY_MS = 86_400_000;

/** Four attributes of different types for each topic: 200 keys in total. */
const KINDS: readonly ((topic: string, random: SeededRandom, latest: number) => [string, RawValue])[] = [
  (topic, random) => [`${topic}_level`, random.pick(LEVELS)],
  (topic, random) => [`${topic}_hours`, Math.round(random.next() ** 2 * 4000) / 10],
  (topic, random) => [`${topic}_newsletter`, random.chance(0.5)],
  (topic, random, latest) => [`${topic}_joined_at`, new Date(latest - random.below(2000) * DAY_MS)],
];

/** Two to four attributes of the long tail. The first topics are much more frequent than the last ones. */
export function tailAttributes(random: SeededRandom, latest: number): Record<string, RawValue> {
  const attributes: Record<string, RawValue> = {};
  for (let left = 2 + random.below(3); left > 0; left--) {
    const topic = TOPICS[Math.floor(random.next() ** 2.5 * TOPICS.length)] ?? 'books';
    const [key, value] = random.pick(KINDS)(topic, random, latest);
    attributes[key] = value;
  }
  return attributes;
}
