import { AUDIT_SETTINGS } from './settings/audit-settings.ts';
import { CONNECTION_SETTINGS } from './settings/connection-settings.ts';
import { DOCUMENT_SETTINGS } from './settings/document-settings.ts';
import { FRESHNESS_SETTINGS } from './settings/freshness-settings.ts';
import { HISTORY_SETTINGS } from './settings/history-settings.ts';
import { HTTP_SETTINGS } from './settings/http-settings.ts';
import { KAFKA_SETTINGS } from './settings/kafka-settings.ts';
import { LIFECYCLE_SETTINGS } from './settings/lifecycle-settings.ts';
import { LIMIT_SETTINGS } from './settings/limit-settings.ts';
import { OBSERVABILITY_SETTINGS } from './settings/observability-settings.ts';
import { REPLICATION_SETTINGS } from './settings/replication-settings.ts';
import type { Setting } from './settings/setting.ts';
import { TENANT_SETTINGS } from './settings/tenant-settings.ts';
import { VERIFICATION_SETTINGS } from './settings/verification-settings.ts';

/** All settings, by the name of their environment variable. `atlas config` prints this table. */
export const SETTINGS = {
  ...CONNECTION_SETTINGS,
  ...HTTP_SETTINGS,
  ...TENANT_SETTINGS,
  ...DOCUMENT_SETTINGS,
  ...FRESHNESS_SETTINGS,
  ...REPLICATION_SETTINGS,
  ...KAFKA_SETTINGS,
  ...VERIFICATION_SETTINGS,
  ...AUDIT_SETTINGS,
  ...HISTORY_SETTINGS,
  ...LIMIT_SETTINGS,
  ...LIFECYCLE_SETTINGS,
  ...OBSERVABILITY_SETTINGS,
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never };
