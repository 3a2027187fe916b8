import type { Settings } from './settings.ts';

/** What is missing or contradictory in the settings of Kafka. */
export function kafkaFaults(settings: Settings): string[] {
  const faults: string[] = [];
  if (settings.ATLAS_CAPTURE === 'kafka' && settings.ATLAS_KAFKA_BROKERS === undefined) {
    faults.push('ATLAS_KAFKA_BROKERS is not set; ATLAS_CAPTURE=kafka needs it.');
  }
  if (settings.ATLAS_KAFKA_CA !== undefined && !settings.ATLAS_KAFKA_TLS) {
    faults.push('ATLAS_KAFKA_CA is set, but ATLAS_KAFKA_TLS is not true.');
  }
  const isNamed = settings.ATLAS_KAFKA_USERNAME !== undefined && settings.ATLAS_KAFKA_PASSWORD !== undefined;
  if (settings.ATLAS_KAFKA_SASL !== 'none' && !isNamed) {
    faults.push(
      `ATLAS_KAFKA_SASL is ${settings.ATLAS_KAFKA_SASL}; it needs ATLAS_KAFKA_USERNAME and ATLAS_KAFKA_PASSWORD.`,
    );
  }
  return faults;
}
