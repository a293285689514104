/** Where nodes tell each other which entry of a snapshot has gone stale. */
export const SETTINGS_CHANNEL = 'backup_mx_settings';
